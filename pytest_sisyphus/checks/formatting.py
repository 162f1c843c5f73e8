"""Values in the messages of checks: JSON-like, and short without hiding the difference."""

import json
import re
from typing import Any, Final

from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.surrogates import escape_surrogates

LIMIT: Final = 120
_CONTEXT: Final = 30
#: texts that would read as another value, or not be seen at all.
_AMBIGUOUS: Final = lazy_pattern(
    r"""\s*|\s.*|.*\s|true|false|null|none|nan|[\[{"'].*|[+-]?[\d.].*|….*|.*…""",
    re.IGNORECASE | re.DOTALL,
)


def show(value: Any, limit: int = LIMIT) -> str:
    """Text is bare unless that could be misread: `成功`, but `"5"` beside `5`."""
    return _cut(_quoted(value), 0, limit)


def show_both(expected: Any, actual: Any, limit: int = LIMIT) -> tuple[str, str]:
    """The two cut to the same window, around their first difference."""
    left, right = _quoted(expected), _quoted(actual)
    if len(left) <= limit and len(right) <= limit:
        return escape_surrogates(left), escape_surrogates(right)
    pairs = enumerate(zip(left, right, strict=False))
    first = next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))
    start = max(0, first - _CONTEXT)
    return _cut(left, start, limit), _cut(right, start, limit)


def _quoted(value: Any) -> str:
    text = compact_text(value)
    if not isinstance(value, str):
        return text
    if _AMBIGUOUS.fullmatch(text[:200]) or not text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return text


def _cut(text: str, start: int, limit: int) -> str:
    """At most about `limit` characters from `start` on, `…` where something is left out."""
    if start == 0 and len(text) <= limit:
        return escape_surrogates(text)
    before = "…" if start else ""
    after = "…" if start + limit < len(text) else ""
    return f"{before}{escape_surrogates(text[start : start + limit])}{after}"
