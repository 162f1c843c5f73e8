"""What the compact formats show of a document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.documents.failed_steps import FAILED
from pytest_sisyphus.reporters.reporter import Document

_RESPONSE_KEYS: Final = (
    "status_code",
    "headers",
    "body",
    "body_note",
    "response_time",
    "size",
    "truncated",
    "full_size",
    "mocked",
)


def compact_entries(document: Document, *, named: bool) -> Iterator[dict[str, Any]]:
    """`{step, response}`; with `status` and `error` of a step that did not succeed.

    `named`: each begins with its case's name, for it is listed with those of others.
    """
    name = document["test_case"]["name"]
    whose = {"case": name} if named else {}
    for step in document["steps"]:
        response = step.get("response")
        if isinstance(response, Mapping) and "status_code" in response:
            response = {key: response[key] for key in _RESPONSE_KEYS if key in response}
        entry = {**whose, "step": step["name"], "response": response}
        if step["status"] != "success":
            info = step.get("error_info")
            entry |= {"status": step["status"], "error": info["message"] if info else None}
        yield entry
    if lacks_outcome(document):
        status, error = outcome(document)
        ending = {"response": None, "status": status, "error": error["message"]}
        yield {**whose, "step": name, **ending}


def lacks_outcome(document: Document) -> bool:
    """Whether the steps alone do not say how the case ended: none ran, a fixture failed, …"""
    statuses = {step["status"] for step in document["steps"]}
    case = document["test_case"]["status"]
    explained = {
        "passed": bool(statuses),
        "failed": bool(statuses & FAILED),
        "skipped": statuses == {"skipped"},
    }
    return not explained[case]


def outcome(document: Document) -> tuple[str, Mapping[str, Any]]:
    """The status of the case as one of a step, and its error."""
    statuses = {"passed": "success", "failed": "error", "skipped": "skipped"}
    error = document.get("error_info") or {"type": None, "message": None}
    return statuses[document["test_case"]["status"]], error
