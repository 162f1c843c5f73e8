"""and, or, not: made of outcomes that are already there, since every check is evaluated."""

from collections.abc import Sequence
from typing import Final, Literal

from pytest_sisyphus.checks.evaluate import BrokenOutcome
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome
from pytest_sisyphus.i18n import tr

_SHOWN: Final = 3
CheckOutcomes = Sequence[CheckOutcome]


def combine(kind: Literal["and", "or", "not"], outcomes: Sequence[CheckOutcome]) -> CheckOutcome:
    """`and` passes when all passed, `or` when one did, `not` when all were evaluated and failed.

    One that fails counts as evaluated when all of `outcomes` were, and `not` also when one passed.
    With one that broke, the whole is broken.
    """
    if not outcomes:
        return CheckOutcome(
            passed=False, evaluated=False, error=tr("{kind} has no sub_validations", kind=kind)
        )
    broken = [
        f"{i}. {one.error}" for i, one in enumerate(outcomes, 1) if isinstance(one, BrokenOutcome)
    ]
    if broken:
        error = tr("{kind} could not be evaluated: {errors}", kind=kind, errors=_first(broken))
        return BrokenOutcome(passed=False, evaluated=False, error=error)
    if kind == "not":
        passes = all(one.evaluated and not one.passed for one in outcomes)
    else:
        passes = (all if kind == "and" else any)(one.passed for one in outcomes)
    if passes:
        return PASSED
    is_decided = kind != "and" and any(one.passed for one in outcomes)
    evaluated = is_decided or all(one.evaluated for one in outcomes)
    return CheckOutcome(passed=False, evaluated=evaluated, error=_error(kind, outcomes))


def _error(kind: Literal["and", "or", "not"], outcomes: CheckOutcomes) -> str:
    failures = [f"{i}. {one.error}" for i, one in enumerate(outcomes, 1) if not one.passed]
    if kind == "and":
        return tr(
            "{failed} of {count} sub_validations did not pass: {errors}",
            failed=len(failures),
            count=len(outcomes),
            errors=_first(failures),
        )
    if kind == "or":
        return tr(
            "none of {count} sub_validations passed: {errors}",
            count=len(outcomes),
            errors=_first(failures),
        )
    passed = [str(i) for i, one in enumerate(outcomes, 1) if one.passed]
    if passed:
        return tr(
            "Expected no sub_validation to pass, but number {numbers} did",
            numbers=tr(", ").join(passed),
        )
    unknown = [f"{i}. {one.error}" for i, one in enumerate(outcomes, 1) if not one.evaluated]
    return tr("{kind} could not be evaluated: {errors}", kind=kind, errors=_first(unknown))


def _first(errors: list[str]) -> str:
    more = [tr("and {count} more", count=len(errors) - _SHOWN)] if len(errors) > _SHOWN else []
    return tr("; ").join([*errors[:_SHOWN], *more])
