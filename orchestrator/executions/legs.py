"""What happens to legs, and what that means for their execution: it ends with the last of them.

Everything here is done while the row of the execution is held. A case that no leg has is in the
queue; one that a leg had begun when it was lost is given to nobody, because nobody knows how far it
came.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.executions import finalize
from orchestrator.executions.waiting import EXTERNAL
from orchestrator.i18n import marked, tr
from orchestrator.status import MOVES, OPEN, CaseStatus, EndedHow, Event, ExecutionStatus
from orchestrator.store import leg_queue, transitions
from orchestrator.store import legs as rows
from orchestrator.store.session import WriteSession

#: legs of whom somebody may still come.
EXPECTED: Final = OPEN - {ExecutionStatus.RUNNING}
#: legs that finished what they had.
FINISHED: Final = frozenset({ExecutionStatus.PASSED, ExecutionStatus.FAILED})
#: after the end of its lease, when a test that still ran on a lost leg was surely interrupted.
_SURELY_STILL: Final = dt.timedelta(seconds=30)
_LOST: Final = marked("第 {shard} 台执行机失联，用例正在执行，未收到结果：{reason}")
_OF_LEG: Final = marked("第 {shard} 台：{reason}")
_STOPPED: Final = marked("第 {shard} 台执行机终止，执行中被中断")
_NOBODY_GOES_ON: Final = tr("各台执行机均已提前结束，未执行")
_ABORTED: Final = tr("各台执行机均已终止")
_REFUSED: Final = tr("各台执行机均触发失败")
#: characters for all legs, of those that an execution's message may have.
_EACH: Final = 900


def patience(execution: Execution) -> dt.timedelta:
    """How long after its lease a leg counts as lost: longer where its cases are run again."""
    return _SURELY_STILL if execution.retry_lost else dt.timedelta()


def create(session: WriteSession, execution: Execution, now: dt.datetime) -> None:
    """All legs of a new execution; with an external runner each waits for whoever comes."""
    waits = execution.runner == EXTERNAL
    status = ExecutionStatus.QUEUED if waits else ExecutionStatus.TRIGGERING
    for index in range(1, execution.shard_total + 1):
        rows.add(session, execution.id, index, status, now)


def accepted(
    session: WriteSession, execution: Execution, shard_id: int, now: dt.datetime, **columns: Any
) -> None:
    """Its runner took it: 1 → 2, unless its `start` was quicker, which keeps what it said."""
    leg = rows.get(session, shard_id)
    fields = {name: value for name, value in columns.items() if name not in leg.start_fields}
    to = ExecutionStatus.QUEUED if leg.status in EXPECTED else ExecutionStatus(leg.status)
    rows.move(session, leg, to, now, **fields)
    if execution.status == ExecutionStatus.TRIGGERING:
        transitions.advance(session, execution.id, Event.ACCEPT, ExecutionStatus.QUEUED, now)
        session.refresh(execution)


def refused(
    session: WriteSession, execution: Execution, shard_id: int, now: dt.datetime, reason: str
) -> None:
    """Its runner did not take it; the others do its work, if there are any."""
    leg = rows.get(session, shard_id)
    if leg.status in EXPECTED:
        text, to = finalize.shortened(reason), ExecutionStatus.TRIGGER_FAILED
        rows.move(session, leg, to, now, end_time=now, message=text)
        settle(session, execution, now, how=EndedHow.REFUSED)


def lose(
    session: WriteSession,
    execution: Execution,
    shard_id: int,
    now: dt.datetime,
    *,
    reason: str,
    how: EndedHow = EndedHow.RUNNER,
) -> None:
    """It will not be heard any more: its end, and what that means for the execution. Nothing
    happens when its end is known already."""
    if leg := _open(session, execution, shard_id):
        mark_lost(session, execution, leg, now, reason=reason)
        settle(session, execution, now, how=how)


def stopped(
    session: WriteSession,
    execution: Execution,
    shard_id: int,
    now: dt.datetime,
    *,
    reason: str,
    how: EndedHow = EndedHow.RUNNER,
) -> None:
    """Somebody stopped it where it ran: what it had begun is canceled, the execution goes on."""
    leg = _open(session, execution, shard_id)
    if leg is None:
        return
    text = finalize.shortened(reason)
    _close(
        session,
        leg,
        ExecutionStatus.CANCELED,
        now,
        message=text,
        begun=CaseStatus.CANCELED,
        text=tr(_STOPPED, shard=leg.shard_index) + (tr("：{reason}", reason=text) if text else ""),
    )
    settle(session, execution, now, how=how)


def _open(session: WriteSession, execution: Execution, shard_id: int) -> ExecutionShard | None:
    """The leg, unless its end, or that of its execution, is known already."""
    leg = rows.get(session, shard_id)
    return leg if leg.status in OPEN and not finalize.is_over(execution) else None


def mark_lost(
    session: WriteSession,
    execution: Execution,
    leg: ExecutionShard,
    now: dt.datetime,
    *,
    reason: str,
) -> None:
    """What it had begun is blocked, the rest may be taken by others; the execution goes on."""
    text = finalize.shortened(reason)
    if execution.retry_lost:
        leg_queue.requeue_begun(session, leg)
    to, begun = ExecutionStatus.CALLBACK_LOST, CaseStatus.BLOCKED
    because = tr(_LOST, shard=leg.shard_index, reason=text)
    _close(session, leg, to, now, message=text, begun=begun, text=because)


def _close(
    session: WriteSession,
    leg: ExecutionShard,
    to: ExecutionStatus,
    now: dt.datetime,
    *,
    message: str,
    begun: CaseStatus,
    text: str,
) -> None:
    number = leg.execution_id
    rows.move(session, leg, to, now, end_time=now, message=message)
    leg_queue.give_back(session, leg, now)
    transitions.mark_unreported(
        session, number, CaseStatus.RUNNING, to=begun, message=text, now=now, shard_id=leg.id
    )
    transitions.recount(session, number, now)


def settle(session: WriteSession, execution: Execution, now: dt.datetime, *, how: EndedHow) -> None:
    """End the execution when every case has ended and no leg is at work, or nobody can come for
    the rest."""
    session.refresh(execution)
    legs = rows.newest(session, execution.id)
    statuses = {ExecutionStatus(leg.status) for leg in legs}
    if finalize.is_over(execution) or ExecutionStatus.RUNNING in statuses:
        return
    numbers = transitions.counts(session, execution.id)
    if not numbers[CaseStatus.PENDING] and not numbers[CaseStatus.RUNNING]:
        _end_complete(session, execution, now, how=how)
    elif not statuses & EXPECTED and not _replace_lost(session, execution, legs, now):
        _end_abandoned(session, execution, legs, now, how=how)


def _replace_lost(
    session: WriteSession, execution: Execution, legs: Sequence[ExecutionShard], now: dt.datetime
) -> bool:
    """Another attempt of each lost leg, as far as the execution may have them; whether any."""
    replaced = sum(leg.attempt - 1 for leg in legs)
    lost = [leg for leg in legs if _is_lost(leg)][: max(0, execution.shard_relaunch - replaced)]
    for leg in lost:
        again, attempt = ExecutionStatus.TRIGGERING, leg.attempt + 1
        rows.add(session, execution.id, leg.shard_index, again, now, attempt=attempt)
    return bool(lost)


def _end_complete(
    session: WriteSession, execution: Execution, now: dt.datetime, *, how: EndedHow
) -> None:
    """By what the cases say; a case that a loss blocked has said nothing."""
    blocked = leg_queue.blocked_by(session, execution.id)
    if blocked:
        lost = [leg for leg in rows.of_execution(session, execution.id) if leg.id in blocked]
        _end_lost(session, execution, lost, now, how=how)
    else:
        finalize.complete(session, execution, now, reason="", how=EndedHow.FINISH)


def _end_abandoned(
    session: WriteSession,
    execution: Execution,
    legs: Sequence[ExecutionShard],
    now: dt.datetime,
    *,
    how: EndedHow,
) -> None:
    """Cases are left that nobody will run."""
    statuses = {ExecutionStatus(leg.status) for leg in legs}
    if ExecutionStatus.CALLBACK_LOST in statuses or leg_queue.blocked_by(session, execution.id):
        lost = [leg for leg in rows.of_execution(session, execution.id) if _is_lost(leg)]
        _end_lost(session, execution, lost, now, how=how)
    elif statuses & FINISHED:  # they stopped by themselves: `-x`, `--maxfail`
        to, there = CaseStatus.CANCELED, CaseStatus.PENDING
        transitions.mark_unreported(
            session, execution.id, there, to=to, message=_NOBODY_GOES_ON, now=now
        )
        finalize.complete(session, execution, now, reason="", how=EndedHow.FINISH)
    elif ExecutionStatus.CANCELED in statuses:
        to_status, ended = ExecutionStatus.CANCELED, finalize.Ended(how=how)
        finalize.abort(
            session,
            execution,
            to_status,
            now,
            event=Event.ABORT,
            ended=ended,
            message=_each(_ABORTED, legs),
        )
    elif execution.status == ExecutionStatus.TRIGGERING:
        to_status, ended = ExecutionStatus.TRIGGER_FAILED, finalize.Ended(how=EndedHow.REFUSED)
        why = _each(_REFUSED, legs)
        event = Event.REFUSE
        finalize.abort(session, execution, to_status, now, event=event, ended=ended, message=why)
    else:
        _end_lost(session, execution, legs, now, how=how)


def _is_lost(leg: ExecutionShard) -> bool:
    return leg.status == ExecutionStatus.CALLBACK_LOST


def _end_lost(
    session: WriteSession,
    execution: Execution,
    lost: Sequence[ExecutionShard],
    now: dt.datetime,
    *,
    how: EndedHow,
) -> None:
    to, ended = ExecutionStatus.CALLBACK_LOST, finalize.Ended(how=how)
    message = _each(tr("有执行机失联"), lost)
    if execution.status in MOVES[Event.ACCEPT].before:  # lost before it was heard
        transitions.advance(session, execution.id, Event.ACCEPT, ExecutionStatus.QUEUED, now)
    finalize.abort(session, execution, to, now, event=Event.LOSE, ended=ended, message=message)


def _each(text: str, legs: Sequence[ExecutionShard]) -> str:
    """With what is known of each leg, by its number; of many legs less, so that all are named."""
    between = tr("；")
    room = max(0, _EACH // max(1, len(legs)) - len(between + tr(_OF_LEG, shard=64, reason="")))
    known = between.join(
        tr(_OF_LEG, shard=leg.shard_index, reason=(leg.message or tr("原因未知"))[:room])
        for leg in legs
    )
    return text + tr("（") + known + tr("）")
