"""Asks the runner how a run is, and keeps what became known: the build, its addresses, its end."""

from typing import Any

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.models import Execution
from orchestrator.runners.protocol import Phase, Sighting
from orchestrator.status import Event, ExecutionStatus
from orchestrator.store import executions, moves
from orchestrator.writer import Writer

from . import closing
from .runner_calls import RunnerCalls
from .trigger import columns_of, run_of


class Lookout:
    def __init__(self, writer: Writer, calls: RunnerCalls, clock: Clock) -> None:
        self._writer = writer
        self._calls = calls
        self._clock = clock

    def look(self, execution: Execution) -> Sighting:
        """What the runner says; news are in the row, a run that somebody stopped is closed."""
        sighting = self._calls.state(run_of(execution))
        if _blanks(execution, sighting) or _is_move(execution, sighting):
            number = execution.id or 0
            self._writer.run(lambda session: self._take(session, number, sighting))
        return sighting

    def _take(self, session: Session, execution_id: int, sighting: Sighting) -> None:
        now = self._clock.now()
        execution = executions.lock(session, execution_id)
        fields = _blanks(execution, sighting)
        if _is_found(execution, sighting):  # a trigger whose answer never arrived
            to = ExecutionStatus.QUEUED
            moves.advance(session, execution_id, Event.ACCEPT, to, now, **fields)
        elif fields:
            moves.amend(session, execution_id, now, **fields)
        session.refresh(execution)
        if sighting.phase is Phase.CANCELED and not closing.is_over(execution):
            to, why = ExecutionStatus.CANCELED, sighting.reason
            closing.stop(session, execution, to, now, event=Event.CANCEL, message=why)


def _blanks(execution: Execution, sighting: Sighting) -> dict[str, Any]:
    """News fill blanks only: what the run said itself is never overwritten."""
    if sighting.news is None:
        return {}
    told = columns_of(sighting.news).items()
    return {column: value for column, value in told if not getattr(execution, column)}


def _is_found(execution: Execution, sighting: Sighting) -> bool:
    return execution.status == ExecutionStatus.TRIGGERING and sighting.news is not None


def _is_move(execution: Execution, sighting: Sighting) -> bool:
    ended = sighting.phase is Phase.CANCELED and not closing.is_over(execution)
    return ended or _is_found(execution, sighting)
