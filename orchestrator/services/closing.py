"""How an execution ends; every end is one transaction that closes its cases and counts them."""

import datetime as dt
from typing import Any, Final

from sqlmodel import Session

from orchestrator.models import Execution
from orchestrator.status import TERMINAL, CaseStatus, Event, ExecutionStatus
from orchestrator.store import moves

from .moments import end_after, seconds

#: the statuses in which an execution may still be started.
_BEFORE_START: Final = frozenset({ExecutionStatus.WAITING, ExecutionStatus.TRIGGERING})
_MESSAGE_CHARS: Final = 1000
#: what becomes of cases without a result: those that ran, and those that nobody had begun.
_ENDINGS: Final = {
    ExecutionStatus.CANCELED: (CaseStatus.CANCELED, "已取消，执行中被中断", "已取消"),
    ExecutionStatus.TRIGGER_FAILED: (
        CaseStatus.CANCELED,
        "触发失败，执行中被中断",
        "触发失败，未执行",
    ),
    ExecutionStatus.CALLBACK_LOST: (
        CaseStatus.BLOCKED,
        "执行异常结束，用例正在执行，未收到结果",
        "执行异常结束，用例未开始",
    ),
}


def is_over(execution: Execution) -> bool:
    return ExecutionStatus(execution.status) in TERMINAL


def stop(
    session: Session,
    execution: Execution,
    to: ExecutionStatus,
    now: dt.datetime,
    *,
    event: Event,
    message: str | None = None,
    end_time: dt.datetime | None = None,
) -> None:
    """End it in 6, 7 or 8, whatever its cases did; `message` says why. `NotNow` if it is over."""
    number = _id(execution)
    moves.advance(session, number, event, to, now, **_ended(execution, end_time, now, message))
    status, *texts = _ENDINGS[to]
    reason = f"：{shortened(message)}" if message else ""
    for there, text in zip((CaseStatus.RUNNING, CaseStatus.PENDING), texts, strict=True):
        moves.mark(session, number, there, to=status, message=text + reason, now=now)
    moves.recount(session, number, now)
    session.refresh(execution)


def settle(
    session: Session,
    execution: Execution,
    now: dt.datetime,
    *,
    reason: str,
    end_time: dt.datetime | None = None,
    finished: bool = False,
) -> None:
    """End it by what its cases say: 4 or 5, or 8 with `reason` while some lack a result.

    `finished`: pytest said so itself, which also proves that it had started.
    """
    number = _id(execution)
    to = moves.verdict(moves.counts(session, number))
    if to is ExecutionStatus.CALLBACK_LOST:
        lost = _started(session, execution, now)
        stop(session, lost, to, now, event=Event.LOSE, message=reason, end_time=end_time)
        return
    if finished and execution.status != ExecutionStatus.RUNNING:
        moves.advance(session, number, Event.START, ExecutionStatus.RUNNING, now)
    event = Event.FINISH if finished else Event.LOSE
    moves.advance(session, number, event, to, now, **_ended(execution, end_time, now))
    moves.recount(session, number, now)
    session.refresh(execution)


def _started(session: Session, execution: Execution, now: dt.datetime) -> Execution:
    """Only what was queued can be lost."""
    if execution.status in _BEFORE_START:
        moves.advance(session, _id(execution), Event.ACCEPT, ExecutionStatus.QUEUED, now)
    return execution


def _ended(
    execution: Execution, given: dt.datetime | None, now: dt.datetime, message: str | None = None
) -> dict[str, Any]:
    start, end = execution.start_time, end_after(execution.start_time, given, now)
    fields: dict[str, Any] = {
        "end_time": end.moment,
        "duration_seconds": seconds(start, end.moment) if end.certain else None,
    }
    return fields | ({"trigger_message": shortened(message)} if message else {})


def shortened(message: str | None) -> str:
    return (message or "")[:_MESSAGE_CHARS]


def _id(execution: Execution) -> int:
    if execution.id is None:
        raise ValueError("an execution without an id was never stored")
    return execution.id
