"""What the page keeps of each document: a row of the list, and the sums."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_sisyphus.documents.build import is_unchecked
from pytest_sisyphus.documents.failed_steps import failed_steps, innermost
from pytest_sisyphus.reporters.html.figures import percentage
from pytest_sisyphus.values.record import record

#: worst first: the order of the list.
STATUSES: Final = ("failed", "skipped", "passed")
#: characters of an error in the list; the details have all of it.
_MESSAGE_LIMIT: Final = 2_000


@record
class Failure:
    """Why and where a case failed; what is unknown is empty."""

    message: str = ""
    type: str = ""
    category: str = ""
    suggestion: str = ""
    #: what failed where it was not what the case tests.
    cause: str = ""
    step: str = ""
    #: the failed check, as the case has it: `$.code eq`, and its description.
    check: str = ""
    description: str = ""
    location: str = ""


@record
class Row:
    number: int
    #: the case's `#…`: the same in every run as long as the node id is.
    anchor: str
    name: str
    status: str
    #: seconds; None: not measured.
    duration: float | None
    start_time: str
    nodeid: str
    location: str
    description: str
    tags: tuple[str, ...]
    ids: Mapping[str, str]
    #: steps: total, passed, failed, skipped.
    steps: Mapping[str, int]
    #: case (YAML), python, or collection: a file that could not be collected.
    kind: str
    worker: str
    #: attempts that were repeated before this one.
    reruns: int
    #: it passed, and nothing was checked.
    unchecked: bool
    #: of a failed case.
    failure: Failure | None
    #: of a skipped one.
    reason: str

    @property
    def search(self) -> str:
        """The text that the page's filter searches."""
        message = self.failure.message if self.failure else self.reason
        parts = (self.name, self.nodeid, self.location, *self.tags, *self.ids.values(), message)
        return " ".join(part for part in parts if part).lower()

    @property
    def links(self) -> str:
        """Other names a `#…` may call the case by, one a line."""
        return "\n".join(dict.fromkeys(part for part in (self.nodeid, *self.ids.values()) if part))


class Summary:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._anchors: Counter[str] = Counter()
        #: tests by status, YAML and Python.
        self.cases: Counter[str] = Counter()
        #: rows of the list by status: files that could not be collected are among them.
        self.listed: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        #: seconds of all tests; None while none was measured.
        self.case_seconds: float | None = None

    def add(self, document: Mapping[str, Any]) -> int:
        """The number of the case, from 0 in the order of the run."""
        case = document["test_case"]
        name = str(case.get("meta", {}).get("nodeid") or case.get("name", ""))
        digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:10]
        self._anchors[digest] += 1
        count = self._anchors[digest]
        anchor = f"case-{digest}" if count == 1 else f"case-{digest}-{count}"
        row = _row(document, len(self._rows), anchor)
        self._rows.append(row)
        self.listed[row.status] += 1
        if row.kind != "collection":
            self.cases[row.status] += 1
        self.steps.update(row.steps)
        if row.duration is not None:
            self.case_seconds = (self.case_seconds or 0.0) + row.duration
        return row.number

    @property
    def total(self) -> int:
        """Tests that have a result."""
        return self.cases.total()

    @property
    def files(self) -> int:
        """Files that could not be collected; how many tests are in them is unknown."""
        return self.listed.total() - self.total

    @property
    def pass_rate(self) -> str:
        """In per cent; a dash where files could not be collected, for then the whole is unknown."""
        return "–" if self.files else percentage(self.cases["passed"], self.total)

    def missing(self, collected: int | None) -> int:
        """Tests that were collected and have no document."""
        return max((collected or 0) - self.total, 0)

    def verdict(self, *, complete: bool) -> str:
        """failed, incomplete, passed, skipped (all of them) or empty (no test ran)."""
        if self.listed["failed"]:
            return "failed"
        if not complete:
            return "incomplete"
        return "passed" if self.cases["passed"] else "skipped" if self.total else "empty"

    def rows(self) -> list[Row]:
        return sorted(self._rows, key=lambda row: (STATUSES.index(row.status), row.number))

    def bar(self) -> Iterator[tuple[str, float, float]]:
        """(status, start, width) of the progress bar, in per cent."""
        start = 0.0
        for status in reversed(STATUSES):
            if self.cases[status]:
                width = self.cases[status] / self.total * 100
                yield status, round(start, 3), round(width, 3)
                start += width


def _row(document: Mapping[str, Any], number: int, anchor: str) -> Row:
    case = document["test_case"]
    meta = case.get("meta", {})
    status = case["status"] if case["status"] in STATUSES else "failed"
    seconds = case.get("duration")
    is_measured = isinstance(seconds, int | float) and math.isfinite(seconds)
    reason = ""
    if status == "skipped":
        metas = [one.get("meta", {}) for one in (case, *document["steps"])]
        reasons = (str(one["reason"]) for one in metas if one.get("reason"))
        reason = next(reasons, str((document.get("error_info") or {}).get("message") or ""))
    return Row(
        number=number,
        anchor=anchor,
        name=str(case["name"]),
        status=status,
        duration=float(seconds) if is_measured else None,
        start_time=str(case.get("start_time", "")),
        nodeid=str(meta.get("nodeid") or ""),
        location=str(meta.get("location") or ""),
        description=str(meta.get("description") or ""),
        tags=tuple(str(tag) for tag in meta.get("tags") or ()),
        ids={key: str(meta[key]) for key in ("case_id", "case_key") if meta.get(key)},
        steps={
            key: int(document.get("statistics", {}).get(f"{key}_steps", 0))
            for key in ("total", "passed", "failed", "skipped")
        },
        kind=str(meta.get("kind") or "case"),
        worker=str(meta.get("worker") or ""),
        reruns=len(meta.get("reruns") or ()),
        unchecked=is_unchecked(document),
        failure=_failure(document) if status == "failed" else None,
        reason=reason,
    )


def _failure(document: Mapping[str, Any]) -> Failure:
    """Of the innermost step that failed, or of the case where no step did."""
    failed = failed_steps(document)
    step: Mapping[str, Any] = next(iter(innermost(failed)), {})
    error = document.get("error_info") or {}
    cause = document["test_case"].get("meta", {}).get("cause")
    if not error or any(error == one.get("error_info") for one in failed):
        error = step.get("error_info") or error
        cause = step.get("meta", {}).get("cause")
    message = str(error.get("message") or "")
    meta = step.get("meta", {})
    judged = zip(step.get("validations", ()), meta.get("checks", ()), strict=False)
    failed_checks = ((check, place) for check, place in judged if not check["passed"])
    check, place = next(failed_checks, (dict[str, Any](), ""))
    return Failure(
        message=message if len(message) <= _MESSAGE_LIMIT else message[:_MESSAGE_LIMIT] + " …",
        type=str(error.get("type") or ""),
        category=str(error.get("category") or ""),
        suggestion=str(error.get("suggestion") or ""),
        cause=str(cause or ""),
        step=str(step.get("name") or ""),
        check=f"{check.get('path') or ''} {check.get('type') or ''}".strip(),
        description=str(check.get("description") or ""),
        location=str(place if place not in {"", "None"} else meta.get("location") or ""),
    )
