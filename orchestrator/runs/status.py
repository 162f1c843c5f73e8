"""The status of a run as its runner sees it, stored as far as it is new: build, addresses, end."""

from typing import Any, Final

from orchestrator.clock import Clock
from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.executions import finalize
from orchestrator.executions.receipts import columns_of, run_of
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.protocol import RunPhase, RunState
from orchestrator.status import EndedHow, Event, ExecutionStatus
from orchestrator.store import executions, transitions
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

_REASON_CHARS: Final = 1000


class RunnerStatus:
    def __init__(self, writer: Writer, gateway: RunnerGateway, clock: Clock) -> None:
        self._writer = writer
        self._gateway = gateway
        self._clock = clock

    def refresh(self, execution: Execution) -> RunState:
        """What the runner says now; stored, and a run that was stopped where it runs is closed."""
        state = self._gateway.state(run_of(execution))
        stopped = state.phase is RunPhase.CANCELED and not finalize.is_over(execution)
        if changes(execution, state) or stopped or is_found(execution, state):
            number = execution.id
            self._writer.run(lambda session: self._store(session, number, state))
        return state

    def _store(self, session: WriteSession, execution_id: int, state: RunState) -> None:
        now = self._clock.now()
        execution = executions.lock(session, execution_id)
        fields = changes(execution, state)
        if is_found(execution, state):
            to = ExecutionStatus.QUEUED
            transitions.advance(session, execution_id, Event.ACCEPT, to, now, **fields)
        elif fields:
            transitions.update_fields(session, execution_id, now, **fields)
        session.refresh(execution)
        if state.phase is RunPhase.CANCELED and not finalize.is_over(execution):
            to, why = ExecutionStatus.CANCELED, state.reason
            event, ended = Event.CANCEL, finalize.Ended(how=EndedHow.RUNNER)
            finalize.abort(session, execution, to, now, event=event, ended=ended, message=why)


def changes(row: Execution | ExecutionShard, state: RunState) -> dict[str, Any]:
    """The columns that were empty and are known now (others stay as they are), why it waits."""
    fields: dict[str, Any] = {}
    if state.updates is not None:
        known = columns_of(state.updates).items()
        fields = {name: value for name, value in known if not getattr(row, name, True)}
    reason = state.reason[:_REASON_CHARS] or None
    waits = row.status == ExecutionStatus.QUEUED and state.phase is RunPhase.ACTIVE
    if waits and reason != row.wait_reason:
        fields["wait_reason"] = reason
    return fields


def is_found(row: Execution | ExecutionShard, state: RunState) -> bool:
    """Whether the runner has it although its answer to the trigger never arrived."""
    return row.status == ExecutionStatus.TRIGGERING and state.updates is not None
