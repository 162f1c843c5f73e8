"""How expressions compare: beside a number, a text that spells one is that number.

CSV cells, environment variables, headers and `--sisyphus-var` are text whatever they mean; a number
never equals their text by itself, and a condition that silently does not hold skips a step. A truth
value is no number, as in checks: it equals none, and has no order.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from pytest_sisyphus.numerals import as_decimal, is_number, spelled_number

from .text import UnevaluableError, json_text, kind_of, shown

_TRUTH: Final = {
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}


def _side_by_side(left: Any, right: Any) -> tuple[Any, Any]:
    """The two as they are compared. Two texts stay texts: `1.10` and `1.1` are two versions."""
    if isinstance(left, str) != isinstance(right, str):
        return _read(left, right) if isinstance(left, str) else _read(right, left)[::-1]
    if isinstance(left, Decimal) != isinstance(right, Decimal) and _are_numbers(left, right):
        return as_decimal(left), as_decimal(right)
    return left, right


def _read(text: str, other: Any) -> tuple[Any, Any]:
    if isinstance(other, bool):
        return _TRUTH.get(text.strip(), text), other
    number = spelled_number(text) if is_number(other) else None
    return (text, other) if number is None else (number, as_decimal(other))


def _are_numbers(left: Any, right: Any) -> bool:
    return is_number(left) and is_number(right)


def _equal(left: Any, right: Any) -> bool:
    one, other = _side_by_side(left, right)
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
            return holds(*_texts_in_order(left, right))
        one, other = _side_by_side(left, right)
        if isinstance(one, bool) or isinstance(other, bool):
            raise TypeError
        return holds(one, other)

    return ordered


def _texts_in_order(left: str, right: str) -> tuple[Any, Any]:
    """Two numbers, or two texts such as dates: a number is neither before nor after a text."""
    numbers = spelled_number(left), spelled_number(right)
    if numbers == (None, None):
        return left, right
    if None in numbers:
        raise TypeError
    return numbers


def member(item: Any, holder: Any) -> bool:
    """Of a text: a part of it; of a list: a member; of a mapping: a key."""
    if isinstance(holder, str):
        return json_text(item) in holder
    if isinstance(holder, Mapping | list | tuple | set | frozenset):
        _refuse_stray(item, holder)
        found = item in holder
        return (found and isinstance(item, str)) or any(_equal(item, one) for one in holder)
    raise UnevaluableError(f"{kind_of(holder)} ({shown(holder)}) contains nothing")


def _refuse_stray(item: Any, holder: Any) -> None:
    """A list or mapping looked for where no other one is could never be found."""
    kind = next((one for one in (Mapping, (list, tuple)) if isinstance(item, one)), None)
    if kind is not None and holder and not any(isinstance(one, kind) for one in holder):
        raise UnevaluableError(
            f"{kind_of(item)} ({shown(item)}) is no member of {kind_of(holder)} ({shown(holder)}), "
            "which has only other values",
            "; write a comparison for each of its values",
        )


_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "lt": _ordered(operator.lt),
    "lteq": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gteq": _ordered(operator.ge),
    "in": member,
    "notin": lambda item, holder: not member(item, holder),
}


def compare(left: Any, *pairs: Any) -> bool:
    """`a < b <= c` as (a, "lt", b, "lteq", c); what cannot be ordered is an error."""
    for name, right in zip(pairs[::2], pairs[1::2], strict=True):
        try:
            holds = _COMPARISONS[name](left, right)
        except TypeError as exc:
            raise UnevaluableError(_uncomparable(left, right)) from exc
        if not holds:
            return False
        left = right
    return True


def _uncomparable(left: Any, right: Any) -> str:
    return (
        f"{kind_of(left)} ({shown(left)}) and {kind_of(right)} ({shown(right)}) cannot be compared"
    )


def _test(name: str) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(left, name, right)


#: of `x is eq 5` and `select("eq", 5)`, by all names that Jinja2 has for them.
TESTS: Final = {
    spelling: _test(name)
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
