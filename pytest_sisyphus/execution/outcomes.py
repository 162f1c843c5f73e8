"""What became of each case: events of the session go in, `Running` and `Final` come out.

Pure: knows no pytest, no clock, no network. Whatever order the events come in and wherever they
stop, every case gets exactly one `Final`, and nothing of it after that.

An item is done when its attempt ended (`finished`) without asking for another, or when its worker
crashed; a case is done when all its items are. What is not done when the session ends is decided
by `close`.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict

from .pulled import WantedCase
from .status import CaseStatus, worst

When = Literal["setup", "call", "teardown", "crash"]
PhaseOutcome = Literal["passed", "failed", "skipped", "rerun"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Phase:
    """One report of pytest's, in plain words."""

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
    steps: tuple[Mapping[str, Any], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class CollectedItem:
    nodeid: str
    #: as the platform shall know it: without what schedulers append.
    shown: str
    #: where to find it again, without parameters: the case's node id where it has several items.
    locator: str
    execution_case_ids: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ItemOutcome:
    nodeid: str
    status: CaseStatus
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
    steps: tuple[Mapping[str, Any], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Running:
    case: WantedCase
    nodeid: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Final:
    case: WantedCase
    status: CaseStatus
    nodeid: str
    #: why, where no item can tell.
    reason: str = ""
    trace: str = ""
    items: tuple[ItemOutcome, ...] = ()

    @property
    def retry_count(self) -> int:
        return max((item.retry_count for item in self.items), default=0)


Change = Running | Final

#: read from the top: the first line that fits an attempt's phases is its status. A failed teardown
#: turns a pass (or a skip) into a failure, but a test that its fixtures blocked stays blocked.
_VERDICTS: tuple[tuple[When, PhaseOutcome, CaseStatus], ...] = (
    ("crash", "failed", CaseStatus.FAILED),
    ("call", "failed", CaseStatus.FAILED),
    ("setup", "failed", CaseStatus.BLOCKED),
    ("teardown", "failed", CaseStatus.FAILED),
    ("setup", "skipped", CaseStatus.SKIPPED),
    ("call", "skipped", CaseStatus.SKIPPED),
    ("call", "passed", CaseStatus.PASSED),
)


def _verdict(phases: Sequence[Phase]) -> tuple[CaseStatus, Phase] | None:
    for when, outcome, status in _VERDICTS:
        for phase in phases:
            if (phase.when, phase.outcome) == (when, outcome):
                return status, phase
    return None


class _Item:
    def __init__(self, collected: CollectedItem) -> None:
        self.collected = collected
        self.phases: list[Phase] = []
        self.attempts: list[list[Phase]] = []
        self.begun = False
        self.done = False

    def add(self, phase: Phase) -> None:
        self.phases.append(phase if self.begun else _before_it_began(phase))
        self.begun = True
        if phase.when == "crash":
            self.end_attempt()

    def end_attempt(self) -> None:
        if any(phase.outcome == "rerun" for phase in self.phases):
            self.attempts.append(self.phases)
            self.phases = []
        else:
            self.done = True

    def outcome(self, reason: str) -> ItemOutcome:
        verdict = _verdict(self.phases)
        if verdict is not None and (self.done or self._is_settled(verdict[0])):
            return self._decided(*verdict, phases=self.phases, earlier=self.attempts)
        if not self.phases and self.attempts:
            return self._last_attempt()
        return ItemOutcome(
            nodeid=self.collected.shown,
            status=CaseStatus.CANCELED,
            error=self._why_undecided(reason),
            retry_count=len(self.attempts),
            earlier_errors=_errors(self.attempts),
            **_times(self.phases),
        )

    def _why_undecided(self, reason: str) -> str:
        if self.done:
            return "it was set up and torn down, but not called (as by --setup-only)"
        return f"interrupted while it ran: {reason}" if self.begun else reason

    def _is_settled(self, status: CaseStatus) -> bool:
        """A pass that nobody saw torn down is no pass; a failure stays one whatever follows."""
        torn_down = any(phase.when == "teardown" for phase in self.phases)
        return torn_down or status in {CaseStatus.FAILED, CaseStatus.BLOCKED}

    def _last_attempt(self) -> ItemOutcome:
        """It was to be tried again, but the session ended: the failure is what we saw."""
        *earlier, last = self.attempts
        failed = [
            dataclasses.replace(phase, outcome="failed") if phase.outcome == "rerun" else phase
            for phase in last
        ]
        verdict = _verdict(failed) or (CaseStatus.FAILED, failed[-1])
        return self._decided(*verdict, phases=failed, earlier=earlier)

    def _decided(
        self,
        status: CaseStatus,
        phase: Phase,
        *,
        phases: Sequence[Phase],
        earlier: Sequence[Sequence[Phase]],
    ) -> ItemOutcome:
        told = [phase.rerun for phase in phases if phase.rerun is not None]
        return ItemOutcome(
            nodeid=self.collected.shown,
            status=status,
            error=phase.error,
            trace=phase.trace,
            is_assertion=phase.is_assertion,
            unchecked=phase.unchecked and status is CaseStatus.PASSED,
            retry_count=max([len(earlier), *told]),
            earlier_errors=_errors(earlier),
            steps=next((one.steps for one in phases if one.steps), ()),
            **_times(phases),
        )


def _before_it_began(phase: Phase) -> Phase:
    """A worker that dies between two tests takes the next along: nothing of that one ran."""
    if (phase.when, phase.outcome) != ("crash", "failed"):
        return phase
    return dataclasses.replace(phase, when="setup", error=f"before the test began: {phase.error}")


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
    """Measured or absent: nobody saw when a crashed item ended; one that never began has none."""
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


class Ledger:
    """One per run; every event method returns what is to be told, oldest first."""

    def __init__(self, cases: Iterable[WantedCase]) -> None:
        self._open = {case.execution_case_id: case for case in cases}
        self._running: set[int] = set()
        self._items: dict[str, _Item] = {}
        self._of_case: dict[int, list[_Item]] = {}
        #: how many items of a case are not done yet.
        self._pending: Counter[int] = Counter()
        self.finals: dict[int, Final] = {}

    @property
    def without_items(self) -> tuple[WantedCase, ...]:
        return tuple(case for key, case in self._open.items() if key not in self._of_case)

    def collected(self, items: Iterable[CollectedItem]) -> None:
        """Once: xdist's workers all collect the same, or the run is refused."""
        for collected in items:
            item = self._items.setdefault(collected.nodeid, _Item(collected))
            for key in collected.execution_case_ids:
                self._of_case.setdefault(key, []).append(item)
                self._pending[key] += 1

    def decide(
        self, case: WantedCase, status: CaseStatus, reason: str, trace: str = ""
    ) -> list[Change]:
        """The outcome of a case that no item can bring."""
        key = case.execution_case_id
        if key not in self._open or key in self._of_case:
            return []
        return [
            self._final(
                Final(case=case, status=status, nodeid=case.nodeid, reason=reason, trace=trace)
            )
        ]

    def started(self, nodeid: str) -> list[Change]:
        item = self._items.get(nodeid)
        if item is None or item.done:
            return []
        item.begun = True
        fresh = [key for key in self._keys(item) if key not in self._running]
        self._running.update(fresh)
        return [Running(case=self._open[key], nodeid=item.collected.shown) for key in fresh]

    def of_item(self, nodeid: str) -> list[Running]:
        """The cases whose outcome an item may still change."""
        item = self._items.get(nodeid)
        if item is None:
            return []
        return [
            Running(case=self._open[key], nodeid=item.collected.shown) for key in self._keys(item)
        ]

    def phase(self, phase: Phase) -> list[Change]:
        item = self._items.get(phase.nodeid)
        if item is None or item.done:
            return []
        item.add(phase)
        return list(self._ripe(item)) if item.done else []

    def finished(self, nodeid: str) -> list[Change]:
        item = self._items.get(nodeid)
        if item is None or item.done or not item.begun:
            return []
        item.end_attempt()
        return list(self._ripe(item)) if item.done else []

    def close(self, reason: str) -> list[Change]:
        """The session is over: whatever is still open is decided now."""
        return [self._concluded(key, reason) for key in tuple(self._open)]

    def _keys(self, item: _Item) -> list[int]:
        return [key for key in item.collected.execution_case_ids if key in self._open]

    def _ripe(self, item: _Item) -> Iterator[Final]:
        """To be asked once, when the item is done."""
        for key in self._keys(item):
            self._pending[key] -= 1
            if not self._pending[key]:
                yield self._concluded(key, "it never ran")

    def _concluded(self, key: int, reason: str) -> Final:
        case, items = self._open[key], self._of_case.get(key, [])
        outcomes = tuple(item.outcome(reason) for item in items)
        if not outcomes:
            canceled = CaseStatus.CANCELED
            return self._final(Final(case=case, status=canceled, nodeid=case.nodeid, reason=reason))
        nodeid = items[0].collected.locator if len(items) > 1 else items[0].collected.shown
        status = worst(one.status for one in outcomes)
        return self._final(Final(case=case, status=status, nodeid=nodeid, items=outcomes))

    def _final(self, final: Final) -> Final:
        del self._open[final.case.execution_case_id]
        self.finals[final.case.execution_case_id] = final
        return final
