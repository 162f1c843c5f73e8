"""`csv` and `csv-compact`: a row for each step."""

import csv
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import AtomicFile
from pytest_sisyphus.reporters.compact import lacks_outcome, outcome
from pytest_sisyphus.reporters.reporter import Document, RunInfo

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
    """A row a step; and one of the case, where its steps do not say how it ended."""
    case = document["test_case"]
    for index, step in enumerate(document["steps"], start=1):
        yield {
            "Test Name": case["name"],
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
    if lacks_outcome(document):
        status, error = outcome(document)
        yield {
            "Test Name": case["name"],
            "Status": status,
            "Start Time": case["start_time"],
            "End Time": case["end_time"],
            "Duration (s)": case["duration"],
            "Error Type": error["type"],
            "Error Message": error["message"],
        }


def compact(document: Document) -> Iterator[Row]:
    name = document["test_case"]["name"]
    for step in document["steps"]:
        yield {
            "Step": step["name"],
            "Status Code": _of(step, "response", "status_code"),
            "Status": step["status"],
            "Test Name": name,
        }
    if lacks_outcome(document):
        yield {"Step": name, "Status": outcome(document)[0], "Test Name": name}


class CsvFile:
    ordered = True
    only_cases = True

    def __init__(self, path: Path, columns: tuple[str, ...] = VERBOSE) -> None:
        self._file = AtomicFile(path)
        self._columns = columns
        self._rows: Rows = verbose if columns is VERBOSE else compact
        #: the first document, until it is known whether others follow; the header waits with it.
        self._first: Document | None = None
        self._has_header = False

    def open(self) -> None:
        self._file.open()

    def add(self, document: Document) -> None:
        if self._has_header:
            self._write_rows(document)
        elif self._first is None:
            self._first = document
        else:
            self._write_header(among_others=True)
            self._write_rows(document)

    def close(self, info: RunInfo) -> None:
        if not self._has_header:
            self._write_header(among_others=info.cases > 1)
        self._file.commit()

    def discard(self) -> None:
        self._file.discard()

    def _write_header(self, *, among_others: bool) -> None:
        if self._columns is COMPACT and among_others:
            self._columns = COMPACT_OF_SEVERAL
        self._has_header = True
        self._write({name: name for name in self._columns})
        first, self._first = self._first, None
        if first is not None:
            self._write_rows(first)

    def _write_rows(self, document: Document) -> None:
        for row in self._rows(document):
            self._write(row)

    def _write(self, row: Row) -> None:
        # csv quotes a value that holds a character of the line end: with "\r\n" also a lone "\r"
        line = StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([row.get(name) for name in self._columns])
        self._file.write(line.getvalue()[:-2].replace("\0", "\\x00") + "\n")


def _of(step: Mapping[str, Any], part: str, key: str) -> Any:
    """`step[part][key]`; None where either is missing."""
    value = step.get(part)
    return value.get(key) if isinstance(value, Mapping) else None
