"""pytest's reports of one attempt → its document.

The document of a YAML case that ran is on its report; what pytest adds (a failed teardown, an
expected failure, a crash) is put into it. For any other test a document is made here.

`meta` of such a document's `test_case` has also `kind` (case, python, collection), `reason` of a
skip, `trace`, `cause` (what failed, where it was not the test itself), `worker`, `properties`
(those of Python tests), `reruns` (documents of the attempts that pytest-rerunfailures repeated).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

import pytest

from pytest_sisyphus.documents.build import META
from pytest_sisyphus.documents.user_properties import IDENTITY
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.nodes.report_text import UNCALLED, message_of, reason_of, trace_of
from pytest_sisyphus.values.jsonable import to_jsonable

Mask = Callable[[str], str]
PytestReport = pytest.TestReport | pytest.CollectReport

_STATUSES: Final = {"failed": "failed", "rerun": "failed", "skipped": "skipped", "passed": "passed"}
_CAUSES: Final = {"setup": "setup", "teardown": "teardown", "???": "crash"}
_PRECEDENCE: Final = ("???", "call", "setup", "teardown")


def is_case(nodeid: str) -> bool:
    return PurePosixPath(nodeid.partition("::")[0]).suffix in {".yaml", ".yml"}


def attempt_document(
    reports: Sequence[pytest.TestReport], *, observed: tuple[datetime, datetime], mask: Mask
) -> dict[str, Any]:
    """`observed`: when its first and its last event came here, for reports without times."""
    deciding = _deciding_report(reports)
    document = _attached_document(reports) or to_jsonable(_document_of_reports(reports, observed))
    case = document["test_case"]
    meta = case[META] = {**case[META], "kind": _kind(reports[0].nodeid)}
    meta["worker"] = getattr(reports[-1], "worker_id", "")
    properties = _properties(reports)
    if not is_case(reports[0].nodeid):
        meta["properties"] = [list(pair) for pair in properties.items()]
    elif "row" in properties:
        meta["row"] = properties["row"]
    # only set up and torn down, as by --setup-only, is no pass
    has_outcome = any(one.outcome != "passed" or one.when == "call" for one in reports)
    status = _STATUSES[deciding.outcome] if has_outcome else "skipped"
    if status == "failed" and (case["status"] != "failed" or not document.get("error_info")):
        document["error_info"] = _error(deciding, mask)
        meta["trace"] = mask(trace_of(deciding))
        meta["cause"] = _CAUSES.get(str(deciding.when), "")
    if status == "skipped":
        meta["reason"] = mask(reason_of(deciding)) or tr(UNCALLED)
    case["status"] = status
    case[META] = to_jsonable(meta)
    return document


def collection_document(
    report: pytest.CollectReport, observed: datetime, mask: Mask
) -> dict[str, Any]:
    """Of a file that could not be collected; its duration is None, for it is not measured."""
    document = _empty_document(report.nodeid, (observed, observed))
    document["test_case"] |= {"status": "failed", "duration": None}
    meta = {"kind": "collection", "cause": "collection", "trace": mask(trace_of(report))}
    document["test_case"][META] |= meta
    document["error_info"] = _error(report, mask)
    document["test_case"] = to_jsonable(document["test_case"])
    return document


def interrupted_document(
    document: Mapping[str, Any] | None, nodeid: str, observed: tuple[datetime, datetime]
) -> dict[str, Any]:
    """Of a test that the end of the run interrupted; `document`: what it has so far, or None."""
    made = dict(document or _empty_document(nodeid, observed))
    made["test_case"] = {**made["test_case"], "status": "failed"}
    meta = made["test_case"][META] = {**made["test_case"][META], "kind": _kind(nodeid)}
    if "error_info" not in made:
        made["error_info"] = _error_info(tr("interrupted: the run ended while the test ran"))
        meta["cause"] = "interrupted"
    return made


def with_reruns(document: dict[str, Any], earlier: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    document["test_case"][META]["reruns"] = list(earlier)
    return document


def _deciding_report(reports: Sequence[pytest.TestReport]) -> pytest.TestReport:
    """The report that says how the attempt ended: the first bad one, else a skip, else any."""
    ordered = sorted(reports, key=lambda one: _PRECEDENCE.index(str(one.when)))
    for outcomes in ({"failed", "rerun"}, {"skipped"}):
        for report in ordered:
            if report.outcome in outcomes:
                return report
    return ordered[0]


def _attached_document(reports: Sequence[pytest.TestReport]) -> dict[str, Any] | None:
    for report in reports:
        attached = getattr(report, "sisyphus", None)
        if isinstance(attached, Mapping) and attached.get("case"):
            document = dict(attached["case"])
            return {**document, "test_case": dict(document["test_case"])}
    return None


def _document_of_reports(
    reports: Sequence[pytest.TestReport], observed: tuple[datetime, datetime]
) -> dict[str, Any]:
    # by the clock of whoever ran it; a crashed worker's report has no times
    timed = [one for one in reports if isinstance(getattr(one, "start", None), float) and one.start]
    if timed:
        observed = _local(min(one.start for one in timed)), _local(max(one.stop for one in timed))
    document = _empty_document(reports[0].nodeid, observed)
    case = document["test_case"]
    case["duration"] = round(sum(one.duration or 0.0 for one in reports), 6) or case["duration"]
    path, line, _ = reports[0].location
    if line is not None:
        case[META]["location"] = f"{PurePosixPath(path).as_posix()}:{line + 1}"
    properties = _properties(reports)
    if is_case(reports[0].nodeid):
        case[META] |= {key: properties[key] for key in IDENTITY if key in properties}
        tags = case[META]["tags"]  # a text in the properties of a report
        if isinstance(tags, str):
            case[META]["tags"] = tags.split(", ") if tags else []
    return document


def _empty_document(nodeid: str, times: tuple[datetime, datetime]) -> dict[str, Any]:
    file, _, name = nodeid.partition("::")
    start, end = times
    return {
        "test_case": {
            "name": name or file,
            "status": "passed",
            "start_time": start.isoformat(),
            "end_time": end.isoformat(),
            "duration": max(0.0, round((end - start).total_seconds(), 6)),
            META: {"nodeid": nodeid, "location": file, "description": "", "tags": []},
        },
        "statistics": {
            "total_steps": 0,
            "passed_steps": 0,
            "failed_steps": 0,
            "skipped_steps": 0,
            "pass_rate": 0.0,
        },
        "steps": [],
        "final_variables": {},
    }


def _properties(reports: Sequence[pytest.TestReport]) -> dict[str, object]:
    return dict(pair for one in reports for pair in one.user_properties)


def _local(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch).astimezone().replace(tzinfo=None)


def _kind(nodeid: str) -> str:
    return "case" if is_case(nodeid) else "python"


def _error(report: PytestReport, mask: Mask) -> dict[str, Any]:
    """A Python test may fail by any exception; a case has the protocol's types."""
    if is_case(report.nodeid):
        return _error_info(mask(message_of(report)))
    info = _error_info(mask(reason_of(report)))
    kind, _, message = info["message"].partition(": ")
    if not kind.isidentifier():
        return info
    category = "assertion" if kind in {"AssertionError", "Failed"} else "system"
    return {**info, "type": kind, "category": category, "message": message}


def _error_info(message: str) -> dict[str, Any]:
    """The error of a fixture, a worker or a file: none of what the case tests."""
    text = to_jsonable(message)
    return {"type": "ConfigError", "category": "system", "message": text, "suggestion": None}
