"""What databases hold, as JSON has it, and without losing a digit."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from pytest_sisyphus.values.numbers import number

_SECONDS_PER_HOUR: Final = 3600
#: before or after the point; a double holds no more before it.
_MOST_DIGITS: Final = 300


def json_value(value: Any) -> Any:
    """Numbers stay numbers where JSON's can hold them, else they become text; bytes are base64."""
    if value is None or isinstance(value, bool | int | str):
        return value
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    return str(value)


def to_row(columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """A row as JSON has it."""
    return dict(zip(columns, map(json_value, values), strict=True))


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Column names, equal ones numbered: `id`, `id_2`."""
    taken: set[str] = set()
    made = []
    for name in names:
        free, number = name, 1
        while free in taken or (free != name and free in names):
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        made.append(free)
    return tuple(made)


def _decimal(value: Decimal) -> int | float | str:
    """With all its digits, also zeros at their end; text beyond what numbers can hold."""
    if not value.is_finite() or abs(value.adjusted()) >= _MOST_DIGITS:
        return str(value)
    plain = format(value, "f")
    return number(plain) if "." in plain else int(plain)


def _duration(value: timedelta) -> str:
    """`[-]H:MM:SS[.ffffff]`: MySQL's TIME is one."""
    sign = "-" if value < timedelta() else ""
    whole, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    hours, rest = divmod(whole, _SECONDS_PER_HOUR)
    fraction = f".{micro:06}" if micro else ""
    return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"


_CONVERSIONS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (float, lambda value: value if math.isfinite(value) else str(value)),
    (Decimal, _decimal),
    (datetime | date | time, lambda value: value.isoformat()),
    (timedelta, _duration),
    (bytes | bytearray | memoryview, lambda value: base64.b64encode(bytes(value)).decode()),
    (Mapping, lambda value: {str(key): json_value(item) for key, item in value.items()}),
    (list | tuple | set | frozenset, lambda value: [json_value(item) for item in value]),
)
