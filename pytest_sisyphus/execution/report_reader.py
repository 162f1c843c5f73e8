"""pytest's reports → `Phase`: the only reader of their attributes here."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from pytest_sisyphus.documents.build import META, is_unchecked
from pytest_sisyphus.documents.failed_steps import failed_steps, innermost
from pytest_sisyphus.execution.exchanges import Keep, exchanges
from pytest_sisyphus.execution.outcomes import Evidence, Phase, PhaseOutcome, When
from pytest_sisyphus.nodes.report_text import message_of, trace_of

#: xdist reports a crashed worker with this `when`.
_CRASH: Final = "???"
_ASSERTION: Final = "AssertionError"
_OUTCOMES: Final[Mapping[str, PhaseOutcome]] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "rerun": "rerun",
}


#: of a run that has one process only.
_ONLY: Final = "main"


def phase_of(report: pytest.TestReport, keep: Keep) -> Phase | None:
    """None for a report without an outcome; `keep`: of which cases exchanges are kept."""
    when: dict[Any, When] = {"setup": "setup", "call": "call", "teardown": "teardown"}
    outcome = _OUTCOMES.get(report.outcome)
    crashed = report.when == _CRASH  # type: ignore[comparison-overlap]  # xdist's own word
    if outcome is None or not (crashed or report.when in when):
        return None
    attached = getattr(report, "sisyphus", None)
    case = attached.get("case") if isinstance(attached, Mapping) else None
    document = case if isinstance(case, Mapping) else {}
    # a worker names itself in its reports; of one that crashed xdist adds the node
    gateway = getattr(getattr(report, "node", None), "gateway", None)
    error = str(_error_info(document).get("message") or message_of(report))
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
        worker=str(getattr(report, "worker_id", "") or getattr(gateway, "id", "") or _ONLY),
        evidence=_evidence(document, keep),
    )


def _evidence(document: Mapping[str, Any], keep: Keep) -> Evidence | None:
    """None of a document that is not ours, though another plugin put it into its place."""
    if not document:
        return None
    try:
        counted = document["test_case"].get(META, {}).get("checks")
        listed = document.get("steps")
        steps = listed if isinstance(listed, list) else []
        return Evidence(
            steps=tuple(_step(one) for one in steps if isinstance(one, Mapping)),
            checks=(counted["passed"], counted["total"]) if counted else None,
            cause=_cause(document),
            exchanges=exchanges(document, keep),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _cause(document: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Step, check, path and type of error of the first step that failed by a check, else of the
    innermost that failed first; None where none failed."""
    failed = failed_steps(document)
    if not failed:
        return None
    by_a_check = [step for step in failed if _failed_check(step)]
    step = (by_a_check or innermost(failed) or failed)[0]
    check = _failed_check(step)
    cause = {"step": step["name"], "check": check.get("type"), "path": check.get("path")}
    cause["type"] = _error_info(step).get("type")
    return {name: str(text) for name, text in cause.items() if text}


def _failed_check(step: Mapping[str, Any]) -> Mapping[str, Any]:
    checks = step.get("validations") or ()
    return next((check for check in checks if not check["passed"]), {})


def _step(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """Name, status, error and seconds: the full document is for reports, not for a callback."""
    brief: dict[str, Any] = {name: str(step[name]) for name in ("name", "status") if name in step}
    info = step.get("error_info")
    if isinstance(info, Mapping):
        brief["error_info"] = {str(name): value and str(value) for name, value in info.items()}
    meta = step.get("meta")  # as measured: the clock on the wall may have been set meanwhile
    seconds = meta.get("duration") if isinstance(meta, Mapping) else None
    if isinstance(seconds, float | int):
        brief["duration"] = round(seconds, 3)
    return brief


def _error_info(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a step, or of a case, whose error is that of its first failed step; else {}."""
    info = document.get("error_info")
    return info if isinstance(info, Mapping) else {}


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def path_part(nodeid: str) -> str:
    """The file (or folder) of a collector: the part before the first `::`."""
    return nodeid.partition("::")[0]
