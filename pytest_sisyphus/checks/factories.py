"""Check functions made from small comparisons."""

from collections.abc import Callable
from typing import Any

from pytest_sisyphus.checks.formatting import show, show_both
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckFunction, CheckOutcome, Selection
from pytest_sisyphus.i18n import tr

#: (actual, expected, strict) -> whether it holds. Raises ConfigError when that cannot be told.
Comparison = Callable[[Any, Any, bool], bool]
#: expected -> what is wrong with it, before anything runs; None: nothing.
ValidateExpected = Callable[[Any], str | None]


def failed(error: str) -> CheckOutcome:
    return CheckOutcome(passed=False, error=error)


def comparison_check(holds: Comparison, message: str) -> CheckFunction:
    """`message` has `{wanted}` and `{got}`."""

    def check(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:
        if holds(selection.value, expected, strict):
            return PASSED
        wanted, got = show_both(expected, selection.value)
        return failed(tr(message, wanted=wanted, got=got))

    return check


def negated(holds: Comparison) -> Comparison:
    """The opposite; what raises ConfigError still does."""
    return lambda actual, expected, strict: not holds(actual, expected, strict)


def boolean_check(holds: Callable[[Selection], bool], wanted: str, unwanted: str) -> CheckFunction:
    """For `expect: true|false`: the messages for each, which have `{path}` and `{got}`."""

    def check(selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome:  # noqa: ARG001 - CheckFunction's shape
        if not isinstance(expected, bool):
            raise ConfigError(tr("expect must be true or false, got {got}", got=show(expected)))
        if holds(selection) is expected:
            return PASSED
        message = wanted if expected else unwanted
        return failed(tr(message, path=selection.path, got=show(selection.value)))

    return check
