"""Lets a check judge, whatever its path picked and whoever wrote it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.broken import ends_the_test, told
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.models.parts import CheckType, Selection, Verdict

from .showing import show_both


def judge(check_type: CheckType, selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    """Raises only what ends the test. What cannot be judged is not `evaluated`: it never passes."""
    if selection.unreadable and not (selection.matches and check_type.reads_text(expected)):
        return _unevaluated(selection.unreadable)
    if not check_type.judges(selection):
        return _unevaluated(selection.miss or f"no match for {selection.path}")
    try:
        verdict: Any = check_type.judge(selection, expected, strict=strict)
    except ConfigError as error:
        return _unevaluated(str(error))
    except Exception as error:  # a user's check: its bug fails the check, not the run
        if ends_the_test(error):
            raise
        return _unevaluated(f"the check {check_type.name!r} itself broke: {told(error)}")
    wrong = _complaint(verdict)
    if wrong or not isinstance(verdict, Verdict):
        return _unevaluated(f"the check {check_type.name!r} itself broke: {wrong}")
    if verdict.passed or verdict.error.strip():
        return verdict
    return dataclasses.replace(verdict, error=_general(check_type, selection, expected))


def _complaint(verdict: Any) -> str:
    """What keeps the answer of a check from being one; empty when nothing does."""
    if not isinstance(verdict, Verdict):
        return f"it returned a {type(verdict).__name__}, not a Verdict"
    for name, kind in _FIELDS.items():
        value = getattr(verdict, name)
        if not isinstance(value, kind):
            return f"Verdict.{name} must be a {kind.__name__}, got {value!r}"
    if verdict.passed and (verdict.error or not verdict.evaluated):
        return (
            "it returned a Verdict that passed, and yet has an error or was not evaluated; "
            "a Verdict is passed=True alone, or passed=False with an error"
        )
    return ""


_FIELDS: Final[Mapping[str, type]] = {"passed": bool, "error": str, "evaluated": bool}


def _general(check_type: CheckType, selection: Selection, expected: Any) -> str:
    """For a check that does not say why it failed."""
    wanted, got = show_both(None if expected is ... else expected, selection.value)
    return f"{check_type.name} did not pass: expected {wanted}, got {got}"


def _unevaluated(error: str) -> Verdict:
    return Verdict(passed=False, error=error, evaluated=False)
