"""The ends of an execution: each closes and counts its cases in the transaction of its move."""

import dataclasses
import datetime as dt
import logging
from typing import Any, Final

from orchestrator.db.models import Execution
from orchestrator.executions.times import end_after, seconds
from orchestrator.i18n import tr
from orchestrator.status import TERMINAL, CaseStatus, EndedHow, Event, ExecutionStatus
from orchestrator.store import legs, transitions
from orchestrator.store.session import WriteSession

#: the statuses in which an execution may still be started.
_BEFORE_START: Final = frozenset({ExecutionStatus.WAITING, ExecutionStatus.TRIGGERING})
#: ends that are no trouble of the service.
_AS_ASKED: Final = frozenset(
    {ExecutionStatus.PASSED, ExecutionStatus.FAILED, ExecutionStatus.CANCELED}
)
_MESSAGE_CHARS: Final = 1000
_NOT_NEEDED: Final = tr("不再需要：用例已全部结束")
#: what becomes of cases without a result: those that ran, and those that nobody had begun.
_UNREPORTED_CASES: Final = {
    ExecutionStatus.CANCELED: (CaseStatus.CANCELED, tr("已取消，执行中被中断"), tr("已取消")),
    ExecutionStatus.TRIGGER_FAILED: (
        CaseStatus.CANCELED,
        tr("触发失败，执行中被中断"),
        tr("触发失败，未执行"),
    ),
    ExecutionStatus.CALLBACK_LOST: (
        CaseStatus.BLOCKED,
        tr("执行异常结束，用例正在执行，未收到结果"),
        tr("执行异常结束，用例未开始"),
    ),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended:
    """How an execution ended, and by whom where a person did it."""

    how: EndedHow
    by: int | None = None
    name: str | None = None

    def columns(self) -> dict[str, Any]:
        return {"ended_how": self.how, "ended_by": self.by, "ended_name": self.name}


def is_over(execution: Execution) -> bool:
    """Whether its status is final."""
    return ExecutionStatus(execution.status) in TERMINAL


def abort(
    session: WriteSession,
    execution: Execution,
    to: ExecutionStatus,
    now: dt.datetime,
    *,
    event: Event,
    ended: Ended,
    message: str | None = None,
    end_time: dt.datetime | None = None,
) -> None:
    """End it in 6, 7 or 8, whatever its cases did; `message` says why. `Conflict` if it is over."""
    number = execution.id
    fields = _end_fields(execution, end_time, now, message) | ended.columns()
    transitions.advance(session, number, event, to, now, **fields)
    if execution.shard_total > 1:
        refused = to is ExecutionStatus.TRIGGER_FAILED
        end = to if refused else ExecutionStatus.CANCELED
        legs.end_open(session, number, end, now, never_came=shortened(message))
    status, *texts = _UNREPORTED_CASES[to]
    reason = tr("：{reason}", reason=shortened(message)) if message else ""
    for there, text in zip((CaseStatus.RUNNING, CaseStatus.PENDING), texts, strict=True):
        transitions.mark_unreported(
            session, number, there, to=status, message=text + reason, now=now
        )
    transitions.recount(session, number, now)
    session.refresh(execution)
    _note_end(session, execution, message)


def complete(
    session: WriteSession,
    execution: Execution,
    now: dt.datetime,
    *,
    reason: str,
    how: EndedHow,
    end_time: dt.datetime | None = None,
) -> None:
    """End it by what its cases say: 4 or 5, or 8 with `reason` while some lack a result.

    That pytest finished also proves that it had started.
    """
    number, ended, finished = execution.id, Ended(how=how), how is EndedHow.FINISH
    to = transitions.verdict(transitions.counts(session, number))
    if to is ExecutionStatus.CALLBACK_LOST:
        if execution.status in _BEFORE_START:  # only what was queued can be lost
            transitions.advance(session, number, Event.ACCEPT, ExecutionStatus.QUEUED, now)
        event = Event.LOSE
        abort(
            session, execution, to, now, event=event, ended=ended, message=reason, end_time=end_time
        )
        return
    if finished and execution.status != ExecutionStatus.RUNNING:
        transitions.advance(session, number, Event.START, ExecutionStatus.RUNNING, now)
    event = Event.FINISH if finished else Event.LOSE
    fields = _end_fields(execution, end_time, now) | ended.columns()
    transitions.advance(session, number, event, to, now, **fields)
    if execution.shard_total > 1:
        end = ExecutionStatus.CANCELED
        legs.end_open(session, number, end, now, never_came=_NOT_NEEDED)
    transitions.recount(session, number, now)
    session.refresh(execution)
    _note_end(session, execution)


def _note_end(session: WriteSession, execution: Execution, message: str | None = None) -> None:
    status = ExecutionStatus(execution.status)
    counts = ", ".join(
        f"{number} {case.name.lower()}"
        for case, number in transitions.counts(session, execution.id).items()
        if number
    )
    by = f" by user {execution.ended_by}" if execution.ended_by is not None else ""
    level = logging.INFO if status in _AS_ASKED else logging.WARNING
    reason = f"; {' '.join(shortened(message).split())}" if message and level > logging.INFO else ""
    line = f"ended as {status.name} ({execution.ended_how}{by}): {counts or 'no case'}{reason}"
    session.ends[execution.id] = level, line


def _end_fields(
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
