"""One leg of a sharded execution: leased cases, announced before they begin. No pytest, no xdist.

What a leg has of the queue is decided in the session's thread; what the orchestrator answers comes
in the sender's thread, and waits in an inbox or opens a permit.
"""

import contextlib
import queue
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.outcomes import CollectedItem, OutcomeTracker
from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.execution.status import ENDED, LEG_STOPPED_BY
from pytest_sisyphus.i18n import marked, tr

#: seconds between two looks of somebody who waits, where nobody wakes him before.
LOOK_SECONDS: Final = 0.5
#: the word of a lease's answer for a leg that may be broken.
SUSPECT: Final = "suspect"
_SUSPECTED: Final = marked(
    "this machine gets nothing more for now: all it ran failed, while most passed on the others"
)


class Permits:
    """Which cases may begin: those whose announcement the orchestrator has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._confirmed: set[int] = set()
        self._waiting: dict[int, list[Callable[[], None]]] = defaultdict(list)

    def __contains__(self, key: int) -> bool:
        return key in self._confirmed

    def ask(self, key: int, give: Callable[[], None]) -> None:
        """`give` is called once, now or when the case may begin; by whichever thread."""
        with self._lock:
            if key not in self._confirmed:
                self._waiting[key].append(give)
                return
        give()

    def revoke(self, key: int) -> None:
        with self._lock:
            self._confirmed.discard(key)

    def grant(self, keys: Iterable[int]) -> None:
        with self._lock:
            self._confirmed.update(keys)
            gifts = [give for key in keys for give in self._waiting.pop(key, ())]
        for give in gifts:
            give()


class LegRun(ExecutionRun):
    """Its methods are for the session's thread, but for those that the sender calls."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._cases = {case.execution_case_id: case for case in self.execution.cases}
        self._tracker = OutcomeTracker(())
        self._items_of: dict[int, list[CollectedItem]] = defaultdict(list)
        self._deselected: set[int] = set()
        self._inbox: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        #: leased, and not yet among the tests to run.
        self._leased: list[WantedCase] = []
        self._ready: list[CollectedItem] = []
        self._is_asking = False
        self._is_closing = False
        self._ask_at = 0.0
        self._rejected: set[int] = set()
        #: every case that was leased and not taken back.
        self._given: set[int] = set()
        self._has_told_loss = False
        self._wake: Callable[[], None] = lambda: None
        #: interrupts what runs.
        self.interrupt: Callable[[str], None] = lambda _reason: None
        #: a line for whoever watches, in the session's thread.
        self.tell: Callable[[str], None] = lambda _line: None
        self.permits = Permits()
        #: of N legs, from 1; 0: the orchestrator has not said it yet.
        self.index = 0
        self.leases = 0
        self.leased_cases = 0
        self.is_drained = False
        #: cases of the execution that had an outcome at the last lease, where that was said; and
        #: how many there are.
        self.done_in_all: int | None = None
        self.total_in_all = len(self.execution.cases)

    @property
    def wanted(self) -> int:
        return self.leased_cases

    @property
    def is_decided(self) -> bool:
        """Not before the queue is drained: else a leg that breaks would have finished."""
        return self.is_drained and super().is_decided

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to take, and nothing will come."""
        return bool(self.lost_reason) or (
            self.is_drained and not self._ready and not self._leased and self._inbox.empty()
        )

    def wake_by(self, wake: Callable[[], None]) -> None:
        """`wake` is called, by the sender's thread, when there is something new to look at."""
        self._wake = wake

    # in the sender's thread

    def leased(self, answer: Mapping[str, Any]) -> None:
        self._inbox.put(answer)
        self._ring()

    def announced(self, confirmed: list[int], rejected: list[int]) -> None:
        self._rejected.update(rejected)
        self.permits.grant([*confirmed, *rejected])
        self._bell.put(None)

    def lost(self, reason: str) -> None:
        if not self._is_closing:  # then the leg is what ends
            self.lost_reason = self.lost_reason or reason
            self._ring()

    def fenced(self, reason: str) -> None:
        if not self._is_closing:
            self.is_fenced = True
            self.lost(reason)
            self.interrupt(reason)

    def refused(self, reason: str) -> None:
        """The orchestrator has taken the leg off: what it had begun runs again elsewhere, at once,
        or is still waited for, as the execution says."""
        (self.lost if self.execution.fence is None else self.fenced)(reason)

    def heard(self, answer: Mapping[str, Any]) -> None:
        """The data of any answer."""
        index = answer.get("shard_index")
        self.index = index if type(index) is int else self.index
        status, of_execution = answer.get("shard_status"), answer.get("execution_status")
        if isinstance(status, int) and status in LEG_STOPPED_BY:
            self.refused(tr(LEG_STOPPED_BY[status]))
        elif isinstance(of_execution, int) and of_execution in ENDED:
            self.lost(tr("the execution is over: it {ended}", ended=tr(ENDED[of_execution])))

    def _ring(self) -> None:
        self._bell.put(None)
        self._wake()

    # in the session's thread

    def collected(self, items: Iterable[CollectedItem], deselected: Iterable[int]) -> None:
        if self._is_collected:
            return
        self._is_collected = True
        self._deselected = set(deselected)
        for item in items:
            for key in item.execution_case_ids:
                self._items_of[key].append(
                    CollectedItem(
                        nodeid=item.nodeid,
                        reported_nodeid=item.reported_nodeid,
                        locator=item.locator,
                        execution_case_ids=(key,),
                    )
                )

    def take(
        self, *, is_idle: bool, choose: Callable[[Sequence[CollectedItem]], int] = lambda _: 0
    ) -> CollectedItem | None:
        """The next test, its case announced. None: there is none now (`is_over`: nor later). Only
        who is idle leases: what a busy one held back, others would wait for."""
        self._read_inbox()
        if self.lost_reason:
            return None
        waiting = []  # for the end of a test that runs for another case just now
        for case in self._leased:
            items = self._items_of[case.execution_case_id]
            if any(self._tracker.in_progress(item.nodeid) for item in items):
                waiting.append(case)
            else:
                self._tracker.collected(items)
                self._ready += items
        self._leased = waiting
        if not self._ready:
            is_due = is_idle and self._clock.tick() >= self._ask_at
            if is_due and not (self._is_asking or self.is_drained or self._leased):
                self._is_asking = True
                self._sender.lease(str(uuid.uuid4()))
            return None
        item = self._ready.pop(choose(self._ready))
        self._report(self._tracker.announce(item.execution_case_ids[0], item.reported_nodeid))
        return item

    def put_back(self, items: Sequence[CollectedItem]) -> None:
        """Have these run first: a worker that died had not begun them."""
        self._ready[:0] = items

    def is_rejected(self, item: CollectedItem) -> bool:
        """Whether the orchestrator has taken the case back: it is not to begin."""
        return item.execution_case_ids[0] in self._rejected

    def skip(self, item: CollectedItem) -> None:
        """Report nothing of its case, which is not this leg's any more."""
        self._tracker.forget(item.execution_case_ids[0])

    def wait(self) -> None:
        """Until the sender's thread has something new, LOOK_SECONDS at most. It may be interrupted,
        and changes nothing."""
        with contextlib.suppress(queue.Empty):
            self._bell.get(timeout=LOOK_SECONDS)

    def _read_inbox(self) -> None:
        while not self._bell.empty():
            self._bell.get()
        while not self._inbox.empty():
            self._accept(self._inbox.get())
        if self.lost_reason and not self._has_told_loss:
            self._has_told_loss = True
            self.tell(tr("nothing more begins here: {reason}", reason=self.lost_reason))

    def _accept(self, answer: Mapping[str, Any]) -> None:
        self._is_asking = False
        keys = answer["items"]
        if strange := self._strange(keys):
            self.lost(strange)
            return
        self.is_drained = bool(answer["drained"])
        shortest = 0 if keys else LOOK_SECONDS
        self._ask_at = self._clock.tick() + max(shortest, answer.get("wait_seconds") or 0)
        if type(done := answer.get("done")) is int:
            self.done_in_all = done
            if type(total := answer.get("total")) is int:
                self.total_in_all = total
            if keys:
                self.tell(
                    tr(
                        "{here} here, {done} of {total} in all",
                        here=len(self._tracker.outcomes),
                        done=done,
                        total=self.total_in_all,
                    )
                )
        if answer.get("message") == SUSPECT:
            self.tell(tr(_SUSPECTED))
        cases = [self._cases[key] for key in keys]
        self._given.update(keys)
        self.leases += bool(cases)
        self.leased_cases += len(cases)
        self._tracker.open(cases)
        for case in cases:
            if self._items_of[case.execution_case_id]:
                self._leased.append(case)
            else:
                absent = self._outcome_of_absent(case, self._deselected)
                self._report(self._tracker.decide(case, *absent))

    def _strange(self, keys: Sequence[int]) -> str:
        """What must not be run of a lease; empty: all of it may."""
        for key in keys:
            if key not in self._cases:
                return tr("the orchestrator leased case row {row}, which it did not list", row=key)
            if key in self._rejected:  # taken back before, and given again
                self._rejected.discard(key)
                self._given.discard(key)
                self.permits.revoke(key)
        again = self._given.intersection(keys)
        again.update(key for key, times in Counter(keys).items() if times > 1)
        if again:
            return tr("the orchestrator leased case row {row} twice", row=min(again))
        return ""

    def _decide_the_rest(self, reason: str, *, is_aborted: bool) -> None:
        """What was not begun goes back to the queue, but when the session ends as it was told to
        (`-x`): then the leg answers for what it leased."""
        self._is_closing = True
        self._read_inbox()
        if self.is_fenced:
            self._tracker.forget_open()
        elif is_aborted or self.lost_reason:
            self._tracker.forget_unbegun()
        super()._decide_the_rest(reason, is_aborted=is_aborted)
