"""A document's flat list of steps → Allure's nested ones, with what they asked and got attached."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from allure_commons.model2 import Attachment, Parameter, Status, StatusDetails, TestStepResult

from ..protocol import META

#: (content, file name): puts the content beside the results.
Attach = Callable[[str, str], None]
Step = Mapping[str, Any]

STATUSES: Final = {
    "success": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "error": Status.BROKEN,
}


def step_results(steps: Sequence[Step], attach: Attach) -> list[TestStepResult]:
    return [_result(step, children, attach) for step, children in nested(steps)]


Nested = tuple[Step, list["Nested"]]


def nested(steps: Sequence[Step]) -> list[Nested]:
    """Children follow their parent; the parent meant is the last one of its name."""
    roots: list[Nested] = []
    by_name: dict[str, Nested] = {}
    for step in steps:
        node: Nested = (step, [])
        parent = by_name.get(step.get("parent", ""))
        (parent[1] if parent and step.get("parent") else roots).append(node)
        by_name[step["name"]] = node
    return roots


def parameters_of(step: Step) -> Iterator[tuple[str, str]]:
    """What a reader wants to see without opening an attachment."""
    response = step.get("response") or {}
    request = response.get("request") or {}
    yield "type", step[META]["type"]
    yield "at", step[META]["location"]
    if request:
        yield "request", f"{request['method']} {request['url']}"
    if "status_code" in response:
        yield "status_code", str(response["status_code"])
    for phase, took in (step.get("performance") or {}).items():
        if phase.endswith("_time"):
            yield phase, f"{took} ms"
    if response.get("mocked"):
        yield "mocked", "true"
    if step["retry_count"]:
        yield "retry_count", str(step["retry_count"])


def attachments_of(step: Step) -> Iterator[tuple[str, str]]:
    """(name, JSON)."""
    response = dict(step.get("response") or {})
    parts = {
        "request": response.pop("request", None),
        "response": response or None,
        "checks": step.get("validations"),
        "extracted variables": step.get("extracted_vars"),
    }
    for name, part in parts.items():
        if part:
            yield name, json.dumps(part, ensure_ascii=False, indent=2)


def _result(step: Step, children: list[Nested], attach: Attach) -> TestStepResult:
    start, stop = _ms(step["start_time"]), _ms(step["end_time"])
    return TestStepResult(
        name=step["name"],
        status=STATUSES[step["status"]],
        statusDetails=_details(step),
        stage="finished",
        start=start,
        stop=stop,
        parameters=[Parameter(name=name, value=value) for name, value in parameters_of(step)],
        attachments=[_attached(name, text, attach) for name, text in attachments_of(step)],
        steps=[
            *map(_attempt, step.get("attempts") or ()),
            *(_result(child, inner, attach) for child, inner in children),
        ],
    )


def _attempt(attempt: Step) -> TestStepResult:
    start = _ms(attempt["start_time"])
    info = attempt["error_info"]
    return TestStepResult(
        name=f"attempt {attempt['attempt']}",
        status=STATUSES[attempt["status"]],
        statusDetails=StatusDetails(message=f"{info['type']}: {info['message']}") if info else None,
        stage="finished",
        start=start,
        stop=start + round(attempt["duration"] * 1000),
    )


def _details(step: Step) -> StatusDetails | None:
    info = step.get("error_info")
    if info:
        return StatusDetails(message=f"{info['type']}: {info['message']}", trace=info["suggestion"])
    reason = step[META]["reason"]
    return StatusDetails(message=reason) if reason else None


def _attached(name: str, text: str, attach: Attach) -> Attachment:
    source = f"{uuid.uuid4()}-attachment.json"
    attach(text, source)
    return Attachment(name=name, source=source, type="application/json")


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
