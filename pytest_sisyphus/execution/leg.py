"""One leg of a sharded execution: leased cases, announced before they begin. No pytest, no xdist.

What a leg has of the queue is decided in the session's thread; what the orchestrator answers comes
in the sender's thread, and waits in an inbox or opens a permit.
"""

import contextlib
import queue
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.outcomes import CollectedItem, OutcomeTracker
from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.execution.status import ENDED, LEG_STOPPED_BY

#: seconds between two looks of somebody who waits, where nobody wakes him before.
LOOK_SECONDS: Final = 0.5


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
        self._wake: Callable[[], None] = lambda: None
        #: interrupts what runs.
        self.interrupt: Callable[[str], None] = lambda _reason: None
        self.permits = Permits()
        #: of N legs, from 1; 0: the orchestrator has not said it yet.
        self.index = 0
        self.leases = 0
        self.leased_cases = 0
        self.is_drained = False
        #: cases of the execution that had an outcome at the last lease, where that was said.
        self.done_in_all: int | None = None

    @property
    def wanted(self) -> int:
        return self.leased_cases

    @property
    def is_decided(self) -> bool:
        """Not before the queue is drained: else a leg that breaks would have finished."""
        return self.is_drained and super().is_decided

    @property
    def is_over(self) -> bool:
        """Nothing is left to take, and nothing will come."""
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
            self.lost(reason)
            self.interrupt(reason)

    def heard(self, answer: Mapping[str, Any]) -> None:
        """The data of any answer."""
        self.index = answer.get("shard_index") or self.index
        status, of_execution = answer.get("shard_status"), answer.get("execution_status")
        if isinstance(status, int) and status in LEG_STOPPED_BY:
            self.lost(LEG_STOPPED_BY[status])
        elif isinstance(of_execution, int) and of_execution in ENDED:
            self.lost(f"the execution is over: it {ENDED[of_execution]}")

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
        self._prepare()
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
        """Of a worker that died: what it had not begun."""
        self._ready[:0] = items

    def is_rejected(self, item: CollectedItem) -> bool:
        """Whether the orchestrator has taken the case back: it is not to begin."""
        return item.execution_case_ids[0] in self._rejected

    def skip(self, item: CollectedItem) -> None:
        """It is not ours any more: nothing is said of its case."""
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

    def _accept(self, answer: Mapping[str, Any]) -> None:
        self._is_asking = False
        self.is_drained = bool(answer["drained"])
        self._ask_at = self._clock.tick() + float(answer.get("wait_seconds") or 0)
        if isinstance(done := answer.get("done"), int):
            self.done_in_all = done
        cases = [self._cases[key] for key in answer["items"] if key in self._cases]
        self.leases += bool(cases)
        self.leased_cases += len(cases)
        self._tracker.open(cases)
        for case in cases:
            if self._items_of[case.execution_case_id]:
                self._leased.append(case)
            else:
                absent = self._outcome_of_absent(case, self._deselected)
                self._report(self._tracker.decide(case, *absent))

    def _prepare(self) -> None:
        """A case whose test runs for another case just now has to wait."""
        left = []
        for case in self._leased:
            items = self._items_of[case.execution_case_id]
            if any(self._tracker.in_progress(item.nodeid) for item in items):
                left.append(case)
            else:
                self._tracker.collected(items)
                self._ready += items
        self._leased = left

    def _decide_the_rest(self, reason: str, *, is_aborted: bool) -> None:
        """What was not begun goes back to the queue, but when the session ends as it was told to
        (`-x`): then the leg answers for what it leased."""
        self._is_closing = True
        self._read_inbox()
        if is_aborted or self.lost_reason:
            self._tracker.forget_unbegun()
        super()._decide_the_rest(reason, is_aborted=is_aborted)
