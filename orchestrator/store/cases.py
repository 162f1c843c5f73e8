"""The cases of executions: their outcomes and the lists of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.errors import UnknownExecution
from orchestrator.status import CASE_TERMINAL, COUNTERS, GOOD_OUTCOMES, VERDICTS, CaseStatus
from orchestrator.store.paging import Page, offset_of

_TABLE: Final = ExecutionCase.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_CASES: Final = _TABLE.c
_EXECUTIONS: Final = Execution.__table__.c  # type: ignore[attr-defined]
#: cases that one statement names.
_NAMED: Final = 500
#: of a case without any result yet.
_NEW: Final = {"retry_count": 0, "ext": {}, "marked": False, "change_no": 0}


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, without an object for each: a plan may have thousands."""
    if rows:
        session.execute(insert(_TABLE), [{**_NEW, **row} for row in rows])


def _of(execution_id: int, shard_id: int | None) -> list[ColumnElement[bool]]:
    """That it is a case of the execution, or of one of its legs."""
    its = [col(ExecutionCase.execution_id) == execution_id]
    return its if shard_id is None else [*its, col(ExecutionCase.shard_id) == shard_id]


def without_result(
    session: Session, execution_id: int, shard_id: int | None = None
) -> list[tuple[int, int]]:
    """`(id, case_id)` of the cases (of a leg) that lack a result of their own."""
    is_mark = and_(col(ExecutionCase.status) == CaseStatus.BLOCKED, col(ExecutionCase.marked))
    rows = session.exec(
        select(ExecutionCase.id, ExecutionCase.case_id)
        .where(
            *_of(execution_id, shard_id),
            or_(col(ExecutionCase.status).not_in(CASE_TERMINAL), is_mark),
        )
        .order_by(col(ExecutionCase.run_order))
    )
    return [(row[0], row[1]) for row in rows]


def reported_counts(
    session: Session, execution_id: int, shard_id: int | None = None
) -> dict[int, int]:
    """How many cases ended in each status by a result, and not by a mark of the service."""
    rows = session.exec(
        select(ExecutionCase.status, func.count())
        .where(
            *_of(execution_id, shard_id),
            col(ExecutionCase.status).in_(CASE_TERMINAL),
            col(ExecutionCase.marked).is_(False),
        )
        .group_by(col(ExecutionCase.status))
    )
    return {row[0]: row[1] for row in rows}


def failed(session: Session, execution_id: int, limit: int) -> list[ExecutionCase]:
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


#: of a brief row: neither traces nor `ext`, and no more of a message than a line shows.
SHORT: Final = 80
BRIEF: Final = (
    *(
        _CASES[name]
        for name in (
            *("id", "case_id", "case_key", "case_title", "run_order", "status", "pytest_nodeid"),
            *("duration_seconds", "started_time", "retry_count", "worker", "marked"),
            *("checks_passed", "checks_total", "cause", "change_no", "shard_index"),
        )
    ),
    *(
        func.substr(_CASES[name], 1, SHORT + 1).label(name)  # one more tells that there is more
        for name in ("error_message", "result_message")
    ),
)


def listed(
    session: Session,
    execution_id: int,
    statuses: Sequence[int] | None,
    page: Page | None,
    *,
    keyword: str | None = None,
    brief: bool = False,
) -> tuple[Sequence[Any], int]:
    """Rows by `run_order`, and how many there are in all; `page` None is everything.

    `UnknownExecution`. Without a keyword the total is of the execution's own counters.
    """
    total, last = _measured(session, execution_id, statuses)
    offset = offset_of(page) if page is not None else 0
    wanted = [_CASES.execution_id == execution_id]
    if statuses is not None:
        is_one = len(statuses) == 1  # then it is a range of an index, also to planners
        wanted.append(_CASES.status == statuses[0] if is_one else _CASES.status.in_(statuses))
    if keyword:
        texts = ("case_key", "case_title", "pytest_nodeid", "error_message")
        found = (_CASES[name].icontains(keyword, autoescape=True) for name in texts)
        wanted.append(or_(*found))
        counted = columns(func.count()).select_from(_TABLE).where(*wanted)
        total = session.execute(counted).scalar() or 0
    if offset >= total:
        return [], total
    shown = BRIEF if brief else _TABLE.c
    query = columns(*shown).where(*wanted).order_by(_CASES.run_order)
    if offset:  # rows are fetched from their place on, none is fetched to be skipped
        dense = statuses is None and not keyword and last == total
        place = offset + 1 if dense else _nth(wanted, offset, total).scalar_subquery()
        query = query.where(_CASES.run_order >= place)
    if page is not None:
        query = query.limit(page.page_size)
    return session.execute(query).all(), total


def _measured(
    session: Session, execution_id: int, statuses: Sequence[int] | None
) -> tuple[int, int]:
    """How many there are by the execution's counters, and the last `run_order` of all.

    Orders are given out from 1 on: where the last is the total, each is its row's place.
    """
    names = ["total_count"] if statuses is None else [COUNTERS[CaseStatus(s)] for s in statuses]
    last = columns(func.max(_CASES.run_order)).where(_CASES.execution_id == execution_id)
    counters = (_EXECUTIONS[name] for name in names)
    row = session.execute(
        columns(last.scalar_subquery(), *counters).where(_EXECUTIONS.id == execution_id)
    ).first()
    if row is None:
        raise UnknownExecution
    return sum(row[1:]), row[0] or 0


def _nth(wanted: Sequence[ColumnElement[bool]], offset: int, total: int) -> Select[Any]:
    """The `run_order` after so many, looked for in the index from whichever end is nearer."""
    order = columns(_CASES.run_order).where(*wanted).limit(1)
    if offset <= total // 2:
        return order.order_by(_CASES.run_order).offset(offset)
    return order.order_by(_CASES.run_order.desc()).offset(total - offset - 1)


def named(session: Session, execution_id: int, ids: Sequence[int]) -> dict[int, int]:
    """The case of each of these rows that the execution has."""
    query = columns(_CASES.id, _CASES.case_id).where(
        _CASES.id.in_(ids), _CASES.execution_id == execution_id
    )
    return {row.id: row.case_id for row in session.execute(query.order_by(_CASES.id))}


def history(
    session: Session, case_id: int, env_code: str | None, page: Page
) -> tuple[list[tuple[ExecutionCase, Execution]], int]:
    """The runs of a case (in one environment), newest first."""
    wanted = _runs(case_id, env_code)
    query = (
        select(ExecutionCase, Execution)
        .where(*wanted, col(ExecutionCase.execution_id) == col(Execution.id))
        .order_by(col(ExecutionCase.id).desc())
        .offset(offset_of(page))
        .limit(page.page_size)
    )
    total = session.exec(select(func.count()).select_from(ExecutionCase).where(*wanted)).one()
    return [(row[0], row[1]) for row in session.exec(query)], total


def _runs(case_id: int, env_code: str | None) -> list[ColumnElement[bool]]:
    wanted = [col(ExecutionCase.case_id) == case_id]
    if env_code is not None:
        there = select(Execution.id).where(Execution.env_code == env_code)
        wanted.append(col(ExecutionCase.execution_id).in_(there))
    return wanted


def judgements(session: Session, case_id: int, env_code: str | None) -> dict[int, int]:
    """How many runs of a case ended in each verdict of a test, not of the service."""
    rows = session.exec(
        select(ExecutionCase.status, func.count())
        .where(
            *_runs(case_id, env_code),
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


def last_durations(session: Session, case_ids: Sequence[int]) -> dict[int, float]:
    """Seconds that each case took when it last passed or failed, where that is known."""
    found: dict[int, float] = {}
    for first in range(0, len(case_ids), _NAMED):
        newest = (
            columns(func.max(_CASES.id))
            .where(
                _CASES.case_id.in_(case_ids[first : first + _NAMED]),
                _CASES.status.in_((CaseStatus.PASSED, CaseStatus.FAILED)),
            )
            .group_by(_CASES.case_id)
        )
        query = columns(_CASES.case_id, _CASES.duration_seconds).where(
            _CASES.id.in_(newest), _CASES.duration_seconds.is_not(None)
        )
        found.update((row[0], row[1]) for row in session.execute(query))
    return found
