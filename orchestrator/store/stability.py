"""How steady cases are: one query over the newest runs of all that are asked for.

The rule of *flaky* stands in docs/catalogue.md; here it is SQL, so that a page of the catalogue
costs as many statements as one case.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from orchestrator.models import Execution, ExecutionCase
from orchestrator.status import CASE_TERMINAL, VERDICTS, CaseStatus

#: finished runs of a case that are looked at.
WINDOW: Final = 20
#: changes of the verdict that are no coincidence: one may be a bug that came, or its repair.
_FLIPS: Final = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stability:
    flaky: bool = False
    #: of the runs that judged the case and said how long they took.
    average_seconds: float | None = None


def stability(session: Session, case_ids: Sequence[int]) -> dict[int, Stability]:
    """Of each case that was judged at all."""
    of_case: dict[int, list[Any]] = {}
    for row in session.execute(_by_environment(_judged(_windows(case_ids)))):
        of_case.setdefault(row.case_id, []).append(row)
    return {case_id: _stability(rows) for case_id, rows in of_case.items()}


def _stability(rows: Sequence[Any]) -> Stability:
    seconds, measured = sum(row.seconds or 0 for row in rows), sum(row.measured for row in rows)
    return Stability(
        flaky=any(row.healed or row.contradictions or row.flips >= _FLIPS for row in rows),
        average_seconds=seconds / measured if measured else None,
    )


def _windows(case_ids: Sequence[int]) -> Subquery:
    """Where the window of each case begins; grouped, so that it is found once for each."""
    other = aliased(ExecutionCase)
    begin = (
        select(col(other.id))
        .where(
            col(other.case_id) == col(ExecutionCase.case_id), col(other.status).in_(CASE_TERMINAL)
        )
        .order_by(col(other.id).desc())
        .offset(WINDOW - 1)
        .limit(1)
        .correlate(ExecutionCase)
        .scalar_subquery()
    )
    return (
        select(col(ExecutionCase.case_id), func.coalesce(begin, 0).label("first"))
        .where(col(ExecutionCase.case_id).in_(case_ids))
        .group_by(col(ExecutionCase.case_id))
        .subquery("windows")
    )


def _judged(windows: Subquery) -> Subquery:
    """The runs that judged a case, each with the verdict before it in the same environment."""
    passed = case((col(ExecutionCase.status) == CaseStatus.PASSED, 1), else_=0)
    place = [col(ExecutionCase.case_id), col(Execution.env_code)]
    same_code = _before(passed, [*place, col(Execution.revision)])
    return (
        select(
            col(ExecutionCase.case_id),
            col(Execution.env_code),
            passed.label("passed"),
            col(ExecutionCase.retry_count),
            col(ExecutionCase.duration_seconds),
            _before(passed, place).label("before"),
            case((col(Execution.revision).is_not(None), same_code)).label("before_same_code"),
        )
        .where(
            col(ExecutionCase.execution_id) == col(Execution.id),
            col(ExecutionCase.case_id) == windows.c.case_id,
            col(ExecutionCase.id) >= windows.c.first,
            col(ExecutionCase.status).in_(VERDICTS),
            col(ExecutionCase.marked).is_(False),
        )
        .subquery("judged")
    )


def _before(passed: ColumnElement[int], group: list[Any]) -> ColumnElement[Any]:
    return func.lag(passed).over(partition_by=group, order_by=col(ExecutionCase.id))


def _by_environment(judged: Subquery) -> Select[Any]:
    run = judged.c
    return select(
        run.case_id,
        _count(run.before != run.passed).label("flips"),
        _count(run.before_same_code != run.passed).label("contradictions"),
        _count(and_(run.passed == 1, run.retry_count > 0)).label("healed"),
        func.sum(run.duration_seconds).label("seconds"),
        func.count(run.duration_seconds).label("measured"),
    ).group_by(run.case_id, run.env_code)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows meet it; a comparison with NULL meets nothing."""
    return func.sum(case((condition, 1), else_=0))
