"""What the steps of cases exchanged, as their runner told it, and which run of a case passed last.

Of runs that passed only the last of each case and environment has some, unless all are kept: so
they are bounded by the number of cases. Where two processes store two at the same moment both
stay until the next; the newest counts.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from orchestrator.db.models import Exchange, Execution, ExecutionCase
from orchestrator.errors import UnknownExecution
from orchestrator.i18n import tr
from orchestrator.status import CaseStatus

_TABLE: Final = Exchange.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_IN_CHUNK: Final = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    execution_id: int
    execution_case_id: int
    case_id: int
    env_code: str
    passed: bool
    document: str
    #: the case had an outcome before.
    again: bool


_STORED: Final = tuple(field.name for field in dataclasses.fields(Kept) if field.name != "again")


def keep(connection: Connection, kept: Sequence[Kept], *, every_pass: bool) -> None:
    again = [one.execution_case_id for one in kept if one.again]
    _forget(connection, _TABLE.c.execution_case_id, again)
    if not every_pass:
        _forget_older_passes(connection, [one for one in kept if one.passed])
    rows = [{name: getattr(one, name) for name in _STORED} for one in kept]
    connection.execute(insert(_TABLE), rows)


def _forget_older_passes(connection: Connection, passed: Sequence[Kept]) -> None:
    """Never a newer one: a result may come after those of a later run."""
    by_environment: dict[str, list[Kept]] = defaultdict(list)
    for one in passed:
        by_environment[one.env_code].append(one)
    for env_code, those in by_environment.items():
        newest = max(one.execution_case_id for one in those)
        older = (
            _TABLE.c.env_code == env_code,
            _TABLE.c.passed.is_(True),
            _TABLE.c.execution_case_id < newest,
        )
        _forget(connection, _TABLE.c.case_id, [one.case_id for one in those], *older)


def _forget(connection: Connection, column: Any, values: Iterable[int], *more: Any) -> None:
    wanted = sorted(set(values))
    for i in range(0, len(wanted), _IN_CHUNK):
        chunk = wanted[i : i + _IN_CHUNK]
        connection.execute(delete(_TABLE).where(column.in_(chunk), *more))


def of(session: Session, execution_case_id: int) -> str | None:
    return session.execute(
        select(_TABLE.c.document).where(_TABLE.c.execution_case_id == execution_case_id)
    ).scalar()


def last_passes(session: Session, execution_case_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Of each of these rows: the run of its case that passed before it in its environment."""
    mine, earlier, its = aliased(ExecutionCase), aliased(ExecutionCase), aliased(Execution)
    here = aliased(Execution)
    last = (
        select(col(earlier.id))
        .where(
            col(earlier.case_id) == col(mine.case_id),
            col(earlier.status) == int(CaseStatus.PASSED),
            col(earlier.id) < col(mine.id),
            col(its.id) == col(earlier.execution_id),
            col(its.env_code) == col(here.env_code),
        )
        .order_by(col(earlier.id).desc())
        .limit(1)
        .correlate(mine, here)
        .scalar_subquery()
    )
    found = (
        select(col(mine.id).label("of"), last.label("last"))
        .where(col(mine.id).in_(execution_case_ids), col(here.id) == col(mine.execution_id))
        .subquery()
    )
    rows = session.execute(
        select(
            found.c.of,
            col(ExecutionCase.id).label("execution_case_id"),
            col(ExecutionCase.execution_id),
            col(ExecutionCase.finished_time),
            col(Execution.execution_no),
            _TABLE.c.id.is_not(None).label("exchanges"),
        )
        .join(ExecutionCase, col(ExecutionCase.id) == found.c.last)
        .join(Execution, col(Execution.id) == col(ExecutionCase.execution_id))
        .outerjoin(_TABLE, _TABLE.c.execution_case_id == col(ExecutionCase.id))
    )
    return {row.of: row for row in rows}


def row_of(session: Session, execution_case_id: int) -> ExecutionCase:
    row = session.get(ExecutionCase, execution_case_id, populate_existing=True)
    if row is None:
        raise UnknownExecution(tr("未查询到对应执行明细"))
    return row
