"""What the checks compare: small functions that hold or not, and refuse what has no answer."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final

from pytest_sisyphus.checks import expected_validation
from pytest_sisyphus.checks.equality import equal, spelling_note, summary
from pytest_sisyphus.checks.factories import (
    Comparison,
    ValidateExpected,
    comparison_check,
    failed,
    negated,
)
from pytest_sisyphus.checks.formatting import show, show_both
from pytest_sisyphus.checks.ordering import order
from pytest_sisyphus.checks.types import TYPES, type_of
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckFunction, CheckOutcome, Selection
from pytest_sisyphus.extract.regex import compile_pattern, search
from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.values.describe import kind_of


def check_eq(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    actual = selection.value
    if equal(actual, expected, strict=strict):
        return PASSED
    wanted, got = show_both(expected, actual)
    details = spelling_note(actual, expected)
    is_single = len(selection.matches) == 1
    if isinstance(expected, dict | list) and type_of(expected) == type_of(actual):
        whole = tr("match ") if selection.indefinite and not is_single else selection.path
        details = summary(actual, expected, strict=strict, whole=whole)
    elif selection.indefinite and is_single and isinstance(expected, list):
        details = tr("a single match stands for itself, not for a list of one")
    error = tr("Expected {wanted}, but got {got}", wanted=wanted, got=got)
    if details:
        error = tr("{error} ({details})", error=error, details=details)
    return CheckOutcome(
        passed=False, error=error, evaluated=not _can_never_match(selection, [expected])
    )


def same(actual: Any, expected: Any, strict: bool) -> bool:
    return equal(actual, expected, strict=strict)


def check_ne(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    _require_possible_match(selection, [expected])
    return _NE(selection, expected, strict=strict)


def check_in(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    outcome = _IN(selection, expected, strict=strict)
    if outcome.passed or not _can_never_match(selection, expected):
        return outcome
    return dataclasses.replace(outcome, evaluated=False)


def check_not_in(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    require_valid(expected_validation.listed(expected))
    _require_possible_match(selection, expected)
    return _NOT_IN(selection, expected, strict=strict)


def _can_never_match(selection: Selection, candidates: Sequence[Any]) -> bool:
    """Several matches are a list, which can equal none of these: nothing was really compared."""
    several = selection.indefinite and len(selection.matches) > 1
    return several and not any(isinstance(one, list | tuple) for one in candidates)


def _require_possible_match(selection: Selection, candidates: Sequence[Any]) -> None:
    if _can_never_match(selection, candidates):
        raise ConfigError(
            tr(
                "{path} matches {count} values, and their list is never equal to what is no list, "
                "so that this check could never fail; write not_contains to look at each of them, "
                "length_eq of a path with a filter to count some of them, or a path to one of them",
                path=selection.path,
                count=len(selection.matches),
            )
        )


def ordered(holds: Callable[[int], bool]) -> Comparison:
    return lambda actual, expected, _: holds(order(actual, expected))


def between(actual: Any, expected: Any, _: bool) -> bool:
    require_valid(expected_validation.interval(expected))
    return order(actual, expected[0]) >= 0 and order(actual, expected[1]) <= 0


def contains(actual: Any, expected: Any, strict: bool) -> bool:
    if isinstance(actual, list | tuple):
        require_valid(expected_validation.incompatible_member(actual, expected))
        return any(equal(one, expected, strict=strict) for one in actual)
    if not isinstance(actual, str | dict):
        raise ConfigError(
            tr("{kind} contains nothing; text, a list or a mapping does", kind=kind_of(actual))
        )
    if not isinstance(expected, str):
        raise ConfigError(
            tr(
                "cannot look for {wanted} ({kind}) in text"
                if isinstance(actual, str)
                else "cannot look for {wanted} ({kind}) in the keys of a mapping",
                wanted=show(expected),
                kind=kind_of(expected),
            )
        )
    if isinstance(actual, str):
        require_valid(expected_validation.non_empty_text(expected))
    return expected in actual


def check_contains(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    outcome = _CONTAINS(selection, expected, strict=strict)
    if outcome.passed or not outcome.evaluated:
        return outcome
    position = _holder_of(expected, selection.value, strict=False)
    if position is None:
        return outcome
    error = tr(
        "{error}; element {position} has all of it, and more, but contains wants an equal one: "
        "match looks for a part, as in match: [{path}, [{wanted}]]",
        error=outcome.error,
        position=position,
        path=selection.path,
        wanted=show(expected, 60),
    )
    return dataclasses.replace(outcome, error=error)


def check_not_contains(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
    """Stricter than the opposite of contains: `{role: admin}` is in `{role: admin, id: 1}`."""
    outcome = _NOT_CONTAINS(selection, expected, strict=strict)
    if not outcome.passed or not isinstance(expected, dict):
        return outcome
    position = _holder_of(expected, selection.value, strict=strict)
    if position is None:
        return outcome
    wanted, got = show_both(expected, selection.value[position])
    return failed(
        tr(
            "Expected something without {wanted}, but element {position} has all of it: {got} "
            "(as match looks for a part; name more keys to tell the elements apart)",
            wanted=wanted,
            position=position,
            got=got,
        )
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
    require_valid(expected_validation.non_empty_text(expected))
    return _text(actual).startswith(_text(expected))


def ends(actual: Any, expected: Any, _: bool) -> bool:
    require_valid(expected_validation.non_empty_text(expected))
    return _text(actual).endswith(_text(expected))


def matches(actual: Any, expected: Any, _: bool) -> bool:
    if actual is None or isinstance(actual, bytes):
        raise ConfigError(
            tr("cannot search in {kind}: it is no text and has none", kind=kind_of(actual))
        )
    require_valid(expected_validation.pattern(expected))
    return search(compile_pattern(_text(expected)), compact_text(actual)) is not None


def member(actual: Any, expected: Any, strict: bool) -> bool:
    require_valid(expected_validation.listed(expected))
    require_valid(expected_validation.nested(actual, expected))
    return any(equal(actual, one, strict=strict) for one in expected)


_CONTAINS: Final = comparison_check(
    contains, marked("Expected something that contains {wanted}, but got {got}")
)
_NOT_CONTAINS: Final = comparison_check(
    negated(contains), marked("Expected something without {wanted}, but got {got}")
)
_NE: Final = comparison_check(
    negated(same), marked("Expected anything but {wanted}, but got {got}")
)
_IN: Final = comparison_check(member, marked("Expected one of {wanted}, but got {got}"))
_NOT_IN: Final = comparison_check(
    negated(member), marked("Expected none of {wanted}, but got {got}")
)


def check_type(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
    require_valid(expected_validation.type_name(expected))
    name, actual = "null" if expected is None else expected, selection.value
    if TYPES[name](actual):
        return PASSED
    return failed(
        tr(
            "Expected type {wanted}, but got {type}: {got}",
            wanted=name,
            type=type_of(actual),
            got=show(actual),
        )
    )


def has_status(actual: Any, expected: Any, _: bool) -> bool:
    require_valid(expected_validation.status(expected))
    if isinstance(actual, bool) or not isinstance(actual, int):
        raise ConfigError(tr("there is no status code to look at, but {got}", got=show(actual)))
    wanted = expected if isinstance(expected, list | tuple) else [expected]
    return any(compact_text(one).lower() in {str(actual), f"{str(actual)[0]}xx"} for one in wanted)


def check_length(
    holds: Callable[[int, int], bool], message: str, complain: ValidateExpected
) -> CheckFunction:
    def check(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
        require_valid(complain(expected))
        wanted, got = expected_validation.as_length(expected), _length(selection)
        if wanted is not None and holds(got, wanted):
            return PASSED
        what = tr("matches" if selection.indefinite else "the length")
        return failed(tr(message, what=what, wanted=wanted, got=got))

    return check


def check_exists(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
    require_valid(expected_validation.boolean(expected))
    if bool(selection.matches) is expected:
        return PASSED
    if not selection.matches:
        return failed(selection.no_match)
    return failed(
        tr(
            "Expected no match for {path}, but got {got}",
            path=selection.path,
            got=show(selection.value),
        )
    )


def is_null(selection: Selection) -> bool:
    return selection.value is None


def is_empty(selection: Selection) -> bool:
    value = selection.value
    if value is None:
        return True
    if not isinstance(value, str | bytes | list | tuple | dict):
        raise ConfigError(
            tr("{kind} is neither empty nor full: {value}", kind=kind_of(value), value=show(value))
        )
    return len(value) == 0


def require_valid(problem: str | None) -> None:
    if problem:
        raise ConfigError(problem)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(
            tr("must be text, got {value} ({kind})", value=show(value), kind=kind_of(value))
        )
    return str(value)


def _length(selection: Selection) -> int:
    if selection.indefinite:
        return len(selection.matches)
    value = selection.value
    if isinstance(value, str | list | tuple | dict):
        return len(value)
    raise ConfigError(tr("{kind} has no length: {value}", kind=kind_of(value), value=show(value)))
