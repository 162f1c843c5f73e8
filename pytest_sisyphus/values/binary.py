"""Bytes that are no text, as a value of documents."""


class BinaryValue(dict[str, str]):
    """`{"base64": …}` in outputs; for checks, extractors and expressions it is no mapping."""

    __slots__ = ()
