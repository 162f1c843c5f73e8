"""How values stand in a check's sentence: JSON-like, and short without hiding the difference."""

import itertools
import json
import re
from typing import Any, Final

from pytest_sisyphus.extract.text import printable, text_of

LIMIT: Final = 120
_BEFORE: Final = 30
#: texts that would read as another value, or not be seen at all.
_AMBIGUOUS: Final = re.compile(
    r"""\s*|\s.*|.*\s|true|false|null|none|nan|[\[{"'].*|[+-]?[\d.].*|….*|.*…""",
    re.IGNORECASE | re.DOTALL,
)


def show(value: Any, limit: int = LIMIT) -> str:
    """Text is bare unless that could be misread: `成功`, but `"5"` beside `5`."""
    return _cut(_written(value), 0, limit)


def show_both(expected: Any, actual: Any, limit: int = LIMIT) -> tuple[str, str]:
    """The two cut to the same window, around their first difference."""
    left, right = _written(expected), _written(actual)
    if len(left) <= limit and len(right) <= limit:
        return printable(left), printable(right)
    start = max(0, _first_difference(left, right) - _BEFORE)
    return _cut(left, start, limit), _cut(right, start, limit)


def _written(value: Any) -> str:
    text = text_of(value)
    if not isinstance(value, str):
        return text
    if _AMBIGUOUS.fullmatch(text[:200]) or not text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return text


def _first_difference(left: str, right: str) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    shorter = min(len(left), len(right))
    return next(itertools.chain((i for i, (a, b) in pairs if a != b), [shorter]))


def _cut(text: str, start: int, limit: int) -> str:
    """At most about `limit` characters from `start` on, `…` where something is left out."""
    if start == 0 and len(text) <= limit:
        return printable(text)
    head = "…" if start else ""
    tail = "…" if start + limit < len(text) else ""
    return f"{head}{printable(text[start : start + limit])}{tail}"
