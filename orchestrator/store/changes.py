"""The order of what happens to one execution, kept in its rows: a log that needs no table.

`execution.change_no` counts what happened to it; `execution_case.change_no` says at which count the
case last moved. A case takes the number that its execution gets next, so whoever moves cases moves
their execution in the same transaction (the counters see to that). Both happen while the row of the
execution is held, so numbers become visible in order: who saw all up to one missed nothing.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, ScalarSelect, Select, and_, or_, select, update
from sqlmodel import Session, col

from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.store import executions
from orchestrator.store.cases import BRIEF
from orchestrator.store.session import WriteSession

#: columns that nobody is shown, and signs of life, which no listener is told of: they come by the
#: second, and whoever wants to see them asks for the execution.
UNSEEN: Final = frozenset(
    {"runner_id", "heard_time", "lease_until", "start_fields", "callback_token_hash"}
    | {"owner", "process", "closed_time", "active_key", "shard_relaunch"}
)
_LAST: Final = 2**63 - 1


class Position(NamedTuple):
    """How far a reader is: every row up to `row` of the changes with this number is known."""

    number: int
    row: int = _LAST


#: before everything: also before rows of a database that did not count yet.
START: Final = Position(-1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changes:
    execution: Execution
    #: rows that moved after the position, in order; each as it is now.
    cases: Sequence[Row[Any]]
    #: these are all: the execution's own row closes them.
    complete: bool
    #: the execution itself is news too.
    execution_changed: bool


def numbered(session: WriteSession, execution_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to set, with the next number when a listener would see a difference."""
    if fields.keys() <= UNSEEN:
        return dict(fields)
    session.changed_executions.add(execution_id)
    return {**fields, "change_no": Execution.change_no + 1}


def count(session: WriteSession, execution_id: int, now: dt.datetime) -> None:
    """Something of it is news, but none of its columns."""
    session.changed_executions.add(execution_id)
    session.execute(
        update(Execution)
        .where(col(Execution.id) == execution_id)
        .values(change_no=Execution.change_no + 1, updated_time=now)
        .execution_options(synchronize_session=False)
    )


def number_of_case(execution_id: int) -> ScalarSelect[int]:
    """What a case's `change_no` is set to: the number that its execution gets next."""
    return (
        select(col(Execution.change_no) + 1)
        .where(col(Execution.id) == execution_id)
        .scalar_subquery()
    )


def since(
    session: Session, execution_id: int, position: Position, limit: int, *, brief: bool = False
) -> Changes:
    """What happened after the position, at most `limit` cases of it; `UnknownExecution`.

    A position that the execution never reached (the database is an older copy) counts as none.
    """
    execution = executions.get(session, execution_id)
    latest = Position(execution.change_no)
    if position > latest:
        position = START
    cases: Sequence[Row[Any]] = ()
    if position != latest:
        query = _moved(execution, position).limit(limit + 1)
        shown = BRIEF if brief else ExecutionCase.__table__.c  # type: ignore[attr-defined]
        cases = session.execute(query.with_only_columns(*shown)).all()
    complete = len(cases) <= limit
    return Changes(
        execution=execution,
        cases=cases[:limit],
        complete=complete,
        execution_changed=complete and position < latest,
    )


def _moved(execution: Execution, position: Position) -> Select[Any]:
    """Nothing newer than the execution's row: that comes with its own number, next time."""
    number, row = col(ExecutionCase.change_no), col(ExecutionCase.id)
    return (
        select(row)
        .where(
            col(ExecutionCase.execution_id) == execution.id,
            number <= execution.change_no,
            or_(number > position.number, and_(number == position.number, row > position.row)),
        )
        .order_by(number, row)
    )
