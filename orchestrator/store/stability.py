"""How steady cases are: one query over the newest runs of all that are asked for.

The rule of *flaky* stands in docs/en/catalogue.md; here it is SQL, so that a page of the catalogue
costs as many statements as one case.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.status import CASE_TERMINAL, VERDICTS, CaseStatus

#: finished runs of a case that are looked at.
WINDOW: Final = 20
#: of those, how many are named one by one.
RECENT: Final = 10
#: changes of the verdict that are no coincidence: one may be a bug that came, or its repair.
_FLIPS: Final = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stability:
    flaky: bool = False
    #: of the runs that judged the case and said how long they took.
    average_seconds: float | None = None


def stability(session: Session, case_ids: Sequence[int]) -> dict[int, Stability]:
    """How stable each case is, of those that were judged at all."""
    run = _judged(_windows(case_ids)).c
    by_environment = select(
        run.case_id,
        _count(run.before != run.passed).label("flips"),
        _count(run.before_same_code != run.passed).label("contradictions"),
        _count(and_(run.passed == 1, run.retry_count > 0)).label("healed"),
        func.sum(run.duration_seconds).label("seconds"),
        func.count(run.duration_seconds).label("measured"),
    ).group_by(run.case_id, run.env_code)
    of_case: dict[int, list[Any]] = {}
    for row in session.execute(by_environment):
        of_case.setdefault(row.case_id, []).append(row)
    found = {}
    for case_id, rows in of_case.items():
        seconds, measured = sum(row.seconds or 0 for row in rows), sum(row.measured for row in rows)
        found[case_id] = Stability(
            flaky=any(row.healed or row.contradictions or row.flips >= _FLIPS for row in rows),
            average_seconds=seconds / measured if measured else None,
        )
    return found


def recent_outcomes(
    session: Session, execution_id: int, case_ids: Sequence[int]
) -> dict[int, list[tuple[int, int]]]:
    """(execution, status) of the newest finished runs of each case, oldest first.

    Those of the window that ran in the environment of this execution.
    """
    windows = _windows(case_ids)
    env = select(col(Execution.env_code)).where(col(Execution.id) == execution_id)
    rows = session.execute(
        select(
            col(ExecutionCase.case_id), col(ExecutionCase.execution_id), col(ExecutionCase.status)
        )
        .where(
            col(ExecutionCase.execution_id) == col(Execution.id),
            col(Execution.env_code) == env.scalar_subquery(),
            col(ExecutionCase.case_id) == windows.c.case_id,
            col(ExecutionCase.id) >= windows.c.first,
            col(ExecutionCase.status).in_(CASE_TERMINAL),
        )
        .order_by(col(ExecutionCase.id))
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for case_id, execution, status in rows:
        found.setdefault(case_id, []).append((execution, status))
    return {case_id: runs[-RECENT:] for case_id, runs in found.items()}


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


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows meet it; a comparison with NULL meets nothing."""
    return func.sum(case((condition, 1), else_=0))
