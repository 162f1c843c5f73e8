"""Lets a check judge, whatever its path picked and whoever wrote it."""

from typing import Any

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.models.parts import CheckType, Selection, Verdict


def judge(check_type: CheckType, selection: Selection, expected: Any, *, strict: bool) -> Verdict:
    """Never raises. What cannot be judged has `evaluated=False`, and so never passes."""
    if not selection.matches and not check_type.judges_misses:
        return _unevaluated(selection.miss or f"no match for {selection.path}")
    try:
        verdict: Any = check_type.judge(selection, expected, strict=strict)
    except ConfigError as error:
        return _unevaluated(str(error))
    except Exception as error:  # noqa: BLE001 - a user's check: its bug fails the check, not the run
        return _unevaluated(
            f"the check {check_type.name!r} itself broke: {type(error).__name__}: {error}"
        )
    if isinstance(verdict, Verdict):
        return verdict
    return _unevaluated(
        f"the check {check_type.name!r} itself broke: it returned a "
        f"{type(verdict).__name__}, not a Verdict"
    )


def _unevaluated(error: str) -> Verdict:
    return Verdict(passed=False, error=error, evaluated=False)
