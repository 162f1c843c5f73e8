"""Numbers that keep the digits they were written with.

Most decimals are the shortest text of their own double (`10.5`), and stay plain floats. Only what a
double would change (`10.50`, `1e5`, `0.123456789012345678`) becomes a `Numeral`.
"""

import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: digits and exponents beyond these cost more than any test needs.
_NUMBER_TEXT: Final = lazy_pattern(
    r"\s*[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,5})?\s*", re.ASCII
)
_HUGE_EXPONENT: Final = lazy_pattern(r"[eE][+-]?0*[1-9]\d{4}")
_JSON_SPELLING: Final = (
    (lazy_pattern(r"^\+"), ""),
    (lazy_pattern(r"^(-?)0+(?=\d)"), r"\g<1>"),
    (lazy_pattern(r"^(-?)\."), r"\g<1>0."),
    (lazy_pattern(r"\.(?=\D|$)"), ".0"),
)


class NumberOutOfRangeError(ValueError):
    """a number beyond what a double can hold"""

    def __init__(self, literal: str) -> None:
        shown = literal if len(literal) <= 60 else f"{literal[:57]}…"
        super().__init__(tr("{shown} is a number beyond what a double can hold", shown=shown))
        self.literal = literal


class Numeral(float):
    """A float with its text: exact where it is compared, shown or sent; arithmetic gives floats."""

    __slots__ = ("text",)

    text: str
    #: whether this process ever made one: until then, nothing needs to look for them.
    made: ClassVar[bool] = False

    def __new__(cls, text: str) -> "Numeral":
        """`text` is a number as JSON spells it; see `number`."""
        numeral = super().__new__(cls, text)
        numeral.text = text
        cls.made = True
        return numeral

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override] # what __new__ takes
        return (self.text,)

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.text)

    def __hash__(self) -> int:
        plain = float(self)
        return hash(plain if self == plain else self.decimal)

    def __eq__(self, other: object) -> Any:
        return _compared(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _compared(operator.ne, self, other)

    def __lt__(self, other: float) -> Any:
        return _compared(operator.lt, self, other)

    def __le__(self, other: float) -> Any:
        return _compared(operator.le, self, other)

    def __gt__(self, other: float) -> Any:
        return _compared(operator.gt, self, other)

    def __ge__(self, other: float) -> Any:
        return _compared(operator.ge, self, other)


def _compared(holds: Callable[[Any, Any], bool], numeral: Numeral, other: object) -> Any:
    if isinstance(other, float) and not math.isfinite(other):
        return holds(float(numeral), other)
    if isinstance(other, int | float | Decimal):
        return holds(numeral.decimal, as_decimal(other))
    return NotImplemented


def number(text: str) -> float:
    """The number of a decimal literal. Raises UnholdableNumberError."""
    value = float(text)
    if repr(value) == text:
        return value
    if math.isinf(value) or _HUGE_EXPONENT.search(text):
        raise NumberOutOfRangeError(text)
    for pattern, spelling in _JSON_SPELLING:
        text = pattern.sub(spelling, text)
    return value if repr(value) == text else Numeral(text)


def as_decimal(value: float | Decimal) -> Decimal:
    """The digits that stand there, not the binary ones: a float's are those of its text."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def parse_number(text: str) -> Decimal | None:
    """What a text such as `5`, ` 10.50` or `1e3` says; None for other text."""
    return Decimal(text.strip()) if _NUMBER_TEXT.fullmatch(text) else None


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
