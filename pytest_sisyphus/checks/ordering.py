"""Greater and less: of numbers, numeric text and ISO dates."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.numbers import as_decimal, is_number, parse_number


def order(actual: Any, expected: Any) -> int:
    """Negative, 0 or positive. Raises ConfigError when the two cannot be ordered."""
    numbers = _number(actual), _number(expected)
    if numbers[0] is not None and numbers[1] is not None:
        return int(numbers[0] > numbers[1]) - int(numbers[0] < numbers[1])
    moments = _moment(actual), _moment(expected)
    if moments[0] is None or moments[1] is None:
        raise ConfigError(
            tr(
                "cannot order {left} and {right}: both must be numbers, numeric text or ISO dates",
                left=_named(actual),
                right=_named(expected),
            )
        )
    if (moments[0].tzinfo is None) != (moments[1].tzinfo is None):
        raise ConfigError(
            tr(
                "cannot order {left} and {right}: one has a time zone, one has none",
                left=show(actual),
                right=show(expected),
            )
        )
    return int(moments[0] > moments[1]) - int(moments[0] < moments[1])


def is_orderable(value: Any) -> bool:
    return _number(value) is not None or _moment(value) is not None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return parse_number(value)
    if not is_number(value):
        return None
    number = as_decimal(value)
    return None if number.is_nan() else number


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _named(value: Any) -> str:
    return tr("{value} ({kind})", value=show(value), kind=kind_of(value))
