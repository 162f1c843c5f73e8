"""Answers that are not the contract's: a leg ends in bounded time, says why, runs nothing twice."""

import math
import threading
from datetime import datetime

import pytest
from scripted_orchestrator import ReplyError
from sharded_orchestrator import LEASE, ShardedOrchestrator

from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.case_lookup import CaseLocations
from pytest_sisyphus.execution.client import CallFailed
from pytest_sisyphus.execution.contract import read_execution
from pytest_sisyphus.execution.delivery import DeliveryQueue
from pytest_sisyphus.execution.endpoints import (
    FINISH,
    HEARTBEAT,
    PULL,
    RESULT,
    START,
    contract_violation,
)
from pytest_sisyphus.execution.leftovers import Leftovers
from pytest_sisyphus.execution.leg import LegRun
from pytest_sisyphus.execution.outcomes import CollectedItem, Phase
from pytest_sisyphus.execution.spool import Spool
from pytest_sisyphus.execution.status import FinalStatus

CASES = range(101, 107)
#: seconds that an orchestrator may be away, and that the end of a session may take.
ABSENCE, FLUSH = 60.0, 20.0
#: what a leg does at most until it ends: more is a loop without one.
STEPS = 20_000
MISSING = object()
ANYTHING = [
    *(MISSING, None, True, "x", "101", -1, 0, 0.5, 10**30, 1e300, math.inf, math.nan),
    *([], {}, [None], [[]], [{}], [101], [101, 101], [999], ["101"], [True], [101.0]),
    *({"execution_case_id": key} for key in (101, [], None)),
    *([{"execution_case_id": key}] for key in (101, 999, "101", None, True, [], {}, 101.0)),
    [{"execution_case_id": 101, "reason": "no\x1b[2J\n" * 100_000}],
    "x" * 1_000_000,
]
FIELDS = [
    *((START, name) for name in ("shard_index", "shard_total")),
    *((LEASE, name) for name in ("items", "wait_seconds", "drained", "done", "total", "message")),
    (RESULT, "rejected"),
    (FINISH, "missing"),
    *((path, "execution_status") for path in (START, LEASE, RESULT, FINISH, HEARTBEAT)),
    *((path, "shard_status") for path in (START, LEASE, RESULT, FINISH, HEARTBEAT)),
]


class Clock:
    def __init__(self):
        self.time = 0.0

    def now(self):
        return datetime(2026, 1, 1)  # noqa: DTZ001  as the clock of a run

    def tick(self):
        return self.time

    def wait(self, event: threading.Event, seconds):
        self.time += seconds


class Spoilt:
    """A client whose orchestrator puts `value` into a field of its answers, so many times."""

    def __init__(self, orchestrator, path, field, value, times):
        self.orchestrator = orchestrator
        self._spoilt = (path, field, value)
        self._left = times

    def post(self, path, body, _timeout):
        try:
            data = self.orchestrator.answer(
                path, body, {"X-CALLBACK-TOKEN": self.orchestrator.token}
            )
        except ReplyError as reply:
            raise CallFailed(reply.msg, http_status=reply.status) from reply
        which, field, value = self._spoilt
        if path == which and self._left:
            self._left -= 1
            data = {name: one for name, one in data.items() if name != field}
            data |= {} if value is MISSING else {field: value}
        if wrong := contract_violation(path, data):
            raise CallFailed(f"it answered: {wrong}", http_status=200, transient=True)
        return data


class Sent:
    """A sender without a thread."""

    def __init__(self, queue, clock):
        self._queue, self._clock = queue, clock
        self.start, self.result = queue.start, queue.result
        self.lease, self.end = queue.lease, queue.end

    def begin(self):
        pass

    def step(self):
        """As the sender's thread does."""
        try:
            pause = self._queue.step()
        except Exception as error:  # noqa: BLE001  likewise
            pause = self._queue.record_failure(error) or 0.0
        self._clock.time += pause or 0.0
        return pause

    def flush(self, seconds):
        self._queue.drain(seconds)
        for _ in range(STEPS):
            if self.step() is None:
                return self._queue.stats
        raise AssertionError("the end of the session has no end")


def _item(key):
    name = f"t.py::t[{key}]"
    return CollectedItem(nodeid=name, reported_nodeid=name, locator=name, execution_case_ids=(key,))


class Leg:
    """As the serial loop has it, with tests that only say that they began."""

    def __init__(self, folder, path, field, value, times):
        self.orchestrator = ShardedOrchestrator()
        self.orchestrator.want(*CASES, run_mode=2)
        page = self.orchestrator.answer(
            PULL, {"executionId": 13}, {"X-CALLBACK-TOKEN": self.orchestrator.token}
        )
        self.clock = Clock()
        self.begun = []
        queue = DeliveryQueue(
            Spoilt(self.orchestrator, path, field, value, times),
            execution_id=13,
            runner_id="run",
            clock=self.clock,
            backoff=Backoff(longest=5.0, chance=lambda: 1.0),
            longest_absence=ABSENCE,
            since_boot=self.clock.tick,
        )
        self.sender = Sent(queue, self.clock)
        self.run = LegRun(
            read_execution(page, page["items"]),
            CaseLocations(files=None, files_of_case={}),
            runner_id="run",
            url="http://it",
            sender=self.sender,
            spool=Spool(folder / "spool.jsonl", {}),
            leftovers=Leftovers(results={}, spools=()),
            clock=self.clock,
        )
        queue.subscribe(on_response=self.run.heard, on_conflict=self.run.lost, leg=self.run)

    def play(self):
        self.run.begin({"slots": 1})
        self.run.collected(map(_item, CASES), ())
        current = None
        for _ in range(STEPS):
            current = current or self.run.take(is_idle=True)
            if current is None and self.run.is_over:
                break
            if current is not None and self.run.lost_reason:
                break
            if current is not None and current.execution_case_ids[0] in self.run.permits:
                self._meet(current)
                current = None
            self.sender.step()
        else:
            raise AssertionError("the leg has no end")
        reason = self.run.lost_reason
        self.run.close(
            reason=reason or "over",
            abort=FinalStatus.CANCELED if reason else None,
            flush_seconds=FLUSH,
        )

    def _meet(self, item):
        if self.run.is_rejected(item):
            self.run.skip(item)
            return
        self.begun += item.execution_case_ids
        self.run.started(item.nodeid)
        for when in ("setup", "call", "teardown"):
            self.run.phase(Phase(nodeid=item.nodeid, when=when, outcome="passed", duration=0.1))
        self.run.finished(item.nodeid)


@pytest.mark.parametrize("times", [1, math.inf], ids=["once", "always"])
@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_whatever_an_answer_says_a_leg_ends_and_runs_nothing_twice(tmp_path, path, field, times):
    for value in ANYTHING:
        if (path, field, value, times) == (LEASE, "items", [], math.inf):
            continue  # what other legs hold may come back, says a well-formed answer
        leg = Leg(tmp_path, path, field, value, times)

        leg.play()

        what = f"{path} {field} {str(value)[:80]}"
        reason = leg.run.lost_reason
        assert len(leg.begun) == len(set(leg.begun)), what
        assert leg.orchestrator.foul == [], what
        assert leg.clock.time < 3 * 3600, what
        assert len(reason) < 300, what
        assert reason.isprintable(), what
        assert reason or leg.run.is_over, what
