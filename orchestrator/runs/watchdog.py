"""Executions fallen silent are closed: the runner ended, vanished, or let its lease run out."""

import datetime as dt
import logging
from functools import partial
from typing import Final

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.errors import Unavailable
from orchestrator.executions import finalize
from orchestrator.executions import legs as leg_moves
from orchestrator.i18n import tr
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.protocol import RunKey, RunPhase, RunState
from orchestrator.runs.status import RunnerStatus
from orchestrator.status import EndedHow, Event, ExecutionStatus
from orchestrator.store import executions, leg_runs, legs, transitions
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.watchdog")

_BATCH: Final = 100
_TRIGGERING: Final = (ExecutionStatus.WAITING, ExecutionStatus.TRIGGERING)
_AT_RUNNER: Final = (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)
CUT_SHORT: Final = tr("触发过程中断")
#: how long a runner may be out of reach before what waits there is given up.
_OUT_OF_REACH: Final = dt.timedelta(hours=1)


class Watchdog:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        gateway: RunnerGateway,
        *,
        runner_status: RunnerStatus,
        clock: Clock,
        lease: float,
        instance_id: str,
    ) -> None:
        self._database = database
        self._writer = writer
        self._gateway = gateway
        self._runner_status = runner_status
        self._clock = clock
        self._lease = dt.timedelta(seconds=lease)
        self._me = instance_id
        #: running executions that were closed because nobody renewed their lease.
        self.expiries = 0
        #: while this service was not there, nobody could renew a lease.
        self._since = clock.now()

    def runner_gone(self, run: RunKey | int, reason: str) -> None:
        """The runner says that the run ended; nothing happens when that is known already."""
        why, key = self._gateway.mask(reason), RunKey.of(run)

        def work(session: WriteSession) -> None:
            execution = executions.lock(session, key.execution_id)
            now, how = self._clock.now(), EndedHow.RUNNER
            if key.shard_id:
                leg_moves.lose(session, execution, key.shard_id, now, reason=why, how=how)
            elif not finalize.is_over(execution):
                finalize.complete(session, execution, now, reason=why, how=how)

        self._writer.run(work)

    def runner_started(self, run: RunKey | int, process: str) -> None:
        """The runner says which process has the run, so that another service can find it again."""
        key, now = RunKey.of(run), self._clock.now()

        def work(session: WriteSession) -> None:
            if key.shard_id:
                leg = leg_runs.lock(session, key.shard_id).leg
                leg_runs.update_fields(session, leg, now, process=process)
            else:
                transitions.update_fields(session, key.execution_id, now, process=process)

        self._writer.run(work)

    def round(self) -> int:
        """Look at the rows; a polled runner is asked by the poller, in a thread of its own."""
        return self.sweep(ask=not self._gateway.is_polled)

    def sweep(self, *, ask: bool = True) -> int:
        """Look at every open execution; how many were closed."""
        closed, after = 0, 0
        while True:
            with self._database.reading() as session:
                batch = executions.unfinished(session, after=after, limit=_BATCH)
            if not batch:
                return closed
            for execution in batch:
                try:
                    closed += self.check(execution, ask=ask)
                except Unavailable:
                    raise
                except Exception:  # a background loop: one bad row must not stop those behind it
                    log.exception("execution %d could not be looked at", execution.id)
            after = batch[-1].id

    def check(self, execution: Execution, *, ask: bool = True) -> bool:
        """Close this one if its runner is gone; whether it was."""
        if execution.shard_total > 1:
            return self._check_legs(execution)
        mine = ask and self._is_mine(execution)
        state = self._runner_status.refresh(execution) if mine else None
        return self.close_if_gone(execution, state)

    def _check_legs(self, execution: Execution) -> bool:
        """It ends with its legs, but where its own trigger was cut short; whether it was."""
        self._lose_silent_legs(execution)
        with self._database.reading() as session:
            newest = legs.newest(session, execution.id)
        untriggered = [leg for leg in newest if leg.status in _TRIGGERING]
        for leg in untriggered:
            if self._is_past(leg.updated_time, _OUT_OF_REACH):
                self._writer.run(partial(self._give_up, shard_id=leg.id))
        return not untriggered and self.close_if_gone(execution, None)

    def _give_up(self, session: WriteSession, shard_id: int) -> None:
        """No service asks its runner for it: those that run have another one."""
        held, now = leg_runs.lock(session, shard_id), self._clock.now()
        leg = held.leg
        if leg.status in _TRIGGERING and self._is_past(leg.updated_time, _OUT_OF_REACH):
            leg_moves.refused(session, held.execution, shard_id, now, CUT_SHORT)

    def _lose_silent_legs(self, execution: Execution) -> None:
        """Those whose lease ran out: each has its own, their execution has none."""
        if self._clock.now() <= self._since + self._lease:
            return
        with self._database.reading() as session:
            silent = legs.silent(
                session, execution.id, self._clock.now() - leg_moves.patience(execution)
            )
        for shard_id in silent:

            def work(session: WriteSession, shard_id: int = shard_id) -> bool:
                """Looked at again with the row held: a heartbeat may have been quicker."""
                held, now = executions.lock(session, execution.id), self._clock.now()
                if shard_id not in legs.silent(session, held.id, now - leg_moves.patience(held)):
                    return False
                why, how = self._silence(), EndedHow.LEASE
                leg_moves.lose(session, held, shard_id, now, reason=why, how=how)
                return True

            if self._writer.run(work):
                self.expiries += 1
                log.warning("execution %d: a leg was lost (row %d)", execution.id, shard_id)

    def close_if_gone(self, execution: Execution, state: RunState | None) -> bool:
        """Close it if this, or the row alone, says that nobody is there; whether it was."""
        reason = self.gone_reason(execution, state) if state else ""
        if not reason and not self._silence_reason(execution):
            return False
        number = execution.id

        def work(session: WriteSession) -> bool:
            """Looked at again with the row held: a heartbeat may have been quicker."""
            held = executions.lock(session, number)
            why = reason or self._silence_reason(held)
            if finalize.is_over(held) or not why:
                return False
            now, how = self._clock.now(), EndedHow.RUNNER if reason else EndedHow.LEASE
            if held.status in _TRIGGERING and held.lease_until is None:
                to, ended = ExecutionStatus.TRIGGER_FAILED, finalize.Ended(how=how)
                event = Event.REFUSE
                finalize.abort(session, held, to, now, event=event, ended=ended, message=why)
            else:
                finalize.complete(session, held, now, reason=why, how=how)
            return True

        closed = self._writer.run(work)
        if closed:
            self.expiries += not reason and execution.status == ExecutionStatus.RUNNING
            log.warning("execution %d closed by the watchdog", number)
        return closed

    def gone_reason(self, row: Execution | ExecutionShard, state: RunState) -> str:
        """Why the runner says it is gone; empty when it does not say so."""
        if state.phase is RunPhase.ENDED:
            return state.reason or tr("执行机已结束")
        if row.status != ExecutionStatus.QUEUED:
            return ""
        if state.phase is RunPhase.UNKNOWN and self._is_past(row.updated_time, self._lease):
            return tr("执行机已不存在该任务")
        if state.phase is RunPhase.UNREACHABLE and self._is_past(row.updated_time, _OUT_OF_REACH):
            return tr("执行机长时间无法访问：{reason}", reason=state.reason)
        return ""

    def _is_mine(self, execution: Execution) -> bool:
        """Whether this process's runner can tell how the run is."""
        at_runner = execution.status in _AT_RUNNER
        triggering = execution.status == ExecutionStatus.TRIGGERING and self._gateway.is_polled
        known = not self._gateway.is_process_runner or execution.owner in (None, self._me)
        return (at_runner or triggering) and known and execution.runner == self._gateway.name

    def _silence_reason(self, execution: Execution) -> str:
        """Why the row alone says that nobody is there; empty when it does not."""
        # in 2 there is a lease where a runner was heard whose `start` was not
        leased = execution.status == ExecutionStatus.RUNNING or execution.lease_until is not None
        leased = leased and execution.shard_total == 1  # legs have leases of their own
        earliest = self._since + self._lease
        if leased and self._clock.now() > max(execution.lease_until or earliest, earliest):
            return self._silence()
        return CUT_SHORT if self.is_cut_short(execution) else ""

    def is_cut_short(self, row: Execution | ExecutionShard) -> bool:
        """Whether whoever asked the runner for it must be gone."""
        return row.status in _TRIGGERING and self._is_past(row.updated_time, self._lease)

    def _silence(self) -> str:
        seconds = f"{self._lease.total_seconds():.0f}"
        return tr("执行机失联：超过 {seconds} 秒没有心跳", seconds=seconds)

    def _is_past(self, last: dt.datetime, patience: dt.timedelta) -> bool:
        """Whether `last` is longer ago; the time before this service started does not count."""
        return self._clock.now() > max(last, self._since) + patience
