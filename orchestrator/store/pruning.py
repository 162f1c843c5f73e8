"""Old executions, removed with everything that belongs to them."""

import datetime as dt
import itertools
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from orchestrator.db.models import (
    Exchange,
    Execution,
    ExecutionCase,
    ExecutionShard,
    IdempotencyKey,
    Removal,
    WebhookDelivery,
)
from orchestrator.status import TERMINAL


def boundary(session: Session, keep: int) -> int | None:
    """The id of the oldest of the newest `keep` executions; None when there are not so many."""
    if keep == 0:
        return 2**63 - 1
    return session.exec(
        select(Execution.id).order_by(col(Execution.id).desc()).offset(keep - 1).limit(1)
    ).first()


def over(
    session: Session, *, before: int, created_before: dt.datetime, limit: int, cases: int
) -> list[int]:
    """Executions that ended and are older than both; oldest first. No more than hold so many
    cases together, but one at least."""
    rows = session.execute(
        select(Execution.id, Execution.total_count)
        .where(*_old(before, created_before))
        .order_by(col(Execution.id))
        .limit(limit)
    ).all()
    held = list(itertools.accumulate(total for _, total in rows))
    return [row[0] for row, sum_ in zip(rows, held, strict=True) if sum_ <= cases] or [
        row[0] for row in rows[:1]
    ]


def number_over(session: Session, *, before: int, created_before: dt.datetime) -> int:
    """How many there are of what `over` gives in pieces."""
    return session.exec(select(func.count()).where(*_old(before, created_before))).one()


def _old(before: int, created_before: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Execution.id) < before,
        col(Execution.created_time) < created_before,
        col(Execution.status).in_(TERMINAL),
    )


def launched(session: Session, execution_ids: Sequence[int]) -> list[int]:
    """Those of them that a service started as a process beside itself: they have files."""
    rows = session.exec(
        select(Execution.id).where(
            col(Execution.id).in_(execution_ids), col(Execution.process).is_not(None)
        )
    )
    return list(rows)


def remove(session: Session, execution_ids: Sequence[int], now: dt.datetime) -> None:
    for table in (Exchange, ExecutionCase, ExecutionShard, IdempotencyKey, WebhookDelivery):
        session.execute(delete(table).where(col(table.execution_id).in_(execution_ids)))
    session.execute(delete(Execution).where(col(Execution.id).in_(execution_ids)))
    session.add(Removal(executions=len(execution_ids), removed_time=now))
    session.flush()
