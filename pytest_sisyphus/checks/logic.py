"""and, or, not: made of verdicts that are already there, since every check is evaluated."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from pytest_sisyphus.models.parts import PASSED, Verdict

_SHOWN: Final = 3
Verdicts = Sequence[Verdict]


def combine(kind: Literal["and", "or", "not"], verdicts: Sequence[Verdict]) -> Verdict:
    """What could not be evaluated passes nothing, and `not` nothing that holds it."""
    if not verdicts:
        return Verdict(passed=False, evaluated=False, error=f"{kind} has no sub_validations")
    passes, explain = _KINDS[kind]
    if passes(verdicts):
        return PASSED
    is_decided = kind != "and" and any(verdict.passed for verdict in verdicts)
    evaluated = is_decided or all(verdict.evaluated for verdict in verdicts)
    return Verdict(passed=False, evaluated=evaluated, error=explain(verdicts))


def _none_passes(verdicts: Verdicts) -> bool:
    return all(verdict.evaluated and not verdict.passed for verdict in verdicts)


def _why_not_all(verdicts: Verdicts) -> str:
    failures = _failures(verdicts)
    return f"{len(failures)} of {len(verdicts)} sub_validations did not pass: {_first(failures)}"


def _why_not_any(verdicts: Verdicts) -> str:
    return f"none of {len(verdicts)} sub_validations passed: {_first(_failures(verdicts))}"


def _why_some(verdicts: Verdicts) -> str:
    passed = [str(i) for i, verdict in enumerate(verdicts, 1) if verdict.passed]
    if passed:
        return f"Expected no sub_validation to pass, but number {', '.join(passed)} did"
    unknown = [f"{i}. {one.error}" for i, one in enumerate(verdicts, 1) if not one.evaluated]
    return f"not could not be evaluated: {_first(unknown)}"


def _failures(verdicts: Verdicts) -> list[str]:
    return [f"{i}. {verdict.error}" for i, verdict in enumerate(verdicts, 1) if not verdict.passed]


def _first(errors: list[str]) -> str:
    more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return "; ".join(errors[:_SHOWN]) + more


_KINDS: Final[Mapping[str, tuple[Callable[[Verdicts], bool], Callable[[Verdicts], str]]]] = {
    "and": (lambda verdicts: all(one.passed for one in verdicts), _why_not_all),
    "or": (lambda verdicts: any(one.passed for one in verdicts), _why_not_any),
    "not": (_none_passes, _why_some),
}
