"""`csv` and `csv-compact`: a row for each step."""

import csv
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from .brief import outcome, untold
from .sink import Document, RunFacts
from .target import Target

Row = dict[str, Any]
Rows = Callable[[Document], Iterator[Row]]

_PERFORMANCE: Final = {
    "Total Time (ms)": "total_time",
    "DNS Time (ms)": "dns_time",
    "TCP Time (ms)": "tcp_time",
    "TLS Time (ms)": "tls_time",
    "Server Time (ms)": "server_time",
    "Download Time (ms)": "download_time",
}

VERBOSE: Final = (
    "Test Name",
    "Step Name",
    "Step Index",
    "Status",
    "Start Time",
    "End Time",
    "Duration (s)",
    "HTTP Status Code",
    "Response Size (bytes)",
    *_PERFORMANCE,
    "Error Type",
    "Error Message",
)
COMPACT: Final = ("Step", "Status Code", "Status")
#: of several cases: the protocol's columns first, for whoever reads them by their place.
COMPACT_OF_SEVERAL: Final = (*COMPACT, "Test Name")


def verbose(document: Document) -> Iterator[Row]:
    """A case whose steps do not tell how it ended has a row of its own, without a step."""
    for index, step in enumerate(document["steps"], start=1):
        yield _step(document["test_case"]["name"], index, step)
    if untold(document):
        yield _case(document)


def compact(document: Document) -> Iterator[Row]:
    name = document["test_case"]["name"]
    for step in document["steps"]:
        yield {
            "Step": step["name"],
            "Status Code": _of(step, "response", "status_code"),
            "Status": step["status"],
            "Test Name": name,
        }
    if untold(document):
        yield {"Step": name, "Status": outcome(document)[0], "Test Name": name}


class CsvFile:
    ordered = True
    only_cases = True

    def __init__(self, path: Path, columns: tuple[str, ...] = VERBOSE) -> None:
        self._target = Target(path)
        self._columns = columns
        self._rows: Rows = verbose if columns is VERBOSE else compact
        #: the first document, until it is known whether others follow; the head waits with it.
        self._held: Document | None = None
        self._is_headed = False

    def open(self) -> None:
        self._target.open()

    def add(self, document: Document) -> None:
        if self._is_headed:
            self._list(document)
        elif self._held is None:
            self._held = document
        else:
            self._begin(among_others=True)
            self._list(document)

    def close(self, facts: RunFacts) -> None:
        if not self._is_headed:
            self._begin(among_others=facts.cases > 1)
        self._target.commit()

    def discard(self) -> None:
        self._target.discard()

    def _begin(self, *, among_others: bool) -> None:
        if self._columns is COMPACT and among_others:
            self._columns = COMPACT_OF_SEVERAL
        self._is_headed = True
        self._write({name: name for name in self._columns})
        held, self._held = self._held, None
        if held is not None:
            self._list(held)

    def _list(self, document: Document) -> None:
        for row in self._rows(document):
            self._write(row)

    def _write(self, row: Row) -> None:
        """The writer's own line end makes it quote both of its characters; ours is one."""
        line = StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([row.get(name) for name in self._columns])
        self._target.write(line.getvalue()[:-2].replace("\0", "\\x00") + "\n")


def _step(case: str, index: int, step: Mapping[str, Any]) -> Row:
    return {
        "Test Name": case,
        "Step Name": step["name"],
        "Step Index": index,
        "Status": step["status"],
        "Start Time": step["start_time"],
        "End Time": step["end_time"],
        "Duration (s)": _of(step, "meta", "duration") if step["status"] != "skipped" else None,
        "HTTP Status Code": _of(step, "response", "status_code"),
        "Response Size (bytes)": _of(step, "response", "size"),
        **{column: _of(step, "performance", key) for column, key in _PERFORMANCE.items()},
        "Error Type": _of(step, "error_info", "type"),
        "Error Message": _of(step, "error_info", "message"),
    }


def _case(document: Document) -> Row:
    case = document["test_case"]
    status, error = outcome(document)
    return {
        "Test Name": case["name"],
        "Status": status,
        "Start Time": case["start_time"],
        "End Time": case["end_time"],
        "Duration (s)": case["duration"],
        "Error Type": error["type"],
        "Error Message": error["message"],
    }


def _of(step: Mapping[str, Any], part: str, key: str) -> Any:
    """What is not there stays empty."""
    value = step.get(part)
    return value.get(key) if isinstance(value, Mapping) else None
