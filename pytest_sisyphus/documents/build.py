"""Results become documents of the output protocol here, and nowhere else.

A document is plain JSON, masked. Beside the protocol's own keys its objects may have a `meta`
mapping: what the terminal and the pretty reports show besides; the `json` report leaves it out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.results import (
    Attempt,
    CaseResult,
    Outcome,
    StepResult,
    StepStatus,
)
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.jsonable import to_jsonable

META: Final = "meta"
#: a key of documents of cases that passed although no check was evaluated; its value is 0.
CHECKED: Final = "checked"

_RESPONSE_KEYS: Final = (
    "status_code",
    "headers",
    "cookies",
    "url",
    "request",
    "body",
    "response_time",
    "size",
)


def case_document(
    result: CaseResult,
    *,
    mask: Callable[[Any], Any],
    max_body: int,
    nodeid: str,
    report_unchecked: bool = True,
) -> dict[str, Any]:
    """The whole document of one case (the protocol's verbose form).

    `mask` copies it as JSON has it, masked; `report_unchecked`: the document says if no check was
    evaluated. Else it has no count of them, either.
    """
    truncate = _Truncator(max_body)
    is_told = report_unchecked or not result.is_unchecked
    steps = [
        document for step in result.steps for document in _step_documents(step, None, truncate)
    ]
    document: dict[str, Any] = {
        "test_case": {
            "name": result.name,
            "status": str(result.status),
            "start_time": result.start_time.isoformat(),
            "end_time": result.end_time.isoformat(),
            "duration": round(result.duration, 6),
            META: {
                "nodeid": nodeid,
                "location": str(result.location),
                "description": result.description,
                "tags": list(result.tags),
                "cause": "" if result.error is None else result.error.cause,
                "profile": result.profile,
                # none: who shows them need not say that there were none, either
                "checks": _check_counts(result.steps) if is_told else None,
                **result.identity,
            },
        },
        "statistics": _statistics([str(step["status"]) for step in steps]),
        "steps": steps,
        "final_variables": truncate.values(result.final_variables),
    }
    if report_unchecked and result.is_unchecked:
        document[CHECKED] = 0
    if result.error is not None:
        # as the step does whose error it is
        causes = (step for step in result.steps if step.error is result.error)
        additional = next((step.additional_errors for step in causes), ())
        document["error_info"] = _error(result.error, additional)
    masked: dict[str, Any] = mask(document)
    return masked


def _check_counts(steps: Sequence[StepResult]) -> dict[str, int]:
    """The checks of all steps; a condition that was waited for is one too."""
    passed = total = 0
    for step in steps:
        inside = _check_counts(step.children)
        waited = step.outcome is not None and step.outcome.condition_checked
        passed += sum(check.passed for check in step.checks) + inside["passed"]
        passed += waited and not step.status.is_failure
        total += len(step.checks) + inside["total"] + waited
    return {"passed": passed, "total": total}


def is_unchecked(document: Mapping[str, Any]) -> bool:
    """Whether the case passed, and nothing was checked."""
    return CHECKED in document and document["test_case"]["status"] == "passed"


def without_meta(value: Any) -> Any:
    """The document with the protocol's own keys only."""
    test_case = {key: item for key, item in value["test_case"].items() if key != META}
    steps = [{key: item for key, item in step.items() if key != META} for step in value["steps"]]
    return {**value, "test_case": test_case, "steps": steps}


def _statistics(statuses: list[str]) -> dict[str, Any]:
    passed = statuses.count(StepStatus.SUCCESS)
    skipped = statuses.count(StepStatus.SKIPPED)
    total = len(statuses)
    return {
        "total_steps": total,
        "passed_steps": passed,
        "failed_steps": total - passed - skipped,
        "skipped_steps": skipped,
        "pass_rate": round(passed / total * 100, 2) if total else 0.0,
    }


def _step_documents(
    step: StepResult, parent: str | None, truncate: "_Truncator", called_at: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """The step, then the steps that ran inside it, named as its children. `called_at`: of a case
    that steps run, the innermost first."""
    document = _step_document(step, parent, truncate)
    if called_at:
        document[META]["called_at"] = list(called_at)
    yield document
    inside = (str(step.location), *called_at) if step.type == "case" else called_at
    for child in step.children:
        yield from _step_documents(child, step.name, truncate, inside)


def _step_document(step: StepResult, parent: str | None, truncate: "_Truncator") -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": step.name,
        "status": str(step.status),
        "start_time": step.start_time.isoformat(),
        "end_time": step.end_time.isoformat(),
        "retry_count": max(len(step.attempts) - 1, 0),
    }
    if parent is not None:
        document["parent"] = parent
    if step.outcome is not None:
        document |= _outcome_keys(step.outcome, truncate)
    if step.extracted:
        document["extracted_vars"] = truncate.values(step.extracted)
    if step.checks:
        document["validations"] = [
            {
                "passed": check.passed,
                "type": check.type,
                "path": check.path,
                "actual": truncate.value(check.actual),
                "expected": truncate.value(check.expected),
                "description": check.description,
                "error": check.error,
            }
            for check in step.checks
        ]
    if step.status is not StepStatus.SKIPPED:
        document["variables_snapshot"] = {
            "before": truncate.values(step.changed_before),
            "extracted": truncate.values(step.extracted),
        }
    if len(step.attempts) > 1:
        document["attempts"] = [_attempt(attempt, truncate) for attempt in step.attempts]
    if step.error is not None:
        document["error_info"] = _error(step.error, step.additional_errors)
    document[META] = {
        "type": step.type,
        "location": str(step.location),
        "duration": round(step.duration, 6),
        "description": step.description,
        "reason": step.skip_reason,
        "cause": "" if step.error is None else step.error.cause,
        "additional_errors": [str(error) for error in step.additional_errors],
        "checks": [str(check.location) for check in step.checks],
        # for people: in the protocol itself an `actual` that is not there is null
        "absent": [check.absent for check in step.checks],
    }
    return document


def _outcome_keys(outcome: Outcome, truncate: "_Truncator") -> dict[str, Any]:
    keys: dict[str, Any] = {}
    if outcome.performance is not None:
        keys["performance"] = dict(outcome.performance)
    if outcome.is_response:
        response = {key: outcome.document[key] for key in _RESPONSE_KEYS if key in outcome.document}
        response |= {
            key: outcome.document[key]
            for key in ("body_note", "mocked", "history", "attempts", "waited", "last_error")
            if outcome.document.get(key)
        }
    else:
        response = dict(outcome.document)
        steps = response.get("steps")
        # which have documents of their own, as steps of the case; a step type of somebody else may
        # mean something else by that key
        if outcome.children and isinstance(steps, list):
            response["steps"] = [
                {key: item for key, item in step.items() if key != "document"}
                if isinstance(step, Mapping)
                else step
                for step in steps
            ]
    keys["response"] = truncate.response(response)
    return keys


class _Truncator:
    """Shortens what is longer than `max_body` bytes, and says so.

    What is too long is never copied as a whole, and cut once however many places of the case hold
    it: a body of many megabytes is there already.
    """

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        #: by id, with the value, so that nothing else can have that id.
        self._known: dict[int, tuple[Any, str, int]] = {}

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        request = response.get("request")
        if isinstance(request, Mapping):
            response = {**response, "request": self.holder(request)}
        return self.holder(response)

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {str(name): self.value(value) for name, value in values.items()}

    def value(self, value: Any) -> Any:
        short, full_size = self._cut(value)
        marked = {"value": short, "truncated": True, "full_size": full_size}
        return short if full_size is None else marked

    def holder(self, holder: Mapping[str, Any]) -> dict[str, Any]:
        """A response or a request: it says so beside its body."""
        if "body" not in holder:
            return dict(holder)
        body, full_size = self._cut(holder["body"])
        cut = {**holder, "body": body}
        return cut if full_size is None else {**cut, "truncated": True, "full_size": full_size}

    def _cut(self, value: Any) -> tuple[Any, int | None]:
        """The value, or the beginning of its text and the full size in bytes."""
        if id(value) in self._known:
            return self._known[id(value)][1:]
        text = _text_of(value)
        if text is None or len(text) * 4 <= self._max_body:
            return value, None
        full_size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if full_size <= self._max_body:
            return value, None
        raw = text[: self._max_body].encode("utf-8", "replace")[: self._max_body]
        self._known[id(value)] = value, raw.decode("utf-8", "ignore"), full_size
        return self._known[id(value)][1:]


def _text_of(value: Any) -> str | None:
    """What the limit measures; None for what is short by nature."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping | list | tuple | set | frozenset):
        return None
    try:
        return exact_json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # more than JSON: as the document will have it
        return exact_json.dumps(to_jsonable(value), ensure_ascii=False)


def _attempt(attempt: Attempt, truncate: "_Truncator") -> dict[str, Any]:
    document: dict[str, Any] = {
        "attempt": attempt.number,
        "start_time": attempt.start_time.isoformat(),
        "duration": round(attempt.duration, 6),
        "status": str(attempt.status),
        "error_info": None if attempt.error is None else _error(attempt.error),
    }
    if attempt.delay is not None:
        document["delay"] = attempt.delay
    if attempt.request is not None:
        document["request"] = truncate.holder(attempt.request)
    return document


def _error(error: SisyphusError, additional_errors: Sequence[SisyphusError] = ()) -> dict[str, Any]:
    return {
        "type": error.type,
        "category": error.category,
        "message": "\n".join(map(str, (error, *additional_errors))),
        "suggestion": error.suggestion,
    }
