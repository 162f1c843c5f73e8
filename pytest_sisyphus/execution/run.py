"""One run of an execution, without pytest: events of the session become results, kept and sent."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.execution.case_lookup import CaseLocations
from pytest_sisyphus.execution.contract import Execution, WantedCase
from pytest_sisyphus.execution.delivery import DeliveryStats
from pytest_sisyphus.execution.endpoints import ABORT, FINISH
from pytest_sisyphus.execution.leftovers import Leftovers
from pytest_sisyphus.execution.outcomes import (
    CaseFinished,
    Change,
    CollectedItem,
    OutcomeTracker,
    Phase,
)
from pytest_sisyphus.execution.payloads import PayloadBuilder
from pytest_sisyphus.execution.sender import Sender
from pytest_sisyphus.execution.spool import Spool
from pytest_sisyphus.execution.status import RAN, FinalStatus, ResultStatus
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

Body = dict[str, Any]


@record
class BrokenFile:
    """A file, or a folder, that could not be collected; `skipped`: did not want to be."""

    path: Path
    skipped: bool
    error: str
    trace: str

    def holds(self, file: Path) -> bool:
        return self.path == file or self.path in file.parents


class ExecutionRun:
    def __init__(
        self,
        execution: Execution,
        locations: CaseLocations,
        *,
        runner_id: str,
        url: str,
        sender: Sender,
        spool: Spool,
        leftovers: Leftovers,
        clock: Clock,
    ) -> None:
        self.execution = execution
        self.url = url
        self.spool = spool
        self.stats: DeliveryStats | None = None
        self._locations = locations
        self._leftovers = leftovers
        self._sender = sender
        self._clock = clock
        self._tracker = OutcomeTracker(execution.cases)
        self._payloads = PayloadBuilder(runner_id)
        self._broken: list[BrokenFile] = []
        #: results that the disk did not take.
        self._not_spooled: list[Mapping[str, Any]] = []
        #: why nothing may begin any more, by the orchestrator; empty: it may.
        self.lost_reason = ""
        #: what had begun here runs again elsewhere: no outcome is told of it.
        self.is_fenced = False
        self._has_begun = False
        self._is_collected = False

    @property
    def outcomes(self) -> Sequence[CaseFinished]:
        return tuple(self._tracker.outcomes.values())

    @property
    def wanted(self) -> int:
        """How many cases this run is to decide."""
        return len(self.execution.cases)

    @property
    def is_decided(self) -> bool:
        return len(self._tracker.outcomes) == self.wanted

    @property
    def lost_results(self) -> int:
        """Results that are neither delivered nor in the spool."""
        confirmed = self.stats.confirmed if self.stats else frozenset[str]()
        return sum(one["resultId"] not in confirmed for one in self._not_spooled)

    @property
    def stopped_as(self) -> FinalStatus:
        """What it ends in where something stopped it."""
        return FinalStatus.BROKEN if self.is_fenced else FinalStatus.CANCELED

    @property
    def ran_any(self) -> bool:
        return any(final.status in RAN for final in self.outcomes)

    def begin(self, start: Mapping[str, Any] | None) -> None:
        """`start`: the body of the `start` call, where the orchestrator does not have it yet."""
        self._has_begun = True
        self.spool.open()
        self._sender.begin()
        if start is not None:
            self.spool.start(start)
            self._sender.start(start)
        # an earlier run's results go to our spool before its own is removed
        for body in self._leftovers.results.values():
            if not self.spool.result(body):
                self._not_spooled.append(body)
            self._sender.result(body)
        if not self._not_spooled:
            for path in self._leftovers.spools:
                with contextlib.suppress(OSError):
                    path.unlink()

    def heard(self, answer: Mapping[str, Any]) -> None:
        """The data of an answer of the orchestrator, in whichever thread."""

    def file_failed(self, broken: BrokenFile) -> None:
        self._broken.append(broken)

    def collected(self, items: Iterable[CollectedItem], deselected: Iterable[int]) -> None:
        """Only the first counts: xdist's workers collect the same, or the run is refused."""
        if self._is_collected:
            return
        self._is_collected = True
        self._tracker.collected(items)
        kept_out = set(deselected)
        for case in self._tracker.without_items:
            self._report(self._tracker.decide(case, *self._outcome_of_absent(case, kept_out)))

    def started(self, nodeid: str) -> None:
        changes = self._tracker.started(nodeid)
        now = self._clock.now().astimezone()
        for running in self._tracker.unfinished_cases_of(nodeid):
            self.spool.begun(self._payloads.if_killed(running, now))
        self._report(changes)

    def phase(self, phase: Phase) -> None:
        self._report(self._tracker.phase(phase))

    def finished(self, nodeid: str) -> None:
        self._report(self._tracker.finished(nodeid))
        if waiting := self._tracker.unfinished_cases_of(nodeid):  # for other tests of the case
            self.spool.over(waiting[0].nodeid)

    def abort(self, reason: str) -> None:
        """At once, from a signal; outcomes that are decided later are still accepted."""
        self._sender.end(ABORT, _abort_body(reason, self.stopped_as))

    def close(self, *, reason: str, abort: FinalStatus | None, flush_seconds: float) -> None:
        """`abort`: what the execution ends in; None when the session came to its end."""
        if not self._has_begun or self.stats is not None:
            return
        self._decide_the_rest(reason, is_aborted=abort is not None)
        path = FINISH if abort is None else ABORT
        if abort is None:
            statuses = [int(outcome.status) for outcome in self.outcomes]
            statuses += [body["status"] for body in self._leftovers.results.values()]
            body: Body = {
                "endTime": self._clock.now().astimezone().isoformat(),
                "counts": dict(Counter(map(str, statuses))),
                "lastSequence": self._payloads.last_sequence,
            }
        else:
            body = _abort_body(reason, abort)
        # there may be room again
        self._not_spooled = [one for one in self._not_spooled if not self.spool.result(one)]
        self.spool.end(path, body)
        self._sender.end(path, body)
        self.stats = self._sender.flush(flush_seconds)
        self.spool.close(keep=bool(self.stats.undelivered) or not self.stats.closed)

    def _decide_the_rest(self, reason: str, *, is_aborted: bool) -> None:  # noqa: ARG002
        self._report(self._tracker.close(reason))

    def cut(self) -> None:
        self._sender.cut()

    def _report(self, changes: Iterable[Change]) -> None:
        for change in changes:
            body = self._payloads.result(change, self._clock.now().astimezone())
            if isinstance(change, CaseFinished) and not self.spool.result(body):
                self._not_spooled.append(body)
            self._sender.result(body)

    def _outcome_of_absent(
        self, case: WantedCase, deselected: set[int]
    ) -> tuple[ResultStatus, str, str]:
        expected = self._locations.files_of_case.get(case.execution_case_id, frozenset())
        for broken in self._broken:
            if any(broken.holds(file) for file in expected):
                status = ResultStatus.SKIPPED if broken.skipped else ResultStatus.BLOCKED
                return status, broken.error, broken.trace
        if case.execution_case_id in deselected:
            return (
                ResultStatus.CANCELED,
                tr("deselected by the options of this run (-k, -m, --lf, …)"),
                "",
            )
        return ResultStatus.NOT_FOUND, tr("no test carries {label}", label=case.label), ""


def _abort_body(reason: str, status: FinalStatus) -> Body:
    return {"status": int(status), "message": reason}
