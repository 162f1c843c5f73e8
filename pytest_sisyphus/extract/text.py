"""Values as text: what patterns search in and what sentences call them."""

from typing import Any, Final

from pytest_sisyphus import jsontext

#: digits that Python will print; more raise ValueError.
_PRINTABLE_BITS: Final = 13_000


def text_of(value: Any) -> str:
    """Text itself, everything else as compact JSON (`true`, `null`, `{"a":1}`)."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _PRINTABLE_BITS:
        return f"(a number of {value.bit_length()} bits)"
    try:
        return jsontext.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return f"(a {type(value).__name__} that JSON cannot show)"


_KINDS: Final = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    ((bytes, bytearray), "bytes"),
    ((list, tuple), "a list"),
    (dict, "a mapping"),
    (type(None), "null"),
)


def kind_of(value: Any) -> str:
    """`a number`, `text`, `null`: never a value, so never a secret."""
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return f"a {type(value).__name__}"


def printable(text: str) -> str:
    """Half characters (lone surrogates, which JSON can carry) written out: reports are UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
