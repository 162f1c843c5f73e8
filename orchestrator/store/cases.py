"""The cases of executions: their outcomes and the lists of them."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from orchestrator.models import Execution, ExecutionCase
from orchestrator.status import (
    CASE_TERMINAL,
    GOOD_OUTCOMES,
    VERDICTS,
    CaseStatus,
)

from .paging import Page, offset_of


def without_result(session: Session, execution_id: int) -> list[tuple[int, int]]:
    """`(id, case_id)` of the cases of which nobody said how they ended."""
    blocked_by_us = and_(col(ExecutionCase.status) == CaseStatus.BLOCKED, col(ExecutionCase.marked))
    rows = session.exec(
        select(ExecutionCase.id, ExecutionCase.case_id)
        .where(
            col(ExecutionCase.execution_id) == execution_id,
            or_(col(ExecutionCase.status).not_in(CASE_TERMINAL), blocked_by_us),
        )
        .order_by(col(ExecutionCase.run_order))
    )
    return [(row[0] or 0, row[1]) for row in rows]


def told(session: Session, execution_id: int) -> dict[int, int]:
    """How many outcomes there are of each status, without those that the service marked."""
    rows = session.exec(
        select(ExecutionCase.status, func.count())
        .where(
            ExecutionCase.execution_id == execution_id,
            col(ExecutionCase.status).in_(CASE_TERMINAL),
            col(ExecutionCase.marked).is_(False),
        )
        .group_by(col(ExecutionCase.status))
    )
    return {row[0]: row[1] for row in rows}


def spoiled(session: Session, execution_id: int, limit: int) -> list[ExecutionCase]:
    """The first that ended neither passed nor skipped."""
    return list(
        session.exec(
            select(ExecutionCase)
            .where(
                ExecutionCase.execution_id == execution_id,
                col(ExecutionCase.status).in_(CASE_TERMINAL - GOOD_OUTCOMES),
            )
            .order_by(col(ExecutionCase.run_order))
            .limit(limit)
        )
    )


def listed(
    session: Session, execution_id: int, status: int | None, page: Page | None
) -> tuple[list[ExecutionCase], int]:
    """By `run_order`; `page` None is everything."""
    wanted = [col(ExecutionCase.execution_id) == execution_id]
    if status is not None:
        wanted.append(col(ExecutionCase.status) == status)
    query = select(ExecutionCase).where(*wanted).order_by(col(ExecutionCase.run_order))
    if page is not None:
        query = query.offset(offset_of(page)).limit(page.page_size)
    total = session.exec(select(func.count()).select_from(ExecutionCase).where(*wanted)).one()
    return list(session.exec(query)), total


def history(
    session: Session, case_id: int, page: Page
) -> tuple[list[tuple[ExecutionCase, Execution]], int]:
    """The runs of a case, newest first."""
    query = (
        select(ExecutionCase, Execution)
        .where(ExecutionCase.case_id == case_id, ExecutionCase.execution_id == Execution.id)
        .order_by(col(ExecutionCase.id).desc())
        .offset(offset_of(page))
        .limit(page.page_size)
    )
    total = session.exec(
        select(func.count()).select_from(ExecutionCase).where(col(ExecutionCase.case_id) == case_id)
    ).one()
    return [(row[0], row[1]) for row in session.exec(query)], total


def judgements(session: Session, case_id: int) -> dict[int, int]:
    """How many runs of a case ended in each verdict of a test, not of the service."""
    rows = session.exec(
        select(ExecutionCase.status, func.count())
        .where(
            ExecutionCase.case_id == case_id,
            col(ExecutionCase.status).in_(VERDICTS),
            col(ExecutionCase.marked).is_(False),
        )
        .group_by(col(ExecutionCase.status))
    )
    return {row[0]: row[1] for row in rows}


def last_finished(session: Session, case_ids: Sequence[int]) -> dict[int, ExecutionCase]:
    """The newest finished run of each case."""
    newest = (
        select(func.max(ExecutionCase.id))
        .where(
            col(ExecutionCase.case_id).in_(case_ids), col(ExecutionCase.status).in_(CASE_TERMINAL)
        )
        .group_by(col(ExecutionCase.case_id))
    )
    rows = session.exec(select(ExecutionCase).where(col(ExecutionCase.id).in_(newest)))
    return {row.case_id: row for row in rows}
