"""What the steps inside a step come to."""

from collections.abc import Sequence
from typing import Any

from ..errors import SisyphusError
from ..models.result import StepResult, StepStatus
from ..render.scope import Scope


def counted(results: Sequence[StepResult]) -> dict[str, Any]:
    """Part of a result document; their own documents are in it for checks and extractors."""
    statuses = [result.status for result in results]
    return {
        "passed": statuses.count(StepStatus.SUCCESS),
        "failed": sum(status.bad for status in statuses),
        "skipped": statuses.count(StepStatus.SKIPPED),
        "steps": [_told(result) for result in results],
    }


def idleness(results: Sequence[StepResult]) -> str:
    """Why nothing came of the steps inside, so that nobody takes that for success."""
    if results and all(result.status is StepStatus.SKIPPED for result in results):
        return "every step of it was skipped"
    return ""


def first_failure(results: Sequence[StepResult]) -> SisyphusError | None:
    """The first failed step's error, as the step around it tells it."""
    failed = next((result for result in results if result.status.bad), None)
    if failed is None or failed.error is None:
        return None
    where = f" in round {failed.round}" if failed.round is not None else ""
    return failed.error.retold(f"step {failed.name!r}{where}: {failed.error}")


def steps_of(inner: Scope, outer: Scope) -> dict[str, Any]:
    """What ran in the inner scope, as `steps` shows it."""
    before = outer.always["steps"]
    return {
        name: step for name, step in inner.always["steps"].items() if step is not before.get(name)
    }


def _told(result: StepResult) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": result.name,
        "type": result.type,
        "status": str(result.status),
        "duration": round(result.duration, 6),
    }
    if result.round is not None:
        told["round"] = result.round
    if result.error is not None:
        told["error"] = str(result.error)
    if result.outcome is not None:
        told["document"] = result.outcome.document
    return told
