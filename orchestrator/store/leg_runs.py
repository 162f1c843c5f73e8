"""Legs as their runners have them: to be triggered, followed, found again."""

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.status import OPEN, ExecutionStatus
from orchestrator.store import changes, executions
from orchestrator.store.session import WriteSession, affected_rows

#: newly ended executions whose builds may still publish a report.
_NEWEST: Final = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Followed:
    """A leg with its execution, and the newest build of the attempts before it."""

    leg: ExecutionShard
    execution: Execution
    after_build: int


def execution_of_token(session: Session, token_hash: str) -> Execution | None:
    """The execution whose leg has this callback token."""
    leg = select(ExecutionShard.execution_id).where(
        ExecutionShard.callback_token_hash == token_hash
    )
    found = session.exec(leg).first()
    return None if found is None else session.get(Execution, found)


def get(session: Session, shard_id: int) -> Followed:
    """As it is now."""
    leg = session.get_one(ExecutionShard, shard_id, populate_existing=True)
    execution = session.get_one(Execution, leg.execution_id)
    return _followed(session, leg, execution)


def lock(session: WriteSession, shard_id: int) -> Followed:
    """As it is now, its execution held."""
    executions.lock(session, session.get_one(ExecutionShard, shard_id).execution_id)
    return get(session, shard_id)


def untriggered(
    session: Session, runner: str, owner: str, execution_id: int | None = None
) -> list[int]:
    """Legs that nobody has asked the runner for, and that this owner may ask for."""
    query = (
        select(ExecutionShard.id)
        .join(Execution, col(Execution.id) == col(ExecutionShard.execution_id))
        .where(
            col(Execution.status).in_(OPEN),
            Execution.runner == runner,
            or_(col(Execution.owner).is_(None), col(Execution.owner) == owner),
            ExecutionShard.status == ExecutionStatus.TRIGGERING,
            col(ExecutionShard.callback_token_hash).is_(None),
        )
        .order_by(col(ExecutionShard.id))
    )
    if execution_id is not None:
        query = query.where(ExecutionShard.execution_id == execution_id)
    return list(session.exec(query))


def _is_there() -> ColumnElement[bool]:
    """That a leg is, or may be, somewhere."""
    return and_(
        col(Execution.status).in_(OPEN),
        col(ExecutionShard.status).in_(OPEN),
        col(ExecutionShard.callback_token_hash).is_not(None),
    )


def open_of(session: Session, runner: str) -> list[Followed]:
    """The runner's legs that are, or may be, somewhere."""
    return _with_executions(session, runner, _is_there())


def polled(session: Session, runner: str) -> list[Followed]:
    """As `open_of`, and those newly ended whose build may still publish a report."""
    newest = session.exec(select(func.max(Execution.id))).one() or 0
    lacks_report = and_(
        col(Execution.id) > newest - _NEWEST,
        col(ExecutionShard.status).not_in(OPEN),
        col(ExecutionShard.jenkins_build_number).is_not(None),
        col(ExecutionShard.report_url).is_(None),
    )
    return _with_executions(session, runner, or_(_is_there(), lacks_report))


def of_execution(
    session: Session, execution: Execution, statuses: Collection[ExecutionStatus] = OPEN
) -> list[Followed]:
    """Its legs that are, or may be, somewhere; also after its end."""
    rows = session.exec(
        select(ExecutionShard)
        .where(
            ExecutionShard.execution_id == execution.id, col(ExecutionShard.status).in_(statuses)
        )
        .order_by(col(ExecutionShard.id))
        .execution_options(populate_existing=True)
    )
    return [_followed(session, leg, execution) for leg in rows.all()]


def not_needed(session: Session, shard_ids: Collection[int]) -> list[int]:
    """Those of them that were ended before they came."""
    query = select(ExecutionShard.id).where(
        col(ExecutionShard.id).in_(shard_ids),
        ExecutionShard.status == ExecutionStatus.CANCELED,
        col(ExecutionShard.start_time).is_(None),
    )
    return list(session.exec(query))


def to_stop(session: Session, shard_ids: Collection[int]) -> list[Followed]:
    """Those of them that begin nothing more: lost ones, and those whose execution somebody
    cancelled, perhaps at another instance."""
    query = (
        select(ExecutionShard, Execution)
        .join(Execution, col(Execution.id) == col(ExecutionShard.execution_id))
        .where(
            col(ExecutionShard.id).in_(shard_ids),
            or_(
                col(Execution.status) == ExecutionStatus.CANCELED,
                col(ExecutionShard.status) == ExecutionStatus.CALLBACK_LOST,
            ),
        )
    )
    return [_followed(session, leg, execution) for leg, execution in session.exec(query)]


def claim(
    session: WriteSession, leg: ExecutionShard, token_hash: str, owner: str | None, now: dt.datetime
) -> bool:
    """Whoever gives it its first token asks the runner; False when another one was quicker."""
    guarded = (
        update(ExecutionShard)
        .where(
            col(ExecutionShard.id) == leg.id,
            col(ExecutionShard.status) == ExecutionStatus.TRIGGERING,
            col(ExecutionShard.callback_token_hash).is_(None),
        )
        .values(callback_token_hash=token_hash, owner=owner, updated_time=now)
    )
    return affected_rows(session, guarded) == 1


def shares_queue_item(session: Session, leg: ExecutionShard, job: str, queue_id: int) -> int | None:
    """The index of the leg whose trigger became the same queue item of Jenkins."""
    query = select(ExecutionShard.shard_index).where(
        ExecutionShard.execution_id == leg.execution_id,
        ExecutionShard.id != leg.id,
        ExecutionShard.jenkins_job_name == job,
        ExecutionShard.jenkins_queue_id == queue_id,
    )
    return session.exec(query).first()


def update_fields(
    session: WriteSession, leg: ExecutionShard, now: dt.datetime, **fields: Any
) -> None:
    """Set fields that are not part of a move; news for listeners."""
    session.execute(
        update(ExecutionShard)
        .where(col(ExecutionShard.id) == leg.id)
        .values(updated_time=now, **fields)
    )
    session.refresh(leg)
    changes.count(session, leg.execution_id, now)


def _with_executions(session: Session, runner: str, there: Any) -> list[Followed]:
    query = (
        select(ExecutionShard, Execution)
        .join(Execution, col(Execution.id) == col(ExecutionShard.execution_id))
        .where(Execution.runner == runner, Execution.shard_total > 1, there)
        .order_by(col(ExecutionShard.id))
    )
    return [_followed(session, leg, execution) for leg, execution in session.exec(query)]


def _followed(session: Session, leg: ExecutionShard, execution: Execution) -> Followed:
    """A first attempt has none before it, and costs no query."""
    before = None
    if leg.attempt > 1:
        query = select(func.max(ExecutionShard.jenkins_build_number)).where(
            ExecutionShard.execution_id == leg.execution_id,
            ExecutionShard.shard_index == leg.shard_index,
            ExecutionShard.attempt < leg.attempt,
        )
        before = session.exec(query).one()
    return Followed(leg=leg, execution=execution, after_build=before or 0)
