"""What became of each case: events of the session go in, CaseRunning and CaseFinished come out.

Pure: knows no pytest, no clock, no network. Whatever order the events come in and wherever they
stop, every case gets exactly one `CaseFinished`, and nothing of it after that.

An item is done when its attempt ended (`finished`) without asking for another, or when its worker
crashed; a case is done when all its items are. What is not done when the session ends is decided
by `close`.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.status import ResultStatus, worst
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

When = Literal["setup", "call", "teardown", "crash"]
PhaseOutcome = Literal["passed", "failed", "skipped", "rerun"]


@record
class Evidence:
    """What a callback takes from the document of a YAML case, besides its outcome."""

    steps: tuple[Mapping[str, Any], ...] = ()
    #: how many passed, and how many there were.
    checks: tuple[int, int] | None = None
    #: where it failed: step, check, path, type of the error.
    cause: Mapping[str, str] | None = None
    #: JSON text, see `exchanges`; empty: not to be kept.
    exchanges: str = ""


@record
class Phase:
    """One report of pytest's, as plain data."""

    nodeid: str
    when: When
    outcome: PhaseOutcome
    #: seconds since the epoch, by the clock of whoever ran it.
    started: float | None = None
    stopped: float | None = None
    #: measured seconds.
    duration: float = 0.0
    #: the first thing to read of a failure, or why it was skipped.
    error: str = ""
    trace: str = ""
    #: it failed because something was not as expected, not because something broke.
    is_assertion: bool = False
    #: it passed although no check was evaluated.
    unchecked: bool = False
    #: how many attempts came before, where a plugin says so.
    rerun: int | None = None
    #: the process that ran it, by xdist's name.
    worker: str = ""
    evidence: Evidence | None = None


@record
class CollectedItem:
    nodeid: str
    #: as the platform shall know it: without what schedulers append.
    reported_nodeid: str
    #: where to find it again, without parameters: the case's node id where it has several items.
    locator: str
    execution_case_ids: tuple[int, ...]


@record
class ItemOutcome:
    nodeid: str
    status: ResultStatus
    error: str = ""
    trace: str = ""
    is_assertion: bool = False
    unchecked: bool = False
    started: float | None = None
    stopped: float | None = None
    duration: float | None = None
    retry_count: int = 0
    #: the errors of the attempts before the last, in order.
    earlier_errors: tuple[str, ...] = ()
    worker: str = ""
    evidence: Evidence | None = None


@record
class CaseRunning:
    case: WantedCase
    nodeid: str


@record
class CaseFinished:
    case: WantedCase
    status: ResultStatus
    nodeid: str
    #: why, of a case without items.
    reason: str = ""
    trace: str = ""
    items: tuple[ItemOutcome, ...] = ()

    @property
    def retry_count(self) -> int:
        return max((item.retry_count for item in self.items), default=0)


Change = CaseRunning | CaseFinished

#: read from the top: the first line that fits an attempt's phases is its status. A failed teardown
#: turns a pass (or a skip) into a failure, but a test that its fixtures blocked stays blocked.
_PRECEDENCE: tuple[tuple[When, PhaseOutcome, ResultStatus], ...] = (
    ("crash", "failed", ResultStatus.FAILED),
    ("call", "failed", ResultStatus.FAILED),
    ("setup", "failed", ResultStatus.BLOCKED),
    ("teardown", "failed", ResultStatus.FAILED),
    ("setup", "skipped", ResultStatus.SKIPPED),
    ("call", "skipped", ResultStatus.SKIPPED),
    ("call", "passed", ResultStatus.PASSED),
)


def _deciding_phase(phases: Sequence[Phase]) -> tuple[ResultStatus, Phase] | None:
    for when, outcome, status in _PRECEDENCE:
        for phase in phases:
            if (phase.when, phase.outcome) == (when, outcome):
                return status, phase
    return None


class _ItemState:
    def __init__(self, collected: CollectedItem) -> None:
        self.collected = collected
        self.phases: list[Phase] = []
        self.attempts: list[list[Phase]] = []
        self.is_started = False
        self.is_done = False

    def add(self, phase: Phase) -> None:
        if not self.is_started and (phase.when, phase.outcome) == ("crash", "failed"):
            # a worker that dies between two tests takes the next along: nothing of that one ran
            error = tr("before the test began: {error}", error=phase.error)
            self.phases.append(dataclasses.replace(phase, when="setup", error=error))
        else:
            self.phases.append(phase)
        self.is_started = True
        if phase.when == "crash":
            self.end_attempt()

    def end_attempt(self) -> None:
        if any(phase.outcome == "rerun" for phase in self.phases):
            self.attempts.append(self.phases)
            self.phases = []
        else:
            self.is_done = True

    def outcome(self, reason: str) -> ItemOutcome:
        deciding = _deciding_phase(self.phases)
        # a pass that nobody saw torn down is no pass; a failure stays one whatever follows
        torn_down = any(phase.when == "teardown" for phase in self.phases)
        is_bad = deciding and deciding[0] in {ResultStatus.FAILED, ResultStatus.BLOCKED}
        if deciding is not None and (self.is_done or torn_down or is_bad):
            return self._decided(*deciding, phases=self.phases, earlier=self.attempts)
        if not self.phases and self.attempts:
            # it was to be tried again, but the session ended: the failure is what we saw
            *earlier, last = self.attempts
            failed = [
                dataclasses.replace(phase, outcome="failed") if phase.outcome == "rerun" else phase
                for phase in last
            ]
            deciding = _deciding_phase(failed) or (ResultStatus.FAILED, failed[-1])
            return self._decided(*deciding, phases=failed, earlier=earlier)
        error = reason
        if self.is_started:
            error = tr("interrupted while it ran: {reason}", reason=reason)
        if self.is_done:
            error = tr("it was set up and torn down, but not called (as by --setup-only)")
        return ItemOutcome(
            nodeid=self.collected.reported_nodeid,
            status=ResultStatus.CANCELED,
            error=error,
            retry_count=len(self.attempts),
            earlier_errors=_errors(self.attempts),
            **_times(self.phases),
        )

    def _decided(
        self,
        status: ResultStatus,
        phase: Phase,
        *,
        phases: Sequence[Phase],
        earlier: Sequence[Sequence[Phase]],
    ) -> ItemOutcome:
        reruns = [phase.rerun for phase in phases if phase.rerun is not None]
        return ItemOutcome(
            nodeid=self.collected.reported_nodeid,
            status=status,
            error=phase.error,
            trace=phase.trace,
            is_assertion=phase.is_assertion,
            unchecked=phase.unchecked and status is ResultStatus.PASSED,
            retry_count=max([len(earlier), *reruns]),
            earlier_errors=_errors(earlier),
            worker=phases[-1].worker,
            evidence=next((one.evidence for one in phases if one.evidence), None),
            **_times(phases),
        )

    def release(self) -> None:
        """Drop what its cases no longer need: a run may have thousands."""
        self.phases, self.attempts = [], []


def _errors(attempts: Iterable[Sequence[Phase]]) -> tuple[str, ...]:
    return tuple(
        next((phase.error for phase in phases if phase.outcome == "rerun"), "")
        for phases in attempts
    )


class _Times(TypedDict, total=False):
    started: float
    stopped: float | None
    duration: float


def _times(phases: Sequence[Phase]) -> _Times:
    """Measured or absent: an item that never began has no times, one that crashed no end."""
    starts = [phase.started for phase in phases if phase.started is not None]
    stops = [phase.stopped for phase in phases if phase.stopped is not None]
    if not starts:
        return {}
    if any(phase.when == "crash" for phase in phases):
        return {"started": min(starts)}
    return {
        "started": min(starts),
        "stopped": max(stops, default=None),
        "duration": sum(phase.duration for phase in phases),
    }


class OutcomeTracker:
    """One per run; every event method returns the changes to report, oldest first."""

    def __init__(self, cases: Iterable[WantedCase]) -> None:
        self._open: dict[int, WantedCase] = {}
        self.open(cases)
        self._running: set[int] = set()
        self._items: dict[str, _ItemState] = {}
        self._of_case: dict[int, list[_ItemState]] = {}
        #: how many items of a case are not done yet.
        self._pending: Counter[int] = Counter()
        #: by execution case id, without evidence: what a summary needs.
        self.outcomes: dict[int, CaseFinished] = {}

    def open(self, cases: Iterable[WantedCase]) -> None:
        """Cases whose outcome is wanted from now on."""
        self._open.update((case.execution_case_id, case) for case in cases)

    @property
    def without_items(self) -> tuple[WantedCase, ...]:
        return tuple(case for key, case in self._open.items() if key not in self._of_case)

    def collected(self, items: Iterable[CollectedItem]) -> None:
        """The items of open cases. One that is done begins anew, for a case that came later."""
        for collected in items:
            item = self._items.get(collected.nodeid)
            if item is None or item.is_done:
                item = self._items[collected.nodeid] = _ItemState(collected)
            for key in collected.execution_case_ids:
                self._of_case.setdefault(key, []).append(item)
                self._pending[key] += 1

    def decide(
        self, case: WantedCase, status: ResultStatus, reason: str, trace: str = ""
    ) -> list[Change]:
        """The outcome of a case without items; of another nothing changes."""
        key = case.execution_case_id
        if key not in self._open or key in self._of_case:
            return []
        return [
            self._record(
                CaseFinished(
                    case=case, status=status, nodeid=case.nodeid, reason=reason, trace=trace
                )
            )
        ]

    def in_progress(self, nodeid: str) -> bool:
        """Whether an item has cases, and is not done."""
        item = self._items.get(nodeid)
        return item is not None and not item.is_done

    def announce(self, key: int, nodeid: str) -> list[Change]:
        """A case is about to run; the first time it is a change."""
        if key in self._running or key not in self._open:
            return []
        self._running.add(key)
        return [CaseRunning(case=self._open[key], nodeid=nodeid)]

    def forget(self, key: int) -> None:
        """A case that others see to gets no outcome here, unless it is opened again."""
        self._open.pop(key, None)
        self._running.discard(key)
        del self._pending[key]
        for item in self._of_case.pop(key, ()):
            del self._items[item.collected.nodeid]

    def forget_open(self) -> None:
        for key in tuple(self._open):
            self.forget(key)

    def forget_unbegun(self) -> None:
        for key in tuple(self._open):
            if not any(item.is_started for item in self._of_case.get(key, ())):
                self.forget(key)

    def started(self, nodeid: str) -> list[Change]:
        item = self._items.get(nodeid)
        if item is None or item.is_done:
            return []
        item.is_started = True
        fresh = [key for key in self._open_cases_of(item) if key not in self._running]
        self._running.update(fresh)
        return [
            CaseRunning(case=self._open[key], nodeid=item.collected.reported_nodeid)
            for key in fresh
        ]

    def unfinished_cases_of(self, nodeid: str) -> list[CaseRunning]:
        """The cases whose outcome an item may still change."""
        item = self._items.get(nodeid)
        if item is None:
            return []
        return [
            CaseRunning(case=self._open[key], nodeid=item.collected.reported_nodeid)
            for key in self._open_cases_of(item)
        ]

    def phase(self, phase: Phase) -> list[Change]:
        item = self._items.get(phase.nodeid)
        if item is None or item.is_done:
            return []
        item.add(phase)
        return list(self._completed_cases(item)) if item.is_done else []

    def finished(self, nodeid: str) -> list[Change]:
        item = self._items.get(nodeid)
        if item is None or item.is_done or not item.is_started:
            return []
        item.end_attempt()
        return list(self._completed_cases(item)) if item.is_done else []

    def close(self, reason: str) -> list[Change]:
        """The session is over: whatever is still open is decided now."""
        return [self._finish_case(key, reason) for key in tuple(self._open)]

    def _open_cases_of(self, item: _ItemState) -> list[int]:
        return [key for key in item.collected.execution_case_ids if key in self._open]

    def _completed_cases(self, item: _ItemState) -> Iterator[CaseFinished]:
        """Call once, when the item is done."""
        for key in self._open_cases_of(item):
            self._pending[key] -= 1
            if not self._pending[key]:
                yield self._finish_case(key, tr("it never ran"))

    def _finish_case(self, key: int, reason: str) -> CaseFinished:
        case, items = self._open[key], self._of_case.get(key, [])
        outcomes = tuple(item.outcome(reason) for item in items)
        if not outcomes:
            canceled = ResultStatus.CANCELED
            return self._record(
                CaseFinished(case=case, status=canceled, nodeid=case.nodeid, reason=reason)
            )
        nodeid = (
            items[0].collected.locator if len(items) > 1 else items[0].collected.reported_nodeid
        )
        status = worst(one.status for one in outcomes)
        final = self._record(CaseFinished(case=case, status=status, nodeid=nodeid, items=outcomes))
        for item in items:
            if not self._open_cases_of(item):
                item.release()
        return final

    def _record(self, final: CaseFinished) -> CaseFinished:
        del self._open[final.case.execution_case_id]
        items = tuple(dataclasses.replace(one, evidence=None) for one in final.items)
        self.outcomes[final.case.execution_case_id] = dataclasses.replace(final, items=items)
        return final
