"""The cases of executions: their outcomes and the lists of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.errors import UnknownExecution
from orchestrator.models import Execution, ExecutionCase
from orchestrator.status import CASE_TERMINAL, COUNTERS, GOOD_OUTCOMES, VERDICTS, CaseStatus

from .paging import Page, offset_of

_TABLE: Final = ExecutionCase.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_CASES: Final = _TABLE.c
_EXECUTIONS: Final = Execution.__table__.c  # type: ignore[attr-defined]
#: of a case that nobody has heard of yet.
_FRESH: Final = {"retry_count": 0, "ext": {}, "marked": False, "change_no": 0}


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Without an object for each: a plan may have thousands."""
    if rows:
        session.execute(insert(_TABLE), [{**_FRESH, **row} for row in rows])


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
) -> tuple[Sequence[Any], int]:
    """Rows by `run_order`, and how many there are in all; `page` None is everything.

    `UnknownExecution`. The total is the execution's own counter.
    """
    total, last = _measured(session, execution_id, status)
    offset = offset_of(page) if page is not None else 0
    if offset >= total:
        return [], total
    wanted = [_CASES.execution_id == execution_id]
    if status is not None:
        wanted.append(_CASES.status == status)
    query = columns(ExecutionCase.__table__).where(*wanted).order_by(_CASES.run_order)  # type: ignore[attr-defined]
    if offset:  # rows are fetched from their place on, none is fetched to be skipped
        dense = status is None and last == total
        place = offset + 1 if dense else _nth(wanted, offset, total).scalar_subquery()
        query = query.where(_CASES.run_order >= place)
    if page is not None:
        query = query.limit(page.page_size)
    return session.execute(query).all(), total


def _measured(session: Session, execution_id: int, status: int | None) -> tuple[int, int]:
    """How many there are by the execution's counter, and the last `run_order` of all.

    Orders are given out from 1 on: where the last is the total, each is its row's place.
    """
    name = "total_count" if status is None else COUNTERS[CaseStatus(status)]
    last = columns(func.max(_CASES.run_order)).where(_CASES.execution_id == execution_id)
    row = session.execute(
        columns(_EXECUTIONS[name], last.scalar_subquery()).where(_EXECUTIONS.id == execution_id)
    ).first()
    if row is None:
        raise UnknownExecution
    return row[0], row[1] or 0


def _nth(wanted: Sequence[ColumnElement[bool]], offset: int, total: int) -> Select[Any]:
    """The `run_order` after so many, looked for in the index from whichever end is nearer."""
    order = columns(_CASES.run_order).where(*wanted).limit(1)
    if offset <= total // 2:
        return order.order_by(_CASES.run_order).offset(offset)
    return order.order_by(_CASES.run_order.desc()).offset(total - offset - 1)


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
