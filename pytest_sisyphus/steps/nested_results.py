"""What the results of the steps inside a step make of that step."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import Outcome, StepResult, StepStatus
from pytest_sisyphus.template.scope import Scope


def summary(results: Sequence[StepResult]) -> dict[str, Any]:
    """The part of the outer step's document: `passed`, `failed`, `skipped` (how many), and `steps`,
    with their own documents, for checks and extractors."""
    statuses = [result.status for result in results]
    return {
        "passed": statuses.count(StepStatus.SUCCESS),
        "failed": sum(status.is_failure for status in statuses),
        "skipped": statuses.count(StepStatus.SKIPPED),
        "steps": [_step_summary(result) for result in results],
    }


def _step_summary(result: StepResult) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": result.name,
        "type": result.type,
        "status": str(result.status),
        "duration": round(result.duration, 6),
    }
    if result.round is not None:
        document["round"] = result.round
    if result.error is not None:
        document["error"] = str(result.error)
    if result.outcome is not None:
        document["document"] = result.outcome.document
    return document


def skip_reason(results: Sequence[StepResult]) -> str:
    """Set when every step inside was skipped, so that nobody takes that for success; else empty."""
    if results and all(result.status is StepStatus.SKIPPED for result in results):
        return tr("every step of it was skipped")
    return ""


def first_failure(results: Sequence[StepResult]) -> SisyphusError | None:
    """The first failed step's error, as the step around it reports it."""
    failed = next((result for result in results if result.status.is_failure), None)
    if failed is None or failed.error is None:
        return None
    if failed.round is None:
        said = tr("step {name!r}: {error}", name=failed.name, error=failed.error)
    else:
        said = tr(
            "step {name!r} in round {round}: {error}",
            name=failed.name,
            round=failed.round,
            error=failed.error,
        )
    return failed.error.with_message(said)


def with_children(outcome: Outcome, ran: Sequence[StepResult]) -> Outcome:
    """The outcome with all steps that ran inside; one that failed is its error, unless the step
    type returned an error or judged them itself."""
    handed = set(map(id, outcome.children))
    if not handed.issuperset(map(id, ran)):
        known = set(map(id, ran))
        others = (child for child in outcome.children if id(child) not in known)
        outcome = dataclasses.replace(outcome, children=(*ran, *others))
    if outcome.error is None and not outcome.children_judged:
        error = first_failure(outcome.children)
        return outcome if error is None else dataclasses.replace(outcome, error=error)
    return outcome


def new_steps(inner: Scope, outer: Scope) -> dict[str, Any]:
    """What the variable `steps` holds in the inner scope of steps that ran there."""
    before = outer.steps
    return {name: step for name, step in inner.steps.items() if step is not before.get(name)}
