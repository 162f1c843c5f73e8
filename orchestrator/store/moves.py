"""How rows change status: each move is one guarded UPDATE, and the counters move along."""

import datetime as dt
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Select, func, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.errors import NotNow
from orchestrator.models import Execution, ExecutionCase
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

from . import changes, outbox


def changed(session: Session, statement: Executable) -> int:
    """Run an UPDATE; how many rows it met."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def advance(
    session: Session,
    execution_id: int,
    event: Event,
    to: ExecutionStatus,
    now: dt.datetime,
    **fields: Any,
) -> None:
    """Move an execution to `to` if `event` may do that now; `NotNow` with its status if not."""
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
    if changed(session, guarded) == 0:
        raise NotNow(execution_id=execution_id, status=current(session, execution_id))
    if to in TERMINAL:
        outbox.ended(session, execution_id, to, now)


def current(session: Session, execution_id: int) -> int:
    return session.exec(select(Execution.status).where(Execution.id == execution_id)).one()


def amend(session: Session, execution_id: int, now: dt.datetime, **fields: Any) -> None:
    """Set fields that are not part of a move."""
    session.execute(
        update(Execution)
        .where(col(Execution.id) == execution_id)
        .values(updated_time=now, **changes.numbered(session, execution_id, fields))
    )


def mark(
    session: Session,
    execution_id: int,
    there: CaseStatus,
    *,
    to: CaseStatus,
    message: str,
    now: dt.datetime,
) -> int:
    """Give every case that is in `there` the status `to`, marked as the service's own word."""
    return changed(
        session,
        update(ExecutionCase)
        .where(
            col(ExecutionCase.execution_id) == execution_id,
            col(ExecutionCase.status) == there,
        )
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


def counts(session: Session, execution_id: int) -> dict[CaseStatus, int]:
    rows = session.exec(
        select(ExecutionCase.status, func.count())
        .where(ExecutionCase.execution_id == execution_id)
        .group_by(col(ExecutionCase.status))
    )
    found = {CaseStatus(status): number for status, number in rows}
    return {status: found.get(status, 0) for status in CaseStatus}


def recount(session: Session, execution_id: int, now: dt.datetime) -> dict[CaseStatus, int]:
    """Set the counters to what counting the rows gives, in the transaction that changed them."""
    numbers = counts(session, execution_id)
    columns = {COUNTERS[status]: number for status, number in numbers.items()}
    amend(session, execution_id, now, total_count=sum(numbers.values()), **columns)
    return numbers


def miscounted(session: Session) -> list[int]:
    """Unfinished executions whose counters seem to be other than their rows; nothing is held."""
    there = {
        execution.id or 0: execution
        for execution in session.exec(select(Execution).where(col(Execution.status).in_(OPEN)))
    }
    rows = session.exec(
        select(ExecutionCase.execution_id, ExecutionCase.status, func.count())
        .where(col(ExecutionCase.execution_id).in_(_open_ids()))
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


def _open_ids() -> Select[Any]:
    return columns(col(Execution.id)).where(col(Execution.status).in_(OPEN))


def verdict(numbers: dict[CaseStatus, int]) -> ExecutionStatus:
    """What an execution ends in that ended without being stopped."""
    there = {status for status, number in numbers.items() if number}
    if there - CASE_TERMINAL:
        return ExecutionStatus.CALLBACK_LOST
    return ExecutionStatus.PASSED if there <= GOOD_OUTCOMES else ExecutionStatus.FAILED
