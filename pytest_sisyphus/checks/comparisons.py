"""What the checks compare: small functions that hold or not, and refuse what has no answer."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.patterns import compile_pattern, search
from pytest_sisyphus.extract.text import kind_of, text_of
from pytest_sisyphus.models.parts import PASSED, Judge, Selection, Verdict

from . import complaints
from .equality import equal, summary
from .ordering import order
from .showing import show, show_both
from .types import TYPES, type_of
from .verdicts import Comparison, Complain, failed, judging, negated


def judge_eq(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    actual = selection.value
    if equal(actual, expected, strict=strict):
        return PASSED
    wanted, got = show_both(expected, actual)
    error = f"Expected {wanted}, but got {got}{_details(selection, expected, strict=strict)}"
    return Verdict(passed=False, error=error, evaluated=not _is_hopeless(selection, [expected]))


def _details(selection: Selection, expected: Any, *, strict: bool) -> str:
    actual = selection.value
    is_single = len(selection.matches) == 1
    if isinstance(expected, dict | list) and type_of(expected) == type_of(actual):
        whole = "match " if selection.indefinite and not is_single else selection.path
        return f" ({summary(actual, expected, strict=strict, whole=whole)})"
    if selection.indefinite and is_single and isinstance(expected, list):
        return " (a single match stands for itself, not for a list of one)"
    return ""


def same(actual: Any, expected: Any, strict: bool) -> bool:
    return equal(actual, expected, strict=strict)


def judge_ne(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    _refuse_hopeless(selection, [expected])
    return _NE(selection, expected, strict=strict)


def judge_in(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    verdict = _IN(selection, expected, strict=strict)
    return dataclasses.replace(
        verdict, evaluated=verdict.passed or not _is_hopeless(selection, expected)
    )


def judge_not_in(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    refuse(complaints.listed(expected))
    _refuse_hopeless(selection, expected)
    return _NOT_IN(selection, expected, strict=strict)


def _is_hopeless(selection: Selection, candidates: Sequence[Any]) -> bool:
    """Several matches are a list, which can equal none of these: nothing was really compared."""
    several = selection.indefinite and len(selection.matches) > 1
    return several and not any(isinstance(one, list | tuple) for one in candidates)


def _refuse_hopeless(selection: Selection, candidates: Sequence[Any]) -> None:
    if _is_hopeless(selection, candidates):
        raise ConfigError(
            f"{selection.path} matches {len(selection.matches)} values, and their list is never "
            "equal to what is no list, so that this check could never fail; write not_contains to "
            "look at each of them, length_eq of a path with a filter to count some of them, or a "
            "path to one of them"
        )


def ordered(holds: Callable[[int], bool]) -> Comparison:
    return lambda actual, expected, _: holds(order(actual, expected))


def between(actual: Any, expected: Any, _: bool) -> bool:
    refuse(complaints.interval(expected))
    return order(actual, expected[0]) >= 0 and order(actual, expected[1]) <= 0


def contains(actual: Any, expected: Any, strict: bool) -> bool:
    if isinstance(actual, list | tuple):
        refuse(complaints.stray(actual, expected))
        return any(equal(one, expected, strict=strict) for one in actual)
    if not isinstance(actual, str | dict):
        raise ConfigError(f"{kind_of(actual)} contains nothing; text, a list or a mapping does")
    if not isinstance(expected, str):
        place = "text" if isinstance(actual, str) else "the keys of a mapping"
        raise ConfigError(f"cannot look for {show(expected)} ({kind_of(expected)}) in {place}")
    if isinstance(actual, str):
        refuse(complaints.sought(expected))
    return expected in actual


def judge_contains(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    verdict = _CONTAINS(selection, expected, strict=strict)
    if verdict.passed or not verdict.evaluated:
        return verdict
    return dataclasses.replace(verdict, error=f"{verdict.error}{_hint(selection.value, expected)}")


def judge_not_contains(selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    """Stricter than the opposite of contains: `{role: admin}` is in `{role: admin, id: 1}`."""
    verdict = _NOT_CONTAINS(selection, expected, strict=strict)
    if not verdict.passed or not isinstance(expected, dict):
        return verdict
    position = _holder_of(expected, selection.value, strict=strict)
    if position is None:
        return verdict
    wanted, got = show_both(expected, selection.value[position])
    return failed(
        f"Expected something without {wanted}, but element {position} has all of it: {got}"
    )


def _hint(actual: Any, expected: Any) -> str:
    position = _holder_of(expected, actual, strict=False)
    if position is None:
        return ""
    return (
        f"; element {position} has all of it, and more, but contains wants an equal one: a filter "
        "looks for a part, as in length_gt: [\"$.users[?@.role=='admin']\", 0]"
    )


def _holder_of(expected: Any, actual: Any, *, strict: bool) -> int | None:
    """The first element with every key of the mapping, and its value there."""
    if not isinstance(expected, dict) or not isinstance(actual, list | tuple):
        return None
    holders = (i for i, one in enumerate(actual) if _has_all(one, expected, strict=strict))
    return next(holders, None)


def _has_all(actual: Any, expected: Any, *, strict: bool) -> bool:
    if not isinstance(expected, dict):
        return equal(actual, expected, strict=strict)
    return isinstance(actual, dict) and all(
        key in actual and _has_all(actual[key], value, strict=strict)
        for key, value in expected.items()
    )


def starts(actual: Any, expected: Any, _: bool) -> bool:
    refuse(complaints.sought(expected))
    return _text(actual).startswith(_text(expected))


def ends(actual: Any, expected: Any, _: bool) -> bool:
    refuse(complaints.sought(expected))
    return _text(actual).endswith(_text(expected))


def matches(actual: Any, expected: Any, _: bool) -> bool:
    if actual is None or isinstance(actual, bytes):
        raise ConfigError(f"cannot search in {kind_of(actual)}: it is no text and has none")
    refuse(complaints.pattern(expected))
    return search(compile_pattern(_text(expected)), text_of(actual)) is not None


def member(actual: Any, expected: Any, strict: bool) -> bool:
    refuse(complaints.listed(expected))
    refuse(complaints.nested(actual, expected))
    return any(equal(actual, one, strict=strict) for one in expected)


_CONTAINS: Final = judging(contains, "something that contains {}")
_NOT_CONTAINS: Final = judging(negated(contains), "something without {}")
_NE: Final = judging(negated(same), "anything but {}")
_IN: Final = judging(member, "one of {}")
_NOT_IN: Final = judging(negated(member), "none of {}")


def judge_type(selection: Selection, expected: Any, *, strict: bool) -> Verdict:  # noqa: ARG001 - Judge's shape
    refuse(complaints.type_name(expected))
    name, actual = "null" if expected is None else expected, selection.value
    if TYPES[name](actual):
        return PASSED
    return failed(f"Expected type {name}, but got {type_of(actual)}: {show(actual)}")


def has_status(actual: Any, expected: Any, _: bool) -> bool:
    refuse(complaints.status(expected))
    if isinstance(actual, bool) or not isinstance(actual, int):
        raise ConfigError(f"there is no status code to look at, but {show(actual)}")
    wanted = expected if isinstance(expected, list | tuple) else [expected]
    return any(text_of(one).lower() in {str(actual), f"{str(actual)[0]}xx"} for one in wanted)


def judge_length(holds: Callable[[int, int], bool], phrase: str, complain: Complain) -> Judge:
    def judge(selection: Selection, expected: Any, *, strict: bool) -> Verdict:  # noqa: ARG001 - Judge's shape
        refuse(complain(expected))
        wanted, got = complaints.as_length(expected), _length(selection)
        if wanted is not None and holds(got, wanted):
            return PASSED
        what = "matches" if selection.indefinite else "the length"
        return failed(f"Expected {what} to be {phrase.format(wanted)}, but got {got}")

    return judge


def judge_exists(selection: Selection, expected: Any, *, strict: bool) -> Verdict:  # noqa: ARG001 - Judge's shape
    refuse(complaints.boolean(expected))
    if bool(selection.matches) is expected:
        return PASSED
    if not selection.matches:
        return failed(selection.miss)
    return failed(f"Expected no match for {selection.path}, but got {show(selection.value)}")


def is_null(selection: Selection) -> bool:
    return selection.value is None


def is_empty(selection: Selection) -> bool:
    value = selection.value
    if value is None:
        return True
    if not isinstance(value, str | bytes | list | tuple | dict):
        raise ConfigError(f"{kind_of(value)} is neither empty nor full: {show(value)}")
    return len(value) == 0


def refuse(complaint: str | None) -> None:
    if complaint:
        raise ConfigError(complaint)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"must be text, got {show(value)} ({kind_of(value)})")
    return str(value)


def _length(selection: Selection) -> int:
    if selection.indefinite:
        return len(selection.matches)
    value = selection.value
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise ConfigError(f"{kind_of(value)} has no length: {show(value)}")
