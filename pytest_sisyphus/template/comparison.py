"""How expressions compare: beside a number, a text that spells one is that number.

CSV cells, environment variables, headers and `--sisyphus-var` are text whatever they mean; a number
never equals their text by itself, and a condition that silently does not hold skips a step. A truth
value is no number, as in checks: it equals none, and has no order.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.values.describe import kind_of, short_repr
from pytest_sisyphus.values.numbers import as_decimal, is_number, parse_number

_TRUTH: Final = {
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """The two as they are compared. Two texts stay texts: `1.10` and `1.1` are two versions."""
    if isinstance(left, str) != isinstance(right, str):
        return _read(left, right) if isinstance(left, str) else _read(right, left)[::-1]
    is_mixed = isinstance(left, Decimal) != isinstance(right, Decimal)
    if is_mixed and is_number(left) and is_number(right):
        return as_decimal(left), as_decimal(right)
    return left, right


def _read(text: str, other: Any) -> tuple[Any, Any]:
    if isinstance(other, bool):
        return _TRUTH.get(text.strip(), text), other
    number = parse_number(text) if is_number(other) else None
    return (text, other) if number is None else (number, as_decimal(other))


def _equal(left: Any, right: Any) -> bool:
    one, other = _comparable(left, right)
    return bool(one == other) and not _mixes_truth(one, other)


def _mixes_truth(one: Any, other: Any) -> bool:
    """Of two that Python calls equal: a truth value stands for a number, as 1 == True."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return any(_mixes_truth(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return any(map(_mixes_truth, one, other))
    return isinstance(one, bool) != isinstance(other, bool)


def _ordered(holds: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def ordered(left: Any, right: Any) -> Any:
        if isinstance(left, str) and isinstance(right, str):
            # two numbers, or two texts such as dates: a number is neither before nor after a text
            numbers = parse_number(left), parse_number(right)
            if numbers == (None, None):
                return holds(left, right)
            if None in numbers:
                raise TypeError
            return holds(*numbers)
        one, other = _comparable(left, right)
        if isinstance(one, bool) or isinstance(other, bool):
            raise TypeError
        return holds(one, other)

    return ordered


def contains(item: Any, holder: Any) -> bool:
    """Whether `item` is part of a text, a member of a list or a key of a mapping."""
    if isinstance(holder, str):
        return json_text(item) in holder
    if isinstance(holder, Mapping | list | tuple | set | frozenset):
        # a list or mapping looked for where no other one is could never be found
        kind = next((one for one in (Mapping, (list, tuple)) if isinstance(item, one)), None)
        if kind is not None and holder and not any(isinstance(one, kind) for one in holder):
            raise EvaluationError(
                tr(
                    "{item} is no member of {holder}, which has only other values",
                    item=_described(item),
                    holder=_described(holder),
                ),
                tr("; write a comparison for each of its values"),
            )
        found = item in holder
        return (found and isinstance(item, str)) or any(_equal(item, one) for one in holder)
    raise EvaluationError(tr("{holder} contains nothing", holder=_described(holder)))


_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "lt": _ordered(operator.lt),
    "lteq": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gteq": _ordered(operator.ge),
    "in": contains,
    "notin": lambda item, holder: not contains(item, holder),
}


def compare(left: Any, *pairs: Any) -> bool:
    """`a < b <= c` as (a, "lt", b, "lteq", c); what cannot be ordered is an error."""
    for name, right in zip(pairs[::2], pairs[1::2], strict=True):
        try:
            holds = _COMPARISONS[name](left, right)
        except TypeError as exc:
            message = tr(
                "{left} and {right} cannot be compared",
                left=_described(left),
                right=_described(right),
            )
            raise EvaluationError(message) from exc
        if not holds:
            return False
        left = right
    return True


def _described(value: Any) -> str:
    return tr("{kind} ({value})", kind=kind_of(value), value=short_repr(value))


def _compare_by(name: str, left: Any, right: Any) -> bool:
    return compare(left, name, right)


#: of `x is eq 5` and `select("eq", 5)`, by all names that Jinja2 has for them.
TESTS: Final = {
    spelling: functools.partial(_compare_by, name)
    for name, spellings in {
        "eq": "eq equalto ==",
        "ne": "ne !=",
        "lt": "lt lessthan <",
        "lteq": "le <=",
        "gt": "gt greaterthan >",
        "gteq": "ge >=",
        "in": "in",
    }.items()
    for spelling in spellings.split()
}
