"""pytest's reports → the documents of tests: which attempts a test had, and when it is over."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.reporters.test_documents import (
    Mask,
    attempt_document,
    collection_document,
    interrupted_document,
    with_reruns,
)

#: node id, document.
Finished = tuple[str, dict[str, Any]]


@dataclasses.dataclass
class _OpenTest:
    since: datetime | None = None
    reports: list[pytest.TestReport] = dataclasses.field(default_factory=list)
    earlier: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class ReportCollector:
    def __init__(self, clock: Clock, mask: Mask) -> None:
        self._clock = clock
        self._mask = mask
        self._open: dict[str, _OpenTest] = {}
        self._broken: set[str] = set()

    def started(self, nodeid: str) -> None:
        # each attempt begins anew
        self._open.setdefault(nodeid, _OpenTest()).since = self._clock.now()

    def report(self, report: pytest.TestReport) -> None:
        self._open.setdefault(report.nodeid, _OpenTest()).reports.append(report)

    def finished(self, nodeid: str) -> Finished | None:
        """None while another attempt is to come."""
        one = self._open.get(nodeid)
        if one is None or not one.reports:
            return None
        if any(str(report.outcome) == "rerun" for report in one.reports):  # pytest-rerunfailures
            one.earlier.append(self._attempt(one))
            one.reports.clear()
            return None
        del self._open[nodeid]
        return nodeid, with_reruns(self._attempt(one), one.earlier)

    def collection_failed(self, report: pytest.CollectReport) -> dict[str, Any] | None:
        """Its document; None when another worker reported the same file before."""
        if report.nodeid in self._broken:
            return None
        self._broken.add(report.nodeid)
        return collection_document(report, self._clock.now(), self._mask)

    def rest(self, document_of: Callable[[str], Mapping[str, Any] | None]) -> Iterator[Finished]:
        """The tests that the end of the run cut short; `document_of`: their documents so far."""
        for nodeid, one in self._open.items():
            if not one.reports and one.earlier:
                yield nodeid, with_reruns(one.earlier[-1], one.earlier[:-1])
                continue
            is_bad = any(str(report.outcome) in {"failed", "rerun"} for report in one.reports)
            interrupted = interrupted_document(document_of(nodeid), nodeid, self._observed(one))
            yield nodeid, with_reruns(self._attempt(one) if is_bad else interrupted, one.earlier)
        self._open.clear()

    def _attempt(self, one: _OpenTest) -> dict[str, Any]:
        return attempt_document(one.reports, observed=self._observed(one), mask=self._mask)

    def _observed(self, one: _OpenTest) -> tuple[datetime, datetime]:
        now = self._clock.now()
        return one.since or now, now
