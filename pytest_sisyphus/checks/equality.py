"""When two values are equal to checks, and the differences between two that are not."""

import itertools
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final, Literal

from pytest_sisyphus.checks.formatting import show
from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.numbers import Numeral, as_decimal, is_number
from pytest_sisyphus.values.record import record

#: the texts that equal a boolean.
BOOLEAN_TEXTS: Final = {
    True: frozenset({"true", "True", "TRUE"}),
    False: frozenset({"false", "False", "FALSE"}),
}
_PLAIN: Final = frozenset({str, int, float, Numeral, bool, type(None)})
_SHOWN: Final = 5
_MOST_COUNTED: Final = 1000


@record
class Difference:
    #: the path below the two values that were compared: `.items[3].price`.
    at: str
    kind: Literal["changed", "missing", "unexpected"]
    expected: Any = None
    actual: Any = None

    def sentence(self, whole: str, limit: int = 40) -> str:
        place = f"{whole}{self.at}"
        wanted, got = show(self.expected, limit), show(self.actual, limit)
        if self.kind == "missing":
            return tr(
                "at {place}: expected {wanted}, but it is missing", place=place, wanted=wanted
            )
        if self.kind == "unexpected":
            return tr("at {place}: expected nothing, but got {got}", place=place, got=got)
        said = tr(
            "at {place}: expected {wanted}, but got {got}", place=place, wanted=wanted, got=got
        )
        note = spelling_note(self.actual, self.expected)
        return tr("{error} ({details})", error=said, details=note) if note else said


def equal(actual: Any, expected: Any, *, strict: bool) -> bool:
    """Deep; 5 == 5.0; a bool is no number. Unless strict, an expectation that is text also equals
    the number or boolean whose text it is, at every leaf, never the reverse."""
    if _same_scalar(actual, expected):
        return True
    return next(differences(actual, expected, strict=strict), None) is None


def differences(actual: Any, expected: Any, *, strict: bool) -> Iterator[Difference]:
    """In document order, without recursion: bodies may be deep."""
    candidates = [Difference(at="", kind="changed", expected=expected, actual=actual)]
    while candidates:
        one = candidates.pop()
        if one.kind != "changed":
            yield one
        elif isinstance(one.actual, dict) and isinstance(one.expected, dict):
            candidates += reversed(list(_of_mappings(one)))
        elif isinstance(one.actual, list | tuple) and isinstance(one.expected, list | tuple):
            candidates += reversed(list(_of_lists(one)))
        elif not _leaves_equal(one.actual, one.expected, strict=strict):
            yield one


def summary(actual: Any, expected: Any, *, strict: bool, whole: str) -> str:
    """The first differences, each with its path below `whole`, and how many more there are."""
    found = list(itertools.islice(differences(actual, expected, strict=strict), _MOST_COUNTED))
    lines = [difference.sentence(whole) for difference in found[:_SHOWN]]
    more = len(found) - _SHOWN
    if more > 0:
        is_all = len(found) < _MOST_COUNTED
        lines.append(tr("and {count} more" if is_all else "and {count} or more", count=more))
    return tr("; ").join(lines)


def spelling_note(actual: Any, expected: Any) -> str:
    """What to write where one of two that are not equal is the other's text; else nothing."""
    if isinstance(actual, str) and not isinstance(expected, str):
        if str(actual) in _texts_of(expected):
            kind = tr("a boolean") if isinstance(expected, bool) else tr("a number")
            return tr(
                "this is text, and {kind} never equals it: expect it in quotes, or a variable as "
                "${{name | string}}",
                kind=kind,
            )
    elif isinstance(expected, str) and str(expected) in _texts_of(actual):
        return tr(
            "with strict, text equals only text: expect it without quotes, or a variable as "
            "${{name | int}}"
        )
    return ""


def path_of(keys: Iterable[Any]) -> str:
    """`.items[3]` of `("items", 3)`."""
    return "".join(f"[{one}]" if isinstance(one, int) else _segment(one) for one in keys)


def _of_mappings(pair: Difference) -> Iterator[Difference]:
    for key, expected in pair.expected.items():
        if key not in pair.actual:
            yield Difference(at=f"{pair.at}{_segment(key)}", kind="missing", expected=expected)
        elif not _same_scalar(actual := pair.actual[key], expected):
            at = f"{pair.at}{_segment(key)}"
            yield Difference(at=at, kind="changed", expected=expected, actual=actual)
    for key, actual in pair.actual.items():
        if key not in pair.expected:
            yield Difference(at=f"{pair.at}{_segment(key)}", kind="unexpected", actual=actual)


def _of_lists(pair: Difference) -> Iterator[Difference]:
    shared = min(len(pair.expected), len(pair.actual))
    for i, (expected, actual) in enumerate(zip(pair.expected, pair.actual, strict=False)):
        if not _same_scalar(actual, expected):
            at = f"{pair.at}[{i}]"
            yield Difference(at=at, kind="changed", expected=expected, actual=actual)
    for i, expected in enumerate(pair.expected[shared:], shared):
        yield Difference(at=f"{pair.at}[{i}]", kind="missing", expected=expected)
    for i, actual in enumerate(pair.actual[shared:], shared):
        yield Difference(at=f"{pair.at}[{i}]", kind="unexpected", actual=actual)


def _same_scalar(actual: Any, expected: Any) -> bool:
    """Scalars of one type, as most leaves of most bodies are: they need no Difference each."""
    kind = type(expected)
    return kind is type(actual) and kind in _PLAIN and bool(actual == expected)


def _segment(key: Any) -> str:
    text = str(key)
    if text.replace("-", "_").isidentifier():
        return f".{text}"
    return f"[{show(text, 60) if text.startswith(chr(34)) else repr(text[:60])}]"


def _leaves_equal(actual: Any, expected: Any, *, strict: bool) -> bool:
    if isinstance(expected, str) and not isinstance(actual, str):
        return not strict and expected in _texts_of(actual)
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if is_number(actual) and is_number(expected):
        if isinstance(actual, Decimal) != isinstance(expected, Decimal):
            # a float by its text, not its binary digits: a database's 9.90 is a case file's 9.9
            return as_decimal(actual) == as_decimal(expected)
        return bool(actual == expected)
    if isinstance(actual, str) and isinstance(expected, str):
        return str(actual) == str(expected)
    return type(actual) is type(expected) and bool(actual == expected)


def _texts_of(value: Any) -> frozenset[str]:
    """`5` and `5.0` for 5 and 5.0, as these are equal."""
    if isinstance(value, bool):
        return BOOLEAN_TEXTS[value]
    if not is_number(value):
        return frozenset()
    if isinstance(value, Numeral):
        plain = float(value)
        return frozenset({value.text}) | (_texts_of(plain) if value == plain else set())
    text = str(value) if isinstance(value, Decimal) else compact_text(value)
    if isinstance(value, int):
        return frozenset({text, f"{text}.0"})
    if math.isfinite(value) and abs(value) < 1e16 and value == int(value):
        return frozenset({text, str(int(value)), f"{int(value)}.0"})
    return frozenset({text})
