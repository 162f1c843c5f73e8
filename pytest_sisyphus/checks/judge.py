"""Lets a check judge, whatever its path picked and whoever wrote it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.broken import ends_the_test, told
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.text import text_of
from pytest_sisyphus.models.parts import CheckType, Selection, Verdict

from .showing import show, show_both


def judge(check_type: CheckType, selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    """Raises only what ends the test. What cannot be judged is not `evaluated`: it never passes."""
    if selection.unreadable and not _is_read(check_type, selection, expected):
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
    if not verdict.passed and not verdict.error.strip():
        verdict = dataclasses.replace(verdict, error=_general(check_type, selection, expected))
    return _as_marks_allow(verdict, check_type, expected) if selection.note else verdict


def _as_marks_allow(verdict: Verdict, check_type: CheckType, expected: Any) -> Verdict:
    """Of text with marks where bytes were none: only ASCII that is not found is not there."""
    if text_of(expected).isascii() or (verdict.passed and check_type.reads_text(expected)):
        return verdict
    error = verdict.error or f"{show(expected)} may be there, where bytes could not be read as text"
    return _unevaluated(error)


def _is_read(check_type: CheckType, selection: Selection, expected: Any) -> bool:
    """The text of a body that claims to be more than text: what is found in it is there."""
    return isinstance(selection.value, str) and check_type.reads_text(expected)


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
