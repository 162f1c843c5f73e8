"""Reports in, finished documents out: which attempts belong to which test, and when it is over."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from ..clock import Clock
from .attempts import (
    Masked,
    attempt_document,
    collection_document,
    interrupted_document,
    with_reruns,
)

Finished = tuple[str, dict[str, Any]]


@dataclasses.dataclass
class _Open:
    since: datetime | None = None
    reports: list[pytest.TestReport] = dataclasses.field(default_factory=list)
    earlier: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class Gathering:
    def __init__(self, clock: Clock, mask: Masked) -> None:
        self._clock = clock
        self._mask = mask
        self._open: dict[str, _Open] = {}
        self._broken: set[str] = set()

    def started(self, nodeid: str) -> None:
        """Of each attempt anew."""
        self._open.setdefault(nodeid, _Open()).since = self._clock.now()

    def report(self, report: pytest.TestReport) -> Finished | None:
        one = self._open.setdefault(report.nodeid, _Open())
        one.reports.append(report)
        crashed = str(report.when) == "???"  # by xdist: nothing more will come
        return self.finished(report.nodeid) if crashed else None

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

    def broken(self, report: pytest.CollectReport) -> dict[str, Any] | None:
        """Once for each file, though every worker reports it."""
        if report.nodeid in self._broken:
            return None
        self._broken.add(report.nodeid)
        return collection_document(report, self._clock.now(), self._mask)

    def rest(self, document_of: Callable[[str], Mapping[str, Any] | None]) -> Iterator[Finished]:
        """Tests that the end of the run cut short."""
        for nodeid, one in self._open.items():
            if not one.reports and one.earlier:
                yield nodeid, with_reruns(one.earlier[-1], one.earlier[:-1])
                continue
            is_bad = any(str(report.outcome) in {"failed", "rerun"} for report in one.reports)
            torn = interrupted_document(document_of(nodeid), nodeid, self._heard(one))
            yield nodeid, with_reruns(self._attempt(one) if is_bad else torn, one.earlier)
        self._open.clear()

    def _attempt(self, one: _Open) -> dict[str, Any]:
        return attempt_document(one.reports, heard=self._heard(one), mask=self._mask)

    def _heard(self, one: _Open) -> tuple[datetime, datetime]:
        now = self._clock.now()
        return one.since or now, now
