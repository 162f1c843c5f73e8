"""Lone surrogates (halves of characters), which JSON and Python can hold and UTF-8 cannot."""

from typing import Any


def escape_surrogates(text: str) -> str:
    """Each lone surrogate as its escape: the character U+D800 becomes the text `\\ud800`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def replace_surrogates(text: str) -> str:
    """Each lone surrogate as `?`; the same object where there is none."""
    if text.isascii():
        return text
    replaced = text.encode("utf-8", "replace").decode()
    return text if text == replaced else replaced


def escape_all_surrogates(value: Any) -> Any:
    """The same plain data with `escape_surrogates` applied to every text in it, keys too."""
    if isinstance(value, str):
        return escape_surrogates(value)
    if isinstance(value, dict):
        return {escape_all_surrogates(k): escape_all_surrogates(item) for k, item in value.items()}
    if isinstance(value, list):
        return [escape_all_surrogates(item) for item in value]
    if isinstance(value, tuple):
        return tuple(escape_all_surrogates(item) for item in value)
    return value
