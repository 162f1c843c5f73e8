"""Bytes that are no text, as a value."""


class Octets(dict[str, str]):
    """`{"base64": …}` for outputs alone: nothing that judges or reads on takes it for a mapping."""

    __slots__ = ()
