"""Executions fallen silent are closed: the runner ended, vanished, or let its lease run out."""

import datetime as dt
import logging
from typing import Final

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.database import Database
from orchestrator.errors import Unavailable
from orchestrator.models import Execution
from orchestrator.runners.protocol import Keeper, Phase, Polled, Runner, Sighting
from orchestrator.status import Event, ExecutionStatus
from orchestrator.store import executions, moves
from orchestrator.writer import Writer

from . import closing
from .lookout import Lookout
from .runner_calls import Hide, RunnerCalls

log = logging.getLogger("sisyphus.watchdog")

_BATCH: Final = 100
_TRIGGERING: Final = (ExecutionStatus.WAITING, ExecutionStatus.TRIGGERING)
_AT_RUNNER: Final = (ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)
#: how long a runner may be out of reach before what waits there is given up.
_OUT_OF_REACH: Final = dt.timedelta(hours=1)


class Watchdog:
    def __init__(
        self,
        database: Database,
        writer: Writer,
        runner: Runner,
        clock: Clock,
        lease: float,
        *,
        instance_id: str,
        hide: Hide,
    ) -> None:
        self._database = database
        self._writer = writer
        self._runner = runner
        self._hide = hide
        self._lookout = Lookout(writer, RunnerCalls(runner, hide), clock)
        #: a polled runner has a thread for it, which may wait for a slow answer.
        self._polled = isinstance(runner, Polled)
        self._clock = clock
        self._lease = dt.timedelta(seconds=lease)
        self._me = instance_id
        #: running executions that were closed because nobody renewed their lease.
        self.expiries = 0
        #: while this service was not there, nobody could renew a lease.
        self._since = clock.now()

    def runner_gone(self, execution_id: int, reason: str) -> None:
        """The runner says that the run ended; nothing happens when that is known already."""
        why = self._hide(reason)
        self._writer.run(lambda session: self._lost(session, execution_id, why))

    def runner_started(self, execution_id: int, process: str) -> None:
        """The runner says which process has the run: an heir of this service finds it again."""
        now = self._clock.now()
        self._writer.run(lambda s: moves.amend(s, execution_id, now, process=process))

    def round(self) -> int:
        """Look at the rows, and at the runner if nobody else does."""
        return self.sweep(ask=not self._polled)

    def sweep(self, *, ask: bool = True) -> int:
        """Look at every open execution; how many were closed."""
        closed, after = 0, 0
        while batch := self._batch(after):
            closed += sum(self._looked(execution, ask=ask) for execution in batch)
            after = batch[-1].id or 0
        return closed

    def _looked(self, execution: Execution, *, ask: bool) -> bool:
        try:
            return self.look(execution, ask=ask)
        except Unavailable:
            raise
        except Exception:  # a background loop: one bad row must not stop those behind it
            log.exception("execution %d could not be looked at", execution.id)
            return False

    def look(self, execution: Execution, *, ask: bool = True) -> bool:
        """Close this one if its runner is gone; whether it was."""
        mine = ask and self._is_mine(execution)
        return self.judge(execution, self._lookout.look(execution) if mine else None)

    def judge(self, execution: Execution, sighting: Sighting | None) -> bool:
        """Close it if this, or the row alone, says that nobody is there; whether it was."""
        reason = self._seen_gone(execution, sighting) if sighting else ""
        if not reason and not self._silence(execution):
            return False
        number = execution.id or 0
        closed = self._writer.run(lambda session: self._close(session, number, reason))
        if closed:
            self.expiries += not reason and execution.status == ExecutionStatus.RUNNING
            log.warning("execution %d closed by the watchdog", number)
        return closed

    def _batch(self, after: int) -> list[Execution]:
        with self._database.reading() as session:
            return executions.unfinished(session, after=after, limit=_BATCH)

    def _seen_gone(self, execution: Execution, sighting: Sighting) -> str:
        """Why the runner says it is gone; empty when it does not say so."""
        if sighting.phase is Phase.GONE:
            return sighting.reason or "执行机已结束"
        if execution.status != ExecutionStatus.QUEUED:
            return ""
        if sighting.phase is Phase.UNKNOWN and self._quiet(execution.updated_time):
            return "执行机已不存在该任务"
        if sighting.phase is Phase.SILENT and self._out_of_reach(execution.updated_time):
            return f"执行机长时间无法访问：{sighting.reason}"
        return ""

    def _is_mine(self, execution: Execution) -> bool:
        """Whether this process's runner can tell how the run is."""
        at_runner = execution.status in _AT_RUNNER
        triggering = execution.status == ExecutionStatus.TRIGGERING and self._polled
        known = not isinstance(self._runner, Keeper) or execution.owner in (None, self._me)
        return (at_runner or triggering) and known and execution.runner == self._runner.name

    def _silence(self, execution: Execution) -> str:
        """Why the row alone says that nobody is there; empty when it does not."""
        # in 2 there is a lease where a runner was heard whose `start` was not
        leased = execution.status == ExecutionStatus.RUNNING or execution.lease_until is not None
        if leased and self._expired(execution.lease_until):
            return f"执行机失联：超过 {self._lease.total_seconds():.0f} 秒没有心跳"
        if execution.status in _TRIGGERING and self._quiet(execution.updated_time):
            return "触发过程中断"
        return ""

    def _expired(self, lease_until: dt.datetime | None) -> bool:
        earliest = self._since + self._lease
        return self._clock.now() > max(lease_until or earliest, earliest)

    def _out_of_reach(self, last: dt.datetime) -> bool:
        return self._clock.now() > max(last, self._since) + _OUT_OF_REACH

    def _quiet(self, last: dt.datetime) -> bool:
        return self._clock.now() > max(last, self._since) + self._lease

    def _close(self, session: Session, execution_id: int, reason: str) -> bool:
        """Looked at again with the row held: a heartbeat may have been quicker."""
        execution = executions.lock(session, execution_id)
        why = reason or self._silence(execution)
        if closing.is_over(execution) or not why:
            return False
        if execution.status in _TRIGGERING and execution.lease_until is None:
            self._never_triggered(session, execution, why)
        else:
            closing.settle(session, execution, self._clock.now(), reason=why)
        return True

    def _never_triggered(self, session: Session, execution: Execution, why: str) -> None:
        to = ExecutionStatus.TRIGGER_FAILED
        closing.stop(session, execution, to, self._clock.now(), event=Event.REFUSE, message=why)

    def _lost(self, session: Session, execution_id: int, reason: str) -> None:
        execution = executions.lock(session, execution_id)
        if not closing.is_over(execution):
            closing.settle(session, execution, self._clock.now(), reason=reason)
