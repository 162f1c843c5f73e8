"""The cases of executions: their outcomes and the lists of them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import ColumnElement, and_, false, func, or_, update
from sqlmodel import Session, col, select

from orchestrator.models import Execution, ExecutionCase
from orchestrator.status import (
    CASE_TERMINAL,
    GOOD_OUTCOMES,
    REAL_OUTCOMES,
    TERMINAL,
    VERDICTS,
    CaseStatus,
    ExecutionStatus,
    case_before,
)

from . import changes
from .moves import changed
from .paging import Page, offset_of

_IN_CHUNK: Final = 500


class Result(Protocol):
    """What a runner says about one case (`shapes.internal.CaseResult`)."""

    status: int
    pytest_nodeid: str | None
    result_message: str | None
    error_message: str | None
    stack_trace: str | None
    report_url: str | None
    duration_seconds: float | None
    started_time: dt.datetime | None
    finished_time: dt.datetime | None
    retry_count: int
    ext: dict[str, Any] | None
    result_id: str | None


def take(
    session: Session, execution: Execution, case: int, result: Result, now: dt.datetime
) -> bool:
    """Store the outcome of the case with the row id `case` if the delivery rules let it in."""
    status = CaseStatus(result.status)
    over = ExecutionStatus(execution.status) in TERMINAL
    fields = _running(result, now) if status is CaseStatus.RUNNING else _outcome(result, now)
    guarded = update(ExecutionCase).where(
        col(ExecutionCase.id) == case, _may_take(status, result, over=over)
    )
    fields |= {"updated_time": now, "change_no": changes.number_of_case(execution.id or 0)}
    taken = changed(session, guarded.values(status=int(status), **fields)) == 1
    if not taken and status is CaseStatus.RUNNING:
        _remember_start(session, execution, case, result)
    return taken


def _may_take(status: CaseStatus, result: Result, *, over: bool) -> ColumnElement[bool]:
    """The guard of a case's move: first outcome, newer attempt, or a late real outcome."""
    row_status, retries = col(ExecutionCase.status), col(ExecutionCase.retry_count)
    first = row_status.in_(case_before(status))
    if status is CaseStatus.RUNNING:
        return and_(first, retries <= result.retry_count)
    newer = and_(row_status.in_(CASE_TERMINAL), retries < result.retry_count)
    heals = over and status in REAL_OUTCOMES
    late = and_(_is_mark(), retries <= result.retry_count) if heals else false()
    return or_(first, and_(or_(newer, late), _not_seen(result)))


def _is_mark() -> ColumnElement[bool]:
    """The case got its status because the execution ended, not from a test."""
    row_status = col(ExecutionCase.status)
    blocked_by_us = and_(row_status == CaseStatus.BLOCKED, col(ExecutionCase.marked))
    return or_(row_status == CaseStatus.CANCELED, blocked_by_us)


def _not_seen(result: Result) -> ColumnElement[bool]:
    seen = col(ExecutionCase.result_id)
    return or_(seen.is_(None), seen != (result.result_id or ""))


def _running(result: Result, now: dt.datetime) -> dict[str, Any]:
    started = result.started_time or func.coalesce(col(ExecutionCase.started_time), now)
    fields: dict[str, Any] = {"retry_count": result.retry_count, "started_time": started}
    return fields | _given(pytest_nodeid=result.pytest_nodeid)


def _outcome(result: Result, now: dt.datetime) -> dict[str, Any]:
    return {
        "retry_count": result.retry_count,
        "result_id": result.result_id,
        "result_message": result.result_message or "",
        "error_message": result.error_message or "",
        "stack_trace": result.stack_trace or "",
        "duration_seconds": result.duration_seconds,
        "finished_time": result.finished_time or now,
        "ext": result.ext or {},
        "marked": False,
    } | _given(
        pytest_nodeid=result.pytest_nodeid,
        report_url=result.report_url,
        started_time=result.started_time,
    )


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _remember_start(session: Session, execution: Execution, case: int, result: Result) -> None:
    """A `running` that comes after its outcome still knows when the test began."""
    if result.started_time is not None:
        session.execute(
            update(ExecutionCase)
            .where(
                col(ExecutionCase.id) == case,
                col(ExecutionCase.started_time).is_(None),
                col(ExecutionCase.retry_count) == result.retry_count,
                or_(
                    col(ExecutionCase.finished_time).is_(None),
                    col(ExecutionCase.finished_time) >= result.started_time,
                ),
            )
            .values(
                started_time=result.started_time,
                change_no=changes.number_of_case(execution.id or 0),
            )
        )


class Located(NamedTuple):
    id: int
    case_id: int
    plan_case_id: int | None
    started_time: dt.datetime | None


def located(
    session: Session, execution_id: int, *, ids: Iterable[int], case_ids: Iterable[int]
) -> list[Located]:
    """The rows of this execution that are asked for."""
    found: dict[int, Located] = {}
    for column, wanted in ((ExecutionCase.id, ids), (ExecutionCase.case_id, case_ids)):
        for chunk in _chunks(sorted(set(wanted))):
            rows = session.exec(
                select(
                    ExecutionCase.id,
                    ExecutionCase.case_id,
                    ExecutionCase.plan_case_id,
                    ExecutionCase.started_time,
                ).where(ExecutionCase.execution_id == execution_id, col(column).in_(chunk))
            )
            found |= {row[0] or 0: Located(row[0] or 0, *row[1:]) for row in rows}
    return [found[number] for number in sorted(found)]


def _chunks(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[i : i + _IN_CHUNK] for i in range(0, len(values), _IN_CHUNK))


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
