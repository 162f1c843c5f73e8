"""How the page shows numbers, times and text; its script has the same rules (elements.js)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus.clock import format_duration

#: what has no shape of its own, or steers the text around it: controls, zero-width, bidi marks.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_TIMESTAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(.*)")


def timestamp(text: str) -> str:
    """2026-01-30T20:30:36.663852+08:00 → 2026-01-30 20:30:36 +08:00."""
    match = _TIMESTAMP.fullmatch(str(text))
    return " ".join(filter(None, match.groups())) if match else str(text)


def percentage(part: int, whole: int) -> str:
    """Per cent, rounded down: 100 % is all of them, 0 % is none."""
    if not whole:
        return "–"
    thousandths = part * 1000 // whole
    if part and not thousandths:
        return "< 0.1 %"
    return f"{thousandths / 10:g} %"


def escape_invisible(text: str) -> str:
    """U+202E → `\\u202e`: no text of a server may hide, or reverse the text beside it."""
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "duration": format_duration,
    "timestamp": timestamp,
}
