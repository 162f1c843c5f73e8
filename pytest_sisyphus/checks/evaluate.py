"""Runs a check function, whatever its path selected and whoever wrote it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.checks.formatting import show, show_both
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.guard import describe_error, is_control_flow
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, CheckType, Selection
from pytest_sisyphus.extract.text import compact_text
from pytest_sisyphus.i18n import tr


class BrokenOutcome(CheckOutcome):
    """Of a check whose function raised, or returned what is no outcome: a mistake in its code, so
    that no check that it is part of passes, whatever the others come to."""

    __slots__ = ()


def evaluate(
    check_type: CheckType, selection: Selection, expected: Any, *, strict: bool
) -> CheckOutcome:
    """Raises only what ends the test. A check that cannot be carried out is not `evaluated`, and
    never passes."""
    if selection.unreadable and not (
        # what is found in the text of an unreadable body is there
        isinstance(selection.value, str) and check_type.reads_text(expected)
    ):
        return _unevaluated(selection.unreadable)
    if not check_type.accepts(selection):
        return _unevaluated(selection.no_match or tr("no match for {path}", path=selection.path))
    try:
        outcome: object = check_type.check(selection, expected, strict=strict)
    except ConfigError as error:
        return _unevaluated(str(error))
    except Exception as error:  # a user's check: its bug fails the check, not the run
        if is_control_flow(error):
            raise
        return _broken(check_type, describe_error(error))
    if outcome is PASSED and not selection.note:  # as nearly all are
        return PASSED
    return _validated(outcome, check_type, selection, expected)


def _validated(
    outcome: object, check_type: CheckType, selection: Selection, expected: Any
) -> CheckOutcome:
    violation = _contract_violation(outcome)
    if violation or not isinstance(outcome, CheckOutcome):
        return _broken(check_type, violation)
    if not outcome.passed and not outcome.error.strip():
        wanted, got = show_both(None if expected is ... else expected, selection.value)
        error = tr(
            "{check} did not pass: expected {wanted}, got {got}",
            check=check_type.name,
            wanted=wanted,
            got=got,
        )
        outcome = dataclasses.replace(outcome, error=error)
    if not selection.note:
        return outcome
    # text with marks where bytes were none: only ASCII that is not found is not there
    if compact_text(expected).isascii() or (outcome.passed and check_type.reads_text(expected)):
        return outcome
    error = outcome.error or tr(
        "{wanted} may be there, where bytes could not be read as text", wanted=show(expected)
    )
    return _unevaluated(error)


def _contract_violation(outcome: Any) -> str:
    """What is wrong with what a check function returned; empty if nothing."""
    if not isinstance(outcome, CheckOutcome):
        return tr("it returned a {type}, not a CheckOutcome", type=type(outcome).__name__)
    for name, kind in _FIELDS.items():
        value = getattr(outcome, name)
        if not isinstance(value, kind):
            return tr(
                "CheckOutcome.{name} must be a {type}, got {value!r}",
                name=name,
                type=kind.__name__,
                value=value,
            )
    if outcome.passed and (outcome.error or not outcome.evaluated):
        return tr(
            "it returned a CheckOutcome that passed, and yet has an error or was not evaluated; "
            "a CheckOutcome is passed=True alone, or passed=False with an error"
        )
    return ""


_FIELDS: Final[Mapping[str, type]] = {"passed": bool, "error": str, "evaluated": bool}


def _unevaluated(error: str) -> CheckOutcome:
    return CheckOutcome(passed=False, error=error, evaluated=False)


def _broken(check_type: CheckType, what: str) -> CheckOutcome:
    error = tr("the check {name!r} itself broke: {what}", name=check_type.name, what=what)
    return BrokenOutcome(passed=False, error=error, evaluated=False)
