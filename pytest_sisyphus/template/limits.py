"""The operations whose result can be far larger than what goes in, each with its bound."""

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.text import MAX_SIZE, EvaluationError, json_text, size_of, too_large
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: bits of the largest whole number: about the 4,300 digits that Python is willing to print.
MAX_BITS = 14_000
#: the widest field of a format, the longest padding.
MAX_WIDTH = 100_000

_WIDE = lazy_pattern(r"\d{6,}")
_PERCENT_FIELD = lazy_pattern(r"%(?:\([^)]*\))?[-#0 +]*(\*|\d*)(?:\.(\*|\d*))?")
_SIZED = (str, bytes, list, tuple)


def add(left: Any, right: Any) -> Any:
    if isinstance(left, _SIZED) and isinstance(right, _SIZED):
        _check_size(len(left) + len(right))
    return left + right


def multiply(left: Any, right: Any) -> Any:
    for data, times in ((left, right), (right, left)):
        if isinstance(data, _SIZED) and isinstance(times, int):
            _check_size(size_of(data) * max(times, 0))
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() + right.bit_length())
    return left * right


def power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() * abs(right))
    elif not isinstance(left, int | float) or not isinstance(right, int | float):
        raise EvaluationError(tr("{kind} has no power", kind=kind_of(left)))
    result = left**right
    if isinstance(result, complex):
        raise EvaluationError(tr("a root of a negative number is no number"))
    return result


def modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        return percent_format(left, right)
    return left % right


def percent_format(text: str, values: Any) -> str:
    """`'%s' % x`: every field at most MAX_WIDTH wide, no width taken from the values."""
    fields = _PERCENT_FIELD.findall(text)
    widths = [width for field in fields for width in field if width]
    if any(width == "*" or len(width) > 6 or int(width) > MAX_WIDTH for width in widths):
        raise _too_wide()
    items = values.values() if isinstance(values, Mapping) else values
    items = items if isinstance(values, Mapping | tuple | list) else [values]
    longest = max((len(json_text(one)) for one in items), default=0)
    _check_size(len(text) + sum(map(int, widths)) + len(fields) * longest)
    formatted: str = text % values
    return formatted


def concat(*parts: Any) -> str:
    texts = [json_text(part) for part in parts]
    _check_size(sum(map(len, texts)))
    return "".join(texts)


def pad(name: str) -> Callable[..., str]:
    method = getattr(str, name)

    def padded(text: str, width: int, *fill: str) -> str:
        if width > MAX_WIDTH:
            raise EvaluationError(
                tr("{name} takes at most {most:,} characters", name=name, most=MAX_WIDTH)
            )
        padding: str = method(text, width, *fill)
        return padding

    return padded


def expandtabs(text: str, tabsize: int = 8) -> str:
    _check_size(len(text) + text.count("\t") * max(tabsize, 0))
    return text.expandtabs(tabsize)


def replace(text: str, old: str, new: str, count: int = -1) -> str:
    _check_size(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def join(separator: str, values: Iterable[Any]) -> str:
    texts = [json_text(value) for value in values]
    _check_size(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


class _Formatter(string.Formatter):
    """`str.format` with positions and names, but no way into the values."""

    size = 0

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not re.fullmatch(r"\w*", field_name):
            raise EvaluationError(
                tr("format takes no {name!r}: give it the value itself", name=field_name)
            )
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        if _WIDE.search(format_spec):
            raise _too_wide()
        plain = isinstance(value, str | int | float | Decimal | date | time)
        field = format(value if plain else json_text(value), format_spec)
        self.size += len(field)
        _check_size(self.size)
        return field


def format_text(text: str, *args: Any, **kwargs: Any) -> str:
    return _Formatter().vformat(text, args, kwargs)


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "*": multiply,
    "**": power,
    "%": modulo,
}
#: the methods of str that need one.
METHODS: dict[str, Callable[..., Any]] = {
    "center": pad("center"),
    "ljust": pad("ljust"),
    "rjust": pad("rjust"),
    "zfill": pad("zfill"),
    "expandtabs": expandtabs,
    "replace": replace,
    "join": join,
    "format": format_text,
}


def _check_size(size: int) -> None:
    if size > MAX_SIZE:
        raise too_large()


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise EvaluationError(tr("the number is too large (more than 4,200 digits)"))


def _too_wide() -> EvaluationError:
    return EvaluationError(
        tr("a format takes fields of at most {most:,} characters", most=MAX_WIDTH)
    )
