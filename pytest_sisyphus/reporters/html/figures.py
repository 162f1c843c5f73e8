"""Figures as the page shows them; the script has the same rules (elements.js)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(.*)")


def duration(seconds: float) -> str:
    """0.31 ms, 42.1 ms, 320 ms, 1.54 s, 2 min 5 s, 1 h 2 min."""
    if seconds < 1:
        ms = seconds * 1000
        return f"{ms:.{0 if ms >= 100 else 1 if ms >= 10 else 2}f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(text: str) -> str:
    """2026-01-30T20:30:36.663852+08:00 → 2026-01-30 20:30:36 +08:00."""
    match = _MOMENT.fullmatch(str(text))
    return " ".join(filter(None, match.groups())) if match else str(text)


def share(part: int, whole: int) -> str:
    """Per cent, rounded down: 100 % is all of them, 0 % is none."""
    if not whole:
        return "–"
    thousandths = part * 1000 // whole
    if part and not thousandths:
        return "< 0.1 %"
    return f"{thousandths / 10:g} %"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {"duration": duration, "moment": moment}
