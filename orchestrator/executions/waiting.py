"""Why an execution that was accepted does not run yet."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlmodel import Session

from orchestrator.executions import finalize
from orchestrator.status import ExecutionStatus
from orchestrator.store import executions, legs
from orchestrator.store.legs import LegWithCounts

Kind = Literal["slots", "external", "runner"]
LOCAL: Final = "local"
EXTERNAL: Final = "external"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Waiting:
    """`slots`: for its turn; `external`: for somebody who runs it; `runner`: for its runner."""

    kind: Kind
    #: in the runner's own words.
    reason: str | None = None
    #: executions that are before it, those that run included, and how many run at once.
    ahead: int | None = None
    slots: int | None = None
    since: dt.datetime
    #: what somebody has to run.
    command: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExecutionWithWaiting:
    """The row of an execution, why it waits, and where it runs."""

    execution: Any
    #: None: it runs, or is over.
    waiting: Waiting | None
    #: none: it has no legs.
    legs: Sequence[LegWithCounts] = ()


class WaitingReasons:
    def __init__(self, *, slots: int, base_url: str) -> None:
        self._slots = slots
        self._base_url = base_url

    def look(self, session: Session, execution: Any) -> ExecutionWithWaiting:
        """Why the execution of this row waits, and where it runs."""
        return ExecutionWithWaiting(
            execution=execution,
            waiting=self._of(session, execution),
            legs=legs.with_counts(session, execution.id) if execution.shard_total > 1 else (),
        )

    def _of(self, session: Session, execution: Any) -> Waiting | None:
        """Why it waits; None: it runs, or is over."""
        if finalize.is_over(execution) or execution.status == ExecutionStatus.RUNNING:
            return None
        since, queued = execution.created_time, execution.status == ExecutionStatus.QUEUED
        if execution.runner == EXTERNAL and queued:
            # without its token, which `execution/token` gives to who may run it
            command = f"pytest --sisyphus-execution={execution.id} --sisyphus-url={self._base_url}"
            return Waiting(kind="external", since=since, command=command)
        if execution.runner == LOCAL and queued and execution.process is None:
            ahead = executions.ahead(session, execution)
            return Waiting(kind="slots", since=since, ahead=ahead, slots=self._slots)
        return Waiting(kind="runner", since=since, reason=execution.wait_reason or None)
