"""A document in plain lines, for formats that show text."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pytest_sisyphus.clock import format_duration
from pytest_sisyphus.documents.build import META
from pytest_sisyphus.documents.failed_steps import failed_steps
from pytest_sisyphus.documents.failure_text import failure_text
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.reporters.reporter import Document


def module_of(document: Document) -> list[str]:
    """The parts of its file's path, without the suffix."""
    file = PurePosixPath(document["test_case"][META]["nodeid"].partition("::")[0])
    parts = (*file.parent.parts, file.stem)
    return [part for part in parts if part not in {"", "/", ".", ".."}]


def headline(document: Document) -> str:
    """Why the case did not pass, in a line: `AssertionError: Expected 0, but got 1001`."""
    info = document.get("error_info")
    if document["test_case"]["status"] == "skipped" or not info:
        return str(document["test_case"][META].get("reason") or skip_reason(document))
    return error_line(info)


def error_line(info: Mapping[str, Any]) -> str:
    """`info`: an `error_info` of the output protocol."""
    return f"{info['type']}: {info['message']}"


def details(document: Document) -> str:
    """The failed step and the trace, where there are; else the error's message."""
    texts = [document["test_case"][META].get("trace", "")]
    if failed_steps(document):
        texts.insert(0, failure_text(document))
    info = document.get("error_info") or {}
    return "\n\n".join(filter(None, texts)) or str(info.get("message", ""))


def skip_reason(document: Document) -> str:
    return next((reason for step in document["steps"] if (reason := step[META]["reason"])), "")


def step_log(document: Document) -> str:
    """A few lines a step: status, request, checks, error."""
    return "\n".join(line for step in document["steps"] for line in _step_lines(step))


def _step_lines(step: Mapping[str, Any]) -> Iterator[str]:
    indent = "  " if step.get("parent") else ""
    meta = step[META]
    retries = tr(", retries: {count}", count=step["retry_count"]) if step["retry_count"] else ""
    took = (
        ""
        if step["status"] == "skipped"
        else tr(" in {time}", time=format_duration(meta["duration"]))
    )
    yield f"{indent}{step['status'].upper():7} {step['name']}{took}{retries} ({meta['location']})"
    if meta["reason"]:
        yield f"{indent}        {meta['reason']}"
    response = step.get("response") or {}
    request = response.get("request") or {}
    if request:
        yield (
            f"{indent}        {request['method']} {request['url']} "
            f"-> {response.get('status_code')}{tr(' (mocked)') if response.get('mocked') else ''}"
        )
    for check in step.get("validations") or ():
        yield f"{indent}        {check_line(check)}"
    info = step.get("error_info")
    if info:
        yield f"{indent}        {error_line(info)}"


def check_line(check: Mapping[str, Any]) -> str:
    description = f" ({check['description']})" if check["description"] else ""
    why = "" if check["passed"] else f": {check['error']}"
    return (
        f"{'ok' if check['passed'] else 'FAILED'} {check['type']} {check['path']}{description}{why}"
    )
