"""The queue that the legs of an execution share: what is in it, and what each of them took."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from orchestrator.db.models import ExecutionCase, ExecutionShard
from orchestrator.status import CaseStatus
from orchestrator.store import changes
from orchestrator.store.legs import LegState
from orchestrator.store.session import WriteSession, affected_rows

#: in a case's `ext`: the legs that were lost while they ran it.
_LOST_RUNS: Final = "lost_runs"
_IN_QUEUE: Final = (
    col(ExecutionCase.shard_id).is_(None),
    col(ExecutionCase.queue_rank).is_not(None),
)


def queued_seconds(session: Session, execution_id: int) -> float:
    """How long what is in the queue may take."""
    query = select(func.sum(ExecutionCase.weight_seconds)).where(
        ExecutionCase.execution_id == execution_id, *_IN_QUEUE
    )
    return session.exec(query).one() or 0.0


def head(session: Session, execution_id: int, most: int) -> list[tuple[int, float]]:
    """`(id, seconds)` of the first in the queue."""
    query = (
        columns(col(ExecutionCase.id), col(ExecutionCase.weight_seconds))
        .where(
            col(ExecutionCase.execution_id) == execution_id,
            *_IN_QUEUE,
            col(ExecutionCase.status) == CaseStatus.PENDING,
        )
        .order_by(col(ExecutionCase.queue_rank))
        .limit(most)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def lease(
    session: WriteSession,
    leg: ExecutionShard,
    lease_id: str,
    ids: Sequence[int],
    now: dt.datetime,
) -> None:
    """Give it these cases of the queue, and remember the lease, also one of nothing."""
    if ids:
        given = (
            update(ExecutionCase)
            .where(
                col(ExecutionCase.id).in_(ids),
                *_IN_QUEUE,
                col(ExecutionCase.status) == CaseStatus.PENDING,
            )
            .values(
                shard_id=leg.id,
                shard_index=leg.shard_index,
                lease_id=lease_id,
                updated_time=now,
                change_no=changes.number_of_case(leg.execution_id),
            )
            .execution_options(synchronize_session=False)
        )
        if affected_rows(session, given) != len(ids):
            raise RuntimeError("a case left the queue although its execution is held")
        changes.count(session, leg.execution_id, now)
    leg.lease_ids = [*leg.lease_ids, lease_id]
    session.add(leg)
    session.flush()


def leased(session: Session, leg: ExecutionShard, lease_id: str) -> list[int]:
    """What this lease gave it."""
    query = (
        select(ExecutionCase.id)
        .where(ExecutionCase.shard_id == leg.id, ExecutionCase.lease_id == lease_id)
        .where(ExecutionCase.execution_id == leg.execution_id)
        .order_by(col(ExecutionCase.queue_rank))
    )
    return list(session.exec(query))


def give_back(session: WriteSession, leg: ExecutionShard, now: dt.datetime) -> None:
    """What it has not begun, into the queue again, each at its old place."""
    back = (
        update(ExecutionCase)
        .where(
            col(ExecutionCase.execution_id) == leg.execution_id,
            col(ExecutionCase.shard_id) == leg.id,
            col(ExecutionCase.status) == CaseStatus.PENDING,
        )
        .values(
            shard_id=None,
            shard_index=None,
            lease_id=None,
            updated_time=now,
            change_no=changes.number_of_case(leg.execution_id),
        )
        .execution_options(synchronize_session=False)
    )
    if affected_rows(session, back):
        changes.count(session, leg.execution_id, now)


def requeue_begun(session: WriteSession, leg: ExecutionShard) -> None:
    """What it had begun, into the queue once more; the row says which leg was lost with it."""
    begun = session.exec(
        select(ExecutionCase.id, ExecutionCase.ext).where(
            ExecutionCase.execution_id == leg.execution_id,
            ExecutionCase.shard_id == leg.id,
            ExecutionCase.status == CaseStatus.RUNNING,
            ExecutionCase.lost_count == 0,
        )
    ).all()
    for number, ext in begun:
        session.execute(
            update(ExecutionCase)
            .where(col(ExecutionCase.id) == number)
            .values(
                status=int(CaseStatus.PENDING),
                started_time=None,
                retry_count=0,
                lost_count=1,
                ext={**ext, _LOST_RUNS: [_name(leg)]},
            )
            .execution_options(synchronize_session=False)
        )


def was_lost_with(ext: Mapping[str, Any], leg: LegState) -> bool:
    """Whether a case's `ext` says that this leg was lost while it ran the case."""
    return _name(leg) in ext.get(_LOST_RUNS, ())


def _name(leg: ExecutionShard | LegState) -> dict[str, int]:
    return {"shard_index": leg.shard_index, "attempt": leg.attempt}


def others_hold(session: Session, leg: ExecutionShard, statuses: Collection[CaseStatus]) -> bool:
    """Whether another leg has a case in one of these statuses."""
    query = select(ExecutionCase.id).where(
        ExecutionCase.execution_id == leg.execution_id,
        col(ExecutionCase.status).in_(statuses),
        col(ExecutionCase.shard_id).is_not(None),
        ExecutionCase.shard_id != leg.id,
    )
    return session.exec(query.limit(1)).first() is not None


def has_passed(session: Session, leg: ExecutionShard) -> bool:
    """Whether a case of it has."""
    query = select(ExecutionCase.id).where(
        ExecutionCase.execution_id == leg.execution_id,
        ExecutionCase.shard_id == leg.id,
        ExecutionCase.status == CaseStatus.PASSED,
    )
    return session.exec(query.limit(1)).first() is not None


def verdicts(session: Session, execution_id: int) -> Mapping[int, Mapping[bool, int]]:
    """By leg: how many outcomes of tests are a pass, and how many a failure or a block."""
    found: dict[int, dict[bool, int]] = {}
    judged = (CaseStatus.PASSED, CaseStatus.FAILED, CaseStatus.BLOCKED)
    query = (
        columns(col(ExecutionCase.shard_id), col(ExecutionCase.status), func.count())
        .where(
            col(ExecutionCase.execution_id) == execution_id,
            col(ExecutionCase.shard_id).is_not(None),
            col(ExecutionCase.status).in_(judged),
            col(ExecutionCase.marked).is_(False),
        )
        .group_by(col(ExecutionCase.shard_id), col(ExecutionCase.status))
    )
    for shard_id, status, number in session.execute(query):
        of_leg = found.setdefault(shard_id, {})
        passed = status == CaseStatus.PASSED
        of_leg[passed] = of_leg.get(passed, 0) + number
    return found


def blocked_by(session: Session, execution_id: int) -> set[int]:
    """The legs whose loss is all that is known of some case."""
    query = (
        columns(col(ExecutionCase.shard_id))
        .where(
            col(ExecutionCase.execution_id) == execution_id,
            col(ExecutionCase.shard_id).is_not(None),
            col(ExecutionCase.status) == CaseStatus.BLOCKED,
            col(ExecutionCase.marked).is_(True),
        )
        .distinct()
    )
    return set(session.scalars(query))


def kept_ext(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What the `ext` of these cases says of lost legs, which no result may replace."""
    query = columns(col(ExecutionCase.id), col(ExecutionCase.ext))
    rows = connection.execute(query.where(col(ExecutionCase.id).in_(ids)))
    return {number: {_LOST_RUNS: ext[_LOST_RUNS]} for number, ext in rows}
