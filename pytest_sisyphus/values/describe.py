"""Values in messages: what kind they are, and a short form of them on one line."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.values import exact_json

_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (type(None), marked("null")),
    (bool, marked("a boolean")),
    ((int, float), marked("a number")),
    (str, marked("text")),
    ((bytes, bytearray), marked("bytes")),
    (Mapping, marked("a mapping")),
    ((list, tuple), marked("a list")),
)
_LONGEST: Final = 60


def kind_of(value: Any) -> str:
    """`a number`, `text`, `null`, …: never the value itself, so never a secret."""
    for types, words in _KINDS:
        if isinstance(value, types):
            return tr(words)
    return tr("a {type}", type=type(value).__name__)


def short_repr(value: Any) -> str:
    """The value as Python writes it, cut after 60 characters."""
    return _shortened(repr(value[:80] if isinstance(value, str | bytes) else value))


def short_json(value: Any) -> str:
    """A scalar as JSON, cut after 60 characters; `a mapping` or `a list` for anything else."""
    if isinstance(value, dict):
        return tr("a mapping")
    if isinstance(value, list | tuple):
        return tr("a list")
    return _shortened(exact_json.dumps(value, ensure_ascii=False, default=repr))


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`: the messages `{number} case` and `{number} cases`."""
    return tr(f"{{number}} {noun}" if number == 1 else f"{{number}} {noun}s", number=number)


def listed(words: Iterable[object]) -> str:
    """`a, b, c`."""
    return tr(", ").join(map(str, words))


def either(words: Iterable[object]) -> str:
    """`a, b or c`."""
    *most, last = map(str, words)
    return tr(" or ").join([listed(most), last]) if most else last


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}…"
