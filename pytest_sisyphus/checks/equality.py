"""The one rule of equality, and where two values differ."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final, Literal

from pytest_sisyphus.extract.text import text_of
from pytest_sisyphus.numerals import Numeral, as_decimal, is_number

from .showing import show

_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_PLAIN: Final = frozenset({str, int, float, Numeral, bool, type(None)})
_MOST: Final = 5
_COUNTED: Final = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    #: `.items[3].price`, to be put after the path of the whole.
    at: str
    kind: Literal["changed", "missing", "unexpected"]
    expected: Any = None
    actual: Any = None

    def sentence(self, whole: str) -> str:
        place = f"at {whole}{self.at}: "
        if self.kind == "missing":
            return f"{place}expected {show(self.expected, 40)}, but it is missing"
        if self.kind == "unexpected":
            return f"{place}expected nothing, but got {show(self.actual, 40)}"
        return f"{place}expected {show(self.expected, 40)}, but got {show(self.actual, 40)}"


def equal(actual: Any, expected: Any, *, strict: bool) -> bool:
    """Deep; 5 == 5.0; a bool is no number. Unless strict, an expectation that is text also equals
    the number or boolean whose text it is, at every leaf, never the reverse."""
    return next(differences(actual, expected, strict=strict), None) is None


def differences(actual: Any, expected: Any, *, strict: bool) -> Iterator[Difference]:
    """In document order, without recursion: bodies may be deep."""
    pending: list[Difference] = [
        Difference(at="", kind="changed", expected=expected, actual=actual)
    ]
    while pending:
        pair = pending.pop()
        if pair.kind != "changed":
            yield pair
        elif _are(dict, pair):
            pending += reversed(list(_members(pair)))
        elif _are(list | tuple, pair):
            pending += reversed(list(_items(pair)))
        elif not _same_leaf(pair.actual, pair.expected, strict=strict):
            yield pair


def summary(actual: Any, expected: Any, *, strict: bool, whole: str) -> str:
    """The first differences, each with its path, and how many more there are."""
    found = list(itertools.islice(differences(actual, expected, strict=strict), _COUNTED))
    lines = [difference.sentence(whole) for difference in found[:_MOST]]
    more = len(found) - _MOST
    if more > 0:
        lines.append(f"and {more}{' or' if len(found) == _COUNTED else ''} more")
    return "; ".join(lines)


def path_of(steps: Iterable[Any]) -> str:
    """`.items[3]` of `("items", 3)`."""
    return "".join(f"[{one}]" if isinstance(one, int) else _step(one) for one in steps)


def _are(types: Any, pair: Difference) -> bool:
    return isinstance(pair.actual, types) and isinstance(pair.expected, types)


def _members(pair: Difference) -> Iterator[Difference]:
    for key, expected in pair.expected.items():
        if key not in pair.actual:
            yield Difference(at=f"{pair.at}{_step(key)}", kind="missing", expected=expected)
        elif not _plainly_same(actual := pair.actual[key], expected):
            at = f"{pair.at}{_step(key)}"
            yield Difference(at=at, kind="changed", expected=expected, actual=actual)
    for key, actual in pair.actual.items():
        if key not in pair.expected:
            yield Difference(at=f"{pair.at}{_step(key)}", kind="unexpected", actual=actual)


def _items(pair: Difference) -> Iterator[Difference]:
    shared = min(len(pair.expected), len(pair.actual))
    for i, (expected, actual) in enumerate(zip(pair.expected, pair.actual, strict=False)):
        if not _plainly_same(actual, expected):
            at = f"{pair.at}[{i}]"
            yield Difference(at=at, kind="changed", expected=expected, actual=actual)
    for i, expected in enumerate(pair.expected[shared:], shared):
        yield Difference(at=f"{pair.at}[{i}]", kind="missing", expected=expected)
    for i, actual in enumerate(pair.actual[shared:], shared):
        yield Difference(at=f"{pair.at}[{i}]", kind="unexpected", actual=actual)


def _plainly_same(actual: Any, expected: Any) -> bool:
    """Most leaves of most bodies: not worth a Difference of their own."""
    kind = type(expected)
    return kind is type(actual) and kind in _PLAIN and bool(actual == expected)


def _step(key: Any) -> str:
    text = str(key)
    if text.replace("-", "_").isidentifier():
        return f".{text}"
    return f"[{show(text, 60) if text.startswith(chr(34)) else repr(text[:60])}]"


def _same_leaf(actual: Any, expected: Any, *, strict: bool) -> bool:
    if isinstance(expected, str) and not isinstance(actual, str):
        return not strict and expected in _texts_of(actual)
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if is_number(actual) and is_number(expected):
        return _same_number(actual, expected)
    if isinstance(actual, str) and isinstance(expected, str):
        return str(actual) == str(expected)
    return type(actual) is type(expected) and bool(actual == expected)


def _same_number(actual: Any, expected: Any) -> bool:
    if isinstance(actual, Decimal) != isinstance(expected, Decimal):
        # the text of a float, not its binary digits: a database's 9.90 is the 9.9 of a case file.
        return as_decimal(actual) == as_decimal(expected)
    return bool(actual == expected)


def _texts_of(value: Any) -> frozenset[str]:
    """`5` and `5.0` for 5 and 5.0, as these are equal."""
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if not is_number(value):
        return frozenset()
    if isinstance(value, Numeral):
        plain = float(value)
        return frozenset({value.text}) | (_texts_of(plain) if value == plain else set())
    text = str(value) if isinstance(value, Decimal) else text_of(value)
    if isinstance(value, int):
        return frozenset({text, f"{text}.0"})
    if math.isfinite(value) and abs(value) < 1e16 and value == int(value):
        return frozenset({text, str(int(value)), f"{int(value)}.0"})
    return frozenset({text})
