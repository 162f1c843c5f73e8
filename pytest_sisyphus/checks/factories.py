"""Check functions made from small comparisons."""

from collections.abc import Callable
from typing import Any

from pytest_sisyphus.checks.formatting import show, show_both
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckFunction, CheckOutcome, Selection

#: (actual, expected, strict) -> whether it holds. Raises ConfigError when that cannot be told.
Comparison = Callable[[Any, Any, bool], bool]
#: expected -> what is wrong with it, before anything runs; None: nothing.
ValidateExpected = Callable[[Any], str | None]


def failed(error: str) -> CheckOutcome:
    return CheckOutcome(passed=False, error=error)


def comparison_check(holds: Comparison, phrase: str = "{}") -> CheckFunction:
    """`phrase` says what was wanted: `a value greater than {}`."""

    def check(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
        if holds(selection.value, expected, strict):
            return PASSED
        wanted, got = show_both(expected, selection.value)
        return failed(f"Expected {phrase.format(wanted)}, but got {got}")

    return check


def negated(holds: Comparison) -> Comparison:
    """The opposite; what raises ConfigError still does."""
    return lambda actual, expected, strict: not holds(actual, expected, strict)


def boolean_check(holds: Callable[[Selection], bool], phrase: str) -> CheckFunction:
    """For `expect: true|false`; `phrase` completes `Expected … to …` and its opposite."""

    def check(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
        if not isinstance(expected, bool):
            raise ConfigError(f"expect must be true or false, got {show(expected)}")
        if holds(selection) is expected:
            return PASSED
        word = "" if expected else "not "
        return failed(
            f"Expected {selection.path} {word}to {phrase}, but got {show(selection.value)}"
        )

    return check
