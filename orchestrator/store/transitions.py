"""How rows change status: each move is one guarded UPDATE, and the counters move along."""

import datetime as dt
from typing import Any

from sqlalchemy import func, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.errors import Conflict
from orchestrator.status import (
    CASE_TERMINAL,
    COUNTERS,
    GOOD_OUTCOMES,
    MOVES,
    OPEN,
    TERMINAL,
    CaseStatus,
    Event,
    ExecutionStatus,
)
from orchestrator.store import changes, notifications
from orchestrator.store.session import WriteSession, affected_rows


def advance(
    session: WriteSession,
    execution_id: int,
    event: Event,
    to: ExecutionStatus,
    now: dt.datetime,
    **fields: Any,
) -> None:
    """Move an execution to `to` if `event` may do that now; `Conflict` with its status if not."""
    move = MOVES[event]
    if to not in move.after:
        raise ValueError(f"{event} never leads to {to.name}")
    if to in TERMINAL:
        fields |= {"active_key": None, "closed_time": now}
    guarded = (
        update(Execution)
        .where(col(Execution.id) == execution_id, col(Execution.status).in_(move.before))
        .values(
            updated_time=now,
            **changes.numbered(session, execution_id, {**fields, "status": int(to)}),
        )
    )
    if affected_rows(session, guarded) == 0:
        raise Conflict(execution_id=execution_id, status=current(session, execution_id))
    if to in TERMINAL:
        notifications.enqueue_ended(session, execution_id, to, now)


def current(session: Session, execution_id: int) -> int:
    return session.exec(select(Execution.status).where(Execution.id == execution_id)).one()


def update_fields(
    session: WriteSession, execution_id: int, now: dt.datetime, **fields: Any
) -> None:
    """Set fields that are not part of a move."""
    session.execute(
        update(Execution)
        .where(col(Execution.id) == execution_id)
        .values(updated_time=now, **changes.numbered(session, execution_id, fields))
    )


def mark_unreported(
    session: Session,
    execution_id: int,
    there: CaseStatus,
    *,
    to: CaseStatus,
    message: str,
    now: dt.datetime,
    shard_id: int | None = None,
) -> int:
    """Give every case (of a leg) with status `there` the status `to`; it is marked as set by the
    service."""
    its = [col(ExecutionCase.execution_id) == execution_id, col(ExecutionCase.status) == there]
    if shard_id is not None:
        its.append(col(ExecutionCase.shard_id) == shard_id)
    return affected_rows(
        session,
        update(ExecutionCase)
        .where(*its)
        .values(
            status=int(to),
            result_message=message,
            error_message=message if to is CaseStatus.BLOCKED else "",
            stack_trace="",
            finished_time=now,
            updated_time=now,
            marked=True,
            change_no=changes.number_of_case(execution_id),
        ),
    )


def counts(
    session: Session, execution_id: int, *, shard_id: int | None = None
) -> dict[CaseStatus, int]:
    """How many cases (of a leg) have each status."""
    query = select(ExecutionCase.status, func.count()).where(
        ExecutionCase.execution_id == execution_id
    )
    if shard_id is not None:
        query = query.where(ExecutionCase.shard_id == shard_id)
    rows = session.exec(query.group_by(col(ExecutionCase.status)))
    found = {CaseStatus(status): number for status, number in rows}
    return {status: found.get(status, 0) for status in CaseStatus}


def recount(session: WriteSession, execution_id: int, now: dt.datetime) -> dict[CaseStatus, int]:
    """Set the counters to what counting the rows gives, in the transaction that changed them."""
    numbers = counts(session, execution_id)
    columns = {COUNTERS[status]: number for status, number in numbers.items()}
    update_fields(session, execution_id, now, total_count=sum(numbers.values()), **columns)
    return numbers


def miscounted(session: Session) -> list[int]:
    """Unfinished executions whose counters seem to differ from their rows; nothing is locked."""
    there = {
        execution.id: execution
        for execution in session.exec(select(Execution).where(col(Execution.status).in_(OPEN)))
    }
    open_ids = columns(col(Execution.id)).where(col(Execution.status).in_(OPEN))
    rows = session.exec(
        select(ExecutionCase.execution_id, ExecutionCase.status, func.count())
        .where(col(ExecutionCase.execution_id).in_(open_ids))
        .group_by(col(ExecutionCase.execution_id), col(ExecutionCase.status))
    )
    found: dict[int, dict[str, int]] = {number: {} for number in there}
    for number, status, count in rows:
        found.setdefault(number, {})[COUNTERS[CaseStatus(status)]] = count
    return [
        number
        for number, execution in there.items()
        if execution.total_count != sum(found[number].values())
        or any(getattr(execution, n) != found[number].get(n, 0) for n in COUNTERS.values())
    ]


def verdict(numbers: dict[CaseStatus, int]) -> ExecutionStatus:
    """The final status of an execution that was not stopped, by how many cases it has of each."""
    there = {status for status, number in numbers.items() if number}
    if there - CASE_TERMINAL:
        return ExecutionStatus.CALLBACK_LOST
    return ExecutionStatus.PASSED if there <= GOOD_OUTCOMES else ExecutionStatus.FAILED
