"""What the compact formats show of a document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .sink import Document

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


def entries(document: Document, *, named: bool) -> Iterator[dict[str, Any]]:
    """`{step, response}`; a step that did not succeed has `status` and `error` besides.

    `named`: each begins with its case's name, for it stands among those of others.
    """
    name = document["test_case"]["name"]
    whose = {"case": name} if named else {}
    for step in document["steps"]:
        entry = {**whose, "step": step["name"], "response": _response(step.get("response"))}
        if step["status"] != "success":
            info = step.get("error_info")
            entry |= {"status": step["status"], "error": info["message"] if info else None}
        yield entry
    if untold(document):
        status, error = outcome(document)
        told = {"response": None, "status": status, "error": error["message"]}
        yield {**whose, "step": name, **told}


def untold(document: Document) -> bool:
    """The steps alone do not tell how the case ended: none ran, a fixture failed, …"""
    statuses = {step["status"] for step in document["steps"]}
    case = document["test_case"]["status"]
    told = {
        "passed": bool(statuses),
        "failed": bool(statuses & {"failed", "error"}),
        "skipped": statuses == {"skipped"},
    }
    return not told[case]


def outcome(document: Document) -> tuple[str, Mapping[str, Any]]:
    """The case's end in the words of a step: its status and its error."""
    words = {"passed": "success", "failed": "error", "skipped": "skipped"}
    error = document.get("error_info") or {"type": None, "message": None}
    return words[document["test_case"]["status"]], error


def _response(response: Any) -> Any:
    if not isinstance(response, Mapping) or "status_code" not in response:
        return response
    return {key: response[key] for key in _RESPONSE_KEYS if key in response}
