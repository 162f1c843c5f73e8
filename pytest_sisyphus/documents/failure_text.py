"""The text of a failed case: its place, request, response and checks, without a traceback."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.documents.build import META
from pytest_sisyphus.documents.failed_steps import failed_steps
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_WIDTH: Final = 400
_CONTROL: Final = lazy_pattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def failure_text(document: Mapping[str, Any], *, headers: bool = False) -> str:
    """From the masked document of a case, so that nothing secret can reach a terminal. `headers`:
    with those of requests and responses."""
    lines = [line for step in _steps_at_fault(document) for line in _step_lines(step, headers)]
    skipped = sum(step["status"] == "skipped" for step in document["steps"])
    if lines and skipped:
        lines.append(
            tr(
                "{skipped} of {total} steps were skipped",
                skipped=skipped,
                total=len(document["steps"]),
            )
        )
    if not lines and document.get("error_info"):
        lines = [document["error_info"]["message"]]
    return _escape_control("\n".join(lines))


def _escape_control(text: str) -> str:
    """Control characters of a response are shown escaped: a terminal would obey them."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def _steps_at_fault(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The failed steps, without those that only pass on what failed inside them."""
    failed = failed_steps(document)
    parents = {step.get("parent") for step in failed}
    return [
        step
        for step in failed
        if step["name"] not in parents
        # a check or an extractor of its own failed, besides the steps inside it
        or step[META].get("additional_errors")
        or not all(check["passed"] for check in step.get("validations") or ())
    ] or failed


def summary_line(document: Mapping[str, Any]) -> str:
    """One line for the short test summary: first the reason, for a terminal may cut its end."""
    info = document.get("error_info")
    if not info:
        return ""
    step = next(iter(_steps_at_fault(document)), None)
    file = file_of(document["test_case"][META]["location"])
    if step is None:
        return _escape_control(_short(_without_place(info["message"], file)))
    reason = _without_place(_reason(step) or info["message"], file)
    return _escape_control(tr("{reason} (step {name!r})", reason=_short(reason), name=step["name"]))


def crash_location(document: Mapping[str, Any]) -> tuple[str, int]:
    """File and line of the first failed check, or of its step, or of the case."""
    step = next(iter(_steps_at_fault(document)), None)
    location = document["test_case"][META]["location"]
    if step is not None:
        checks = zip(step.get("validations") or (), step[META]["checks"], strict=True)
        failed = (place for check, place in checks if not check["passed"] and place != "None")
        location = next(failed, step[META]["location"])
    line = location.rpartition(":")[2]
    return file_of(location), int(line) if line.isdecimal() else 1


def files_in(document: Mapping[str, Any]) -> set[str]:
    """Of the case and of what it includes, as far as its failure names them."""
    places = [document["test_case"][META]["location"]]
    for step in _steps_at_fault(document):
        places += [step[META]["location"], *step[META]["checks"]]
    return {file_of(place) for place in places} - {"None", ""}


def file_of(location: str) -> str:
    file, colon, line = location.rpartition(":")
    return file if colon and line.isdecimal() else location


def _without_place(message: str, file: str) -> str:
    """The message without its location, which the line before it has."""
    return re.sub(rf"^{re.escape(file)}(:\d+)+: ", "", str(message))


def _reason(step: Mapping[str, Any]) -> str:
    """The step's error in a line; of a failed check also its path and its description."""
    reason = str((step.get("error_info") or {}).get("message", ""))
    checks = step.get("validations") or ()
    check = next((one for one in checks if not one["passed"]), None)
    if check is not None and reason.startswith(check["error"]):
        path, description = check["path"], check["description"]
        has_path = bool(path) and path != f"$.{check['type']}" and path not in check["error"]
        first = str(check["error"]).partition("\n")[0]
        return (
            (f"{path}: " if has_path else "") + first + (f" ({description})" if description else "")
        )
    return reason.partition("\n")[0]


def is_assertion(document: Mapping[str, Any]) -> bool:
    """The system under test failed a check; else the case could not be carried out."""
    return bool((document.get("error_info") or {}).get("category") == "assertion")


def _step_lines(step: Mapping[str, Any], headers: bool) -> Iterator[str]:
    meta = step[META]
    parent = tr(" in {parent!r}", parent=step["parent"]) if step.get("parent") else ""
    attempts = (
        tr(" after {count} attempts", count=len(step["attempts"])) if step.get("attempts") else ""
    )
    info = step.get("error_info") or {}
    yield tr(
        "{location}: step {name!r}{parent} failed{attempts}: {reason}"
        if step["status"] == "failed"
        else "{location}: step {name!r}{parent} could not be carried out{attempts}: {reason}",
        location=meta["location"],
        name=step["name"],
        parent=parent,
        attempts=attempts,
        reason=_short(_reason(step)),
    )
    if meta.get("called_at"):
        yield tr("    called at {places}", places=tr(", from ").join(meta["called_at"]))
    yield from _exchange_lines(step.get("response") or {}, headers)
    checks = step.get("validations") or []
    for check, place in zip(checks, meta["checks"], strict=True):
        yield from _check_lines(check, place)
    # the step's errors, without what its first line and its checks have
    additional = meta.get("additional_errors") or ()
    message = str(info.get("message", "")).removesuffix("".join(f"\n{one}" for one in additional))
    if "\n" in message and all(message != one["error"] for one in checks):
        yield f"    {message}"
    yield from (tr("    also: {error}", error=one) for one in additional)
    if info.get("suggestion"):
        yield tr("    hint: {suggestion}", suggestion=info["suggestion"])
    if meta["reason"]:
        yield f"    {meta['reason']}"


def _exchange_lines(response: Mapping[str, Any], headers: bool) -> Iterator[str]:
    request = response.get("request")
    if request:
        yield tr("    request:  {request}", request=f"{request['method']} {request['url']}")
        if headers:
            yield from _header_lines(request)
        if request.get("body"):
            yield f"              {_short(request['body'])}"
    if "status_code" in response:
        took = response.get("response_time")
        status = response["status_code"]
        yield (
            tr("    response: {status}", status=status)
            if took is None
            else tr("    response: {status} in {time} ms", status=status, time=took)
        )
        if headers:
            yield from _header_lines(response)
        yield f"              {_short(response.get('body'))}"
    elif response:
        yield tr("    result:   {result}", result=_short(response))


def _header_lines(holder: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (holder.get("headers") or {}).items():
        yield f"              {name}: {_short(value)}"


def _check_lines(check: Mapping[str, Any], place: str) -> Iterator[str]:
    mark = "ok" if check["passed"] else "FAILED"
    path = f" {check['path']}" if check["path"] else ""
    description = f" ({check['description']})" if check["description"] else ""
    if check["passed"]:
        yield f"    {mark:6} {check['type']}{path}{description}"
        return
    first, *rest = str(check["error"]).splitlines() or [""]
    yield f"    {mark:6} {place}: {check['type']}{path}: {first}{description}"
    for line in rest:
        yield f"           {line}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else exact_json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return (
        text
        if len(text) <= _WIDTH
        else tr("{text}… ({count} characters)", text=text[:_WIDTH], count=len(text))
    )
