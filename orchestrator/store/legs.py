"""Legs: the machines that share the queue of one execution."""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, func, tuple_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.db.models import ExecutionCase, ExecutionShard
from orchestrator.status import CASE_TERMINAL, OPEN, CaseStatus, ExecutionStatus
from orchestrator.store import changes
from orchestrator.store.prepared_statements import PreparedUpdate
from orchestrator.store.session import WriteSession, affected_rows

_LEGS: Final = ExecutionShard.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it


@dataclasses.dataclass(frozen=True, kw_only=True)
class LegWithCounts:
    """A leg, and how many of its cases stand where."""

    leg: ExecutionShard
    leased: int
    running: int
    done: int
    failed: int


def of_execution(session: Session, execution_id: int) -> Sequence[ExecutionShard]:
    """All attempts, those of one leg in their order."""
    return session.exec(
        select(ExecutionShard)
        .where(ExecutionShard.execution_id == execution_id)
        .order_by(col(ExecutionShard.shard_index), col(ExecutionShard.attempt))
    ).all()


def with_counts(session: Session, execution_id: int) -> list[LegWithCounts]:
    numbers: Counter[tuple[int, int]] = Counter()
    rows = session.exec(
        select(ExecutionCase.shard_id, ExecutionCase.status, func.count())
        .where(ExecutionCase.execution_id == execution_id, col(ExecutionCase.shard_id).is_not(None))
        .group_by(col(ExecutionCase.shard_id), col(ExecutionCase.status))
    )
    for shard_id, status, number in rows:
        numbers[shard_id or 0, status] = number
    return [
        LegWithCounts(
            leg=leg,
            leased=numbers[leg.id, CaseStatus.PENDING],
            running=numbers[leg.id, CaseStatus.RUNNING],
            done=sum(numbers[leg.id, status] for status in CASE_TERMINAL),
            failed=numbers[leg.id, CaseStatus.FAILED] + numbers[leg.id, CaseStatus.BLOCKED],
        )
        for leg in of_execution(session, execution_id)
    ]


def add(
    session: WriteSession,
    execution_id: int,
    shard_index: int,
    status: ExecutionStatus,
    now: dt.datetime,
    *,
    attempt: int = 1,
) -> ExecutionShard:
    leg = ExecutionShard(
        execution_id=execution_id,
        shard_index=shard_index,
        attempt=attempt,
        status=status,
        created_time=now,
        updated_time=now,
    )
    session.add(leg)
    session.flush()
    changes.count(session, execution_id, now)
    return leg


def get(session: Session, shard_id: int) -> ExecutionShard:
    return session.exec(
        select(ExecutionShard)
        .where(ExecutionShard.id == shard_id)
        .execution_options(populate_existing=True)
    ).one()


def of_runner(session: Session, execution_id: int, runner_id: str | None) -> ExecutionShard | None:
    return session.exec(
        select(ExecutionShard)
        .where(ExecutionShard.execution_id == execution_id, ExecutionShard.runner_id == runner_id)
        .execution_options(populate_existing=True)
    ).first()


def newest(session: Session, execution_id: int) -> list[ExecutionShard]:
    """The last attempt of each leg, by its index."""
    return list({leg.shard_index: leg for leg in of_execution(session, execution_id)}.values())


def silent(session: Session, execution_id: int, before: dt.datetime) -> list[int]:
    """Legs at work whose lease ended before that."""
    rows = session.exec(
        select(ExecutionShard.id)
        .where(
            ExecutionShard.execution_id == execution_id,
            ExecutionShard.status == ExecutionStatus.RUNNING,
            col(ExecutionShard.lease_until) < before,
        )
        .order_by(col(ExecutionShard.id))
    )
    return list(rows)


def move(
    session: WriteSession,
    leg: ExecutionShard,
    to: ExecutionStatus,
    now: dt.datetime,
    **fields: Any,
) -> None:
    """From the status that it was read in, while its execution is held; news for listeners."""
    guarded = (
        update(ExecutionShard)
        .where(col(ExecutionShard.id) == leg.id, col(ExecutionShard.status) == leg.status)
        .values(status=int(to), updated_time=now, **fields)
    )
    if affected_rows(session, guarded) != 1:
        raise RuntimeError("a leg moved although its execution is held")
    session.refresh(leg)
    changes.count(session, leg.execution_id, now)


def end_open(
    session: WriteSession,
    execution_id: int,
    to: ExecutionStatus,
    now: dt.datetime,
    *,
    never_came: str,
) -> None:
    """With their execution; `never_came`: what is said of those that had not started."""
    started = col(ExecutionShard.status) == ExecutionStatus.RUNNING
    session.execute(
        update(ExecutionShard)
        .where(
            col(ExecutionShard.execution_id) == execution_id, col(ExecutionShard.status).in_(OPEN)
        )
        .values(
            status=int(to),
            end_time=now,
            updated_time=now,
            message=case((started, col(ExecutionShard.message)), else_=never_came),
        )
        .execution_options(synchronize_session=False)
    )


@dataclasses.dataclass(slots=True, eq=False)
class LegState:
    """A leg as results see it."""

    id: int
    execution_id: int
    shard_index: int
    attempt: int
    status: int
    runner_id: str
    #: its lease is to be renewed.
    alive: bool = False


def of_runners(
    connection: Connection, wanted: Iterable[tuple[int, str | None]]
) -> dict[tuple[int, str | None], LegState]:
    """The legs of these `(execution, runner)`."""
    known = sorted((number, runner) for number, runner in set(wanted) if runner is not None)
    if not known:
        return {}
    names = ("id", "execution_id", "shard_index", "attempt", "status", "runner_id")
    query = columns(*(_LEGS[name] for name in names)).where(
        tuple_(_LEGS.execution_id, _LEGS.runner_id).in_(known)
    )
    found = (LegState(*row) for row in connection.execute(query))
    return {(leg.execution_id, leg.runner_id): leg for leg in found}


_RENEWED: Final = PreparedUpdate(
    update(ExecutionShard)
    .where(_LEGS.id == bindparam("its_id", type_=_LEGS.id.type))
    .values(
        heard_time=bindparam("new_heard_time", type_=_LEGS.heard_time.type),
        lease_until=bindparam("new_lease_until", type_=_LEGS.lease_until.type),
    )
)


def renew_alive(
    connection: Connection, legs: Iterable[LegState], now: dt.datetime, until: dt.datetime
) -> None:
    _RENEWED.run(
        connection,
        [
            {"its_id": leg.id, "new_heard_time": now, "new_lease_until": until}
            for leg in legs
            if leg.alive
        ],
    )


def all_slots(session: Session, execution_id: int) -> int:
    """How many tests the legs at work run at once."""
    query = select(func.sum(ExecutionShard.slots)).where(
        ExecutionShard.execution_id == execution_id,
        ExecutionShard.status == ExecutionStatus.RUNNING,
    )
    return int(session.exec(query).one() or 0)
