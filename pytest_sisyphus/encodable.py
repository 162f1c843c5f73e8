"""Texts that UTF-8 cannot say - halves of characters - made readable, so that they can travel."""

from typing import Any


def encodable(value: Any) -> Any:
    """The same plain data; a lone `\\ud800` in it becomes the text `\\\\ud800`."""
    if isinstance(value, str):
        return value if value.isascii() else _text(value)
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if isinstance(value, tuple):
        return tuple(encodable(item) for item in value)
    return value


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
