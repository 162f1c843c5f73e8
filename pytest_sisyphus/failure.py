"""A failed case at a glance: where, what was asked, what came, which check. No traceback."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from . import jsontext
from .protocol import META

_WIDTH: Final = 400
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATUSES: Final = ("failed", "error")


def failure_text(document: Mapping[str, Any]) -> str:
    """From the masked document of a case, so that nothing secret can reach a terminal."""
    bad = [step for step in document["steps"] if step["status"] in _STATUSES]
    parents = {step.get("parent") for step in bad}
    shown = [step for step in bad if step["name"] not in parents or _has_own(step)] or bad
    lines = [line for step in shown for line in _step_lines(step)]
    skipped = sum(step["status"] == "skipped" for step in document["steps"])
    if lines and skipped:
        lines.append(f"{skipped} of {len(document['steps'])} steps were skipped")
    if not lines and document.get("error_info"):
        lines = [document["error_info"]["message"]]
    return _tame("\n".join(lines))


def _tame(text: str) -> str:
    """A server's control characters are shown, they do not steer the terminal."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def summary_line(document: Mapping[str, Any]) -> str:
    """One line for the short test summary."""
    info = document.get("error_info")
    if not info:
        return ""
    bad = [step for step in document["steps"] if step["status"] in _STATUSES]
    place = bad[0][META]["location"] if bad else document["test_case"][META]["location"]
    step = f" {bad[0]['name']}:" if bad else ""
    return _tame(f"{place}:{step} {_short(info['message'])}")


def is_assertion(document: Mapping[str, Any]) -> bool:
    """The system under test was wrong, and not: the case could not be carried out."""
    return bool((document.get("error_info") or {}).get("category") == "assertion")


def _has_own(step: Mapping[str, Any]) -> bool:
    """Something went wrong in it besides what failed inside it."""
    checks = step.get("validations") or ()
    return bool(step[META].get("besides")) or not all(check["passed"] for check in checks)


def _step_lines(step: Mapping[str, Any]) -> Iterator[str]:
    meta = step[META]
    parent = f" in {step['parent']!r}" if step.get("parent") else ""
    attempts = f" after {len(step['attempts'])} attempts" if step.get("attempts") else ""
    info = step.get("error_info") or {}
    reason = str(info.get("message", "")).partition("\n")[0]
    verb = f"{_VERBS[step['status']]}{attempts}: {_short(reason)}"
    yield f"{meta['location']}: step {step['name']!r}{parent} {verb}"
    yield from _exchange_lines(step.get("response") or {})
    checks = step.get("validations") or []
    for check, place in zip(checks, meta["checks"], strict=True):
        yield from _check_lines(check, place)
    yield from _error_lines(step)
    if info.get("suggestion"):
        yield f"    hint: {info['suggestion']}"
    if meta["reason"]:
        yield f"    {meta['reason']}"


def _error_lines(step: Mapping[str, Any]) -> Iterator[str]:
    """What of the step's errors its first line and its checks have not said."""
    besides = step[META].get("besides") or ()
    message = str((step.get("error_info") or {}).get("message", ""))
    message = message.removesuffix("".join(f"\n{one}" for one in besides))
    checks = step.get("validations") or ()
    if "\n" in message and all(message != one["error"] for one in checks):
        yield f"    {message}"
    yield from (f"    besides: {one}" for one in besides)


_VERBS: Final = {"failed": "failed", "error": "could not be carried out"}


def _exchange_lines(response: Mapping[str, Any]) -> Iterator[str]:
    request = response.get("request")
    if request:
        yield f"    asked: {request['method']} {request['url']}"
        if request.get("body"):
            yield f"           {_short(request['body'])}"
    if "status_code" in response:
        took = f" in {response['response_time']} ms" if "response_time" in response else ""
        yield f"    came:  {response['status_code']}{took}"
        yield f"           {_short(response.get('body'))}"
    elif response:
        yield f"    came:  {_short(response)}"


def _check_lines(check: Mapping[str, Any], place: str) -> Iterator[str]:
    mark = "ok" if check["passed"] else "FAILED"
    path = f" {check['path']}" if check["path"] else ""
    said = f" ({check['description']})" if check["description"] else ""
    if check["passed"]:
        yield f"    {mark:6} {check['type']}{path}{said}"
        return
    first, *rest = str(check["error"]).splitlines() or [""]
    yield f"    {mark:6} {place}: {check['type']}{path}: {first}{said}"
    for line in rest:
        yield f"           {line}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else jsontext.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(text)} characters)"
