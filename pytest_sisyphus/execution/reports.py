"""pytest's reports → plain words: the only reader of their inner shapes."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from ..protocol import is_unchecked
from ..reasons import reason_of, trace_of
from .outcomes import Phase, PhaseOutcome, When

#: xdist reports a crashed worker with this `when`.
_CRASH: Final = "???"
_ASSERTION: Final = "AssertionError"
_OUTCOMES: Final[Mapping[str, PhaseOutcome]] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "rerun": "rerun",
}


def phase_of(report: pytest.TestReport) -> Phase | None:
    """None for a report that says nothing about the outcome."""
    when: dict[Any, When] = {"setup": "setup", "call": "call", "teardown": "teardown"}
    outcome = _OUTCOMES.get(report.outcome)
    crashed = report.when == _CRASH  # type: ignore[comparison-overlap]  # xdist's own word
    if outcome is None or not (crashed or report.when in when):
        return None
    document = _document(report)
    error = str(_error_info(document).get("message") or reason_of(report))
    return Phase(
        nodeid=report.nodeid,
        when="crash" if crashed else when[report.when],
        outcome=outcome,
        started=_number(getattr(report, "start", None)) if not crashed else None,
        stopped=_number(getattr(report, "stop", None)) if not crashed else None,
        duration=float(report.duration or 0.0),
        error=error,
        is_assertion=_error_info(document).get("type", error.partition(":")[0]) == _ASSERTION,
        unchecked=bool(document) and is_unchecked(document),
        trace="" if outcome in {"passed", "skipped"} else trace_of(report),
        rerun=getattr(report, "rerun", None),
        steps=_steps(document),
    )


def _document(report: pytest.TestReport) -> Mapping[str, Any]:
    """The output protocol's document of a YAML case, which rides on its `call` report."""
    carried = getattr(report, "sisyphus", None)
    document = carried.get("case") if isinstance(carried, Mapping) else None
    return document if isinstance(document, Mapping) else {}


def _steps(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    steps = document.get("steps")
    if not isinstance(steps, list):
        return ()
    return tuple(_step(step) for step in steps if isinstance(step, Mapping))


def _step(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """Small: the full document belongs to the reports, not to a callback."""
    brief: dict[str, Any] = {name: str(step[name]) for name in ("name", "status") if name in step}
    info = step.get("error_info")
    if isinstance(info, Mapping):
        brief["error_info"] = {str(name): value and str(value) for name, value in info.items()}
    seconds = _seconds_of(step)
    return brief if seconds is None else {**brief, "duration": seconds}


def _seconds_of(step: Mapping[str, Any]) -> float | None:
    """As measured: between its two moments the clock on the wall may have been set."""
    meta = step.get("meta")
    seconds = meta.get("duration") if isinstance(meta, Mapping) else None
    return round(seconds, 3) if isinstance(seconds, float | int) else None


def _error_info(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """That of the case's first failed step."""
    info = document.get("error_info")
    return info if isinstance(info, Mapping) else {}


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def path_part(nodeid: str) -> str:
    """The file (or folder) of a collector: what stands before the first `::`."""
    return nodeid.partition("::")[0]
