"""Looks after the runs of legs: has them triggered, asks how they are, stops who is not needed.

All work is taken from the rows: a service that starts again, or another one beside it, goes on.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from orchestrator.clock import Clock
from orchestrator.concurrency.outage import Outage
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.errors import Unavailable
from orchestrator.executions import finalize, legs
from orchestrator.executions.leg_runs import LegRuns, run_of_leg
from orchestrator.i18n import in_language, tr
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.processes import Process
from orchestrator.runners.protocol import Run, RunPhase, RunState
from orchestrator.runs import status
from orchestrator.runs.watchdog import CUT_SHORT, Watchdog
from orchestrator.status import OPEN, ExecutionStatus
from orchestrator.store import executions, leg_runs, transitions
from orchestrator.store.leg_runs import Followed
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.legs")

NOBODY: Final = tr("服务进程已退出，执行机已不存在该任务")
#: seconds between two rounds, however much there is to do.
_PAUSE: Final = 0.2


class LegWatch:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        gateway: RunnerGateway,
        clock: Clock,
        *,
        leg_runs: LegRuns,
        watchdog: Watchdog,
        instance_id: str,
        interval: float,
    ) -> None:
        self._database = database
        self._writer = writer
        self._gateway = gateway
        self._clock = clock
        self._leg_runs = leg_runs
        self._watchdog = watchdog
        self._me = instance_id
        self._interval = interval
        #: the runs of legs that had not started when they were seen last.
        self._waiting: dict[int, Run] = {}
        self._executions: Collection[int] = frozenset()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sisyphus-legs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, patience: float | None = None) -> None:
        self._closed.set()
        self._leg_runs.wanted.set()
        self._thread.join(patience)

    def changed(self, execution_ids: frozenset[int]) -> None:
        """Of one with legs: one may be lost, and be replaced, or not be needed any more."""
        if not execution_ids.isdisjoint(self._executions):
            self._leg_runs.wanted.set()

    def _loop(self) -> None:
        wanted, next_look = self._leg_runs.wanted, time.monotonic() + self._interval
        outage = Outage(log, "legs: a round failed")
        while not self._closed.wait(_PAUSE):
            wanted.wait(max(0.0, next_look - time.monotonic()))
            wanted.clear()
            is_due = time.monotonic() >= next_look  # however often it is woken
            if is_due:
                next_look = time.monotonic() + self._interval
            try:
                self.round(ask=is_due and not self._gateway.is_polled)
                outage.succeeded()
            except Unavailable as error:  # as in `Background`
                outage.failed(in_language(error.message, "en"))
            except Exception:  # a background loop: the next round must come
                log.exception("legs: a round failed")

    def round(self, *, ask: bool) -> None:
        """Trigger who waits for it, stop who is not needed; `ask`: look how each one is."""
        for shard_id in self._leg_runs.untriggered():
            if self._closed.is_set():
                return
            self._leg_runs.trigger(shard_id)
        with self._database.reading() as session:
            there = leg_runs.open_of(session, self._gateway.name)
            ended = leg_runs.not_needed(session, self._waiting) if self._waiting else ()
        for shard_id in ended:
            self._gateway.cancel(self._waiting[shard_id])
        self._executions = frozenset(one.leg.execution_id for one in there)
        self._waiting = {one.leg.id: run_of_leg(one) for one in there if not one.leg.start_time}
        if ask:
            for one in there:
                self.look(one)

    def look_at(self, execution_id: int) -> None:
        """Ask how each leg of an execution is, now."""
        with self._database.reading() as session:
            execution = executions.get(session, execution_id)
            there = leg_runs.of_execution(session, execution)
        for one in there:
            if execution.runner == self._gateway.name:
                self.look(one)

    def look(self, followed: Followed) -> RunState | None:
        """Ask how it is, and store what is new; None: it cannot be told here."""
        leg = followed.leg
        is_mine = not self._gateway.is_process_runner or leg.owner in (None, self._me)
        if not is_mine or leg.callback_token_hash is None:
            return None
        try:
            state = self._gateway.state(run_of_leg(followed))
            if self._is_news(leg, state):
                self._writer.run(lambda session: self._store(session, leg.id, state))
        except Unavailable:
            raise
        except Exception:  # a background loop: one bad row must not stop those behind it
            log.exception(
                "execution %d, leg %d could not be looked at", leg.execution_id, leg.shard_index
            )
            return RunState(phase=RunPhase.NOT_FOUND)
        return state

    def _is_news(self, leg: ExecutionShard, state: RunState) -> bool:
        if status.changes(leg, state) or status.is_found(leg, state):
            return True
        over = state.phase is RunPhase.CANCELED or self._watchdog.gone_reason(leg, state)
        return leg.status in OPEN and bool(over or self._watchdog.is_cut_short(leg))

    def _store(self, session: WriteSession, shard_id: int, state: RunState) -> None:
        """Judged again with the row held: a heartbeat may have been quicker."""
        held, now = leg_runs.lock(session, shard_id), self._clock.now()
        execution, leg = held.execution, held.leg
        fields, is_over = status.changes(leg, state), finalize.is_over(execution)
        if status.is_found(leg, state) and not is_over:
            legs.accepted(session, execution, shard_id, now, **fields)
        elif fields:
            leg_runs.update_fields(session, leg, now, **fields)
        if leg.status not in OPEN or is_over:
            return
        if state.phase is RunPhase.CANCELED:
            legs.stopped(session, execution, shard_id, now, reason=state.reason)
        elif reason := self._watchdog.gone_reason(leg, state):
            legs.lose(session, execution, shard_id, now, reason=reason)
        elif state.updates is None and self._watchdog.is_cut_short(leg):
            legs.refused(session, execution, shard_id, now, CUT_SHORT)

    def take_over(self, execution: Execution, adopt: Callable[[Run], bool] | None) -> None:
        """Its service process is gone: adopt the legs whose processes go on here, have those
        triggered again that never started; `adopt` is None where this runner cannot, and nobody
        else will. What was done of it once is left as it is."""
        if adopt is None:
            self._writer.run(partial(self._replace_none, execution_id=execution.id))
        with self._database.reading() as session:
            there = leg_runs.of_execution(session, execution)
        for one in there:
            if one.leg.owner != self._me and (adopt is None or one.leg.owner is not None):
                self._take_over_leg(one, adopt)
        self._leg_runs.wanted.set()

    def _take_over_leg(self, one: Followed, adopt: Callable[[Run], bool] | None) -> None:
        leg, run, process = one.leg, run_of_leg(one), Process.parse(one.leg.process)
        is_running = leg.status == ExecutionStatus.RUNNING
        if adopt and process is None and not is_running:
            self._writer.run(partial(self._trigger_again, shard_id=leg.id))
        elif adopt and process is not None and process.is_here:
            if run.key not in self._gateway.running() and not adopt(run):
                self._watchdog.runner_gone(run.key, self._gateway.exit_reason(run))
            self._writer.run(partial(self._own, shard_id=leg.id))
        elif not is_running:  # else what reports to us goes on under its lease
            self._watchdog.runner_gone(run.key, NOBODY)

    def _replace_none(self, session: WriteSession, execution_id: int) -> None:
        executions.lock(session, execution_id)
        transitions.update_fields(session, execution_id, self._clock.now(), shard_relaunch=0)

    def _trigger_again(self, session: WriteSession, shard_id: int) -> None:
        leg = leg_runs.lock(session, shard_id).leg  # its `start` may have been quicker
        is_taken = leg.owner == self._me
        if leg.status in legs.EXPECTED and leg.process is None and not is_taken:
            again = {"status": int(ExecutionStatus.TRIGGERING), "callback_token_hash": None}
            leg_runs.update_fields(session, leg, self._clock.now(), **again)

    def _own(self, session: WriteSession, shard_id: int) -> None:
        leg = leg_runs.lock(session, shard_id).leg
        leg_runs.update_fields(session, leg, self._clock.now(), owner=self._me)
