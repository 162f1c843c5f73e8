"""A document's flat list of steps → Allure's nested ones, with requests and responses attached."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from allure_commons.model2 import Attachment, Parameter, Status, StatusDetails, TestStepResult

from pytest_sisyphus.documents.build import META
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.reporters.text import error_line
from pytest_sisyphus.values import exact_json

#: writes JSON beside the results; returns the name of its file.
Attach = Callable[[str], str]
Step = Mapping[str, Any]

STATUSES: Final = {
    "success": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "error": Status.BROKEN,
}


#: 0 says that it did not happen: the connection was there already, or needs no TLS.
_CONNECTING: Final = frozenset({"dns_time", "tcp_time", "tls_time"})


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
    """What is shown without opening an attachment."""
    response = step.get("response") or {}
    request = response.get("request") or {}
    yield "type", step[META]["type"]
    yield "at", step[META]["location"]
    if request:
        yield "request", f"{request['method']} {request['url']}"
    if "status_code" in response:
        yield "status_code", str(response["status_code"])
    for phase, took in (step.get("performance") or {}).items():
        if phase.endswith("_time") and (took or phase not in _CONNECTING):
            yield phase, f"{took} ms"
    if response.get("mocked"):
        yield "mocked", "true"
    if step["retry_count"]:
        yield "retry_count", str(step["retry_count"])


def attachment_of(step: Step) -> tuple[str, str] | None:
    """(name, JSON), where the name lists what is inside; None where nothing is.

    One attachment for all, because each file costs more time than its content.
    """
    response = dict(step.get("response") or {})
    parts = {
        "request": response.pop("request", None),
        "checks": step.get("validations"),
        "extracted variables": step.get("extracted_vars"),
        "response": response,
    }
    there = {name: part for name, part in parts.items() if part}
    return (
        (", ".join(there), exact_json.dumps(there, ensure_ascii=False, indent=2)) if there else None
    )


def _result(step: Step, children: list[Nested], attach: Attach) -> TestStepResult:
    start, stop = span(step["start_time"], step[META]["duration"])
    attachment = attachment_of(step)
    details = None
    if info := step.get("error_info"):
        details = StatusDetails(message=error_line(info), trace=info["suggestion"])
    elif reason := step[META]["reason"]:
        details = StatusDetails(message=reason)
    return TestStepResult(
        name=step["name"],
        status=STATUSES[step["status"]],
        statusDetails=details,
        stage="finished",
        start=start,
        stop=stop,
        parameters=[Parameter(name=name, value=value) for name, value in parameters_of(step)],
        attachments=[_attached(*attachment, attach)] if attachment else [],
        steps=[
            *(_attempt(one, attach) for one in step.get("attempts") or ()),
            *(_result(child, inner, attach) for child, inner in children),
        ],
    )


def _attempt(attempt: Step, attach: Attach) -> TestStepResult:
    start, stop = span(attempt["start_time"], attempt["duration"])
    info, request = attempt["error_info"], attempt.get("request")
    sent = exact_json.dumps(request, ensure_ascii=False, indent=2)
    return TestStepResult(
        name=tr("attempt {number}", number=attempt["attempt"]),
        status=STATUSES[attempt["status"]],
        statusDetails=StatusDetails(message=error_line(info)) if info else None,
        stage="finished",
        start=start,
        stop=stop,
        attachments=[_attached("request", sent, attach)] if request else [],
    )


def _attached(name: str, text: str, attach: Attach) -> Attachment:
    return Attachment(name=name, source=attach(text), type="application/json")


def span(start: str, seconds: float | None) -> tuple[int, int]:
    """Milliseconds of both ends. The end follows from what was measured, not from the clock on the
    wall, which may have been set meanwhile: nothing ends before it begins."""
    began = round(datetime.fromisoformat(start).timestamp() * 1000)
    return began, began + round((seconds or 0.0) * 1000)
