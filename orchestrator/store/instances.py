"""The service processes on this database, and the executions that each of them holds."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import and_, delete, or_, update
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution, ServiceInstance
from orchestrator.status import OPEN, EndedHow, ExecutionStatus
from orchestrator.store.session import affected_rows


def heartbeat(session: Session, instance: ServiceInstance) -> None:
    """Say that it is alive; also the first time, and after somebody thought it dead."""
    seen = (
        update(ServiceInstance)
        .where(col(ServiceInstance.instance_id) == instance.instance_id)
        .values(seen_time=instance.seen_time)
    )
    if not affected_rows(session, seen):
        session.add(ServiceInstance(**instance.model_dump(exclude={"id"})))
        session.flush()


def forget(session: Session, instance_id: str) -> None:
    session.execute(delete(ServiceInstance).where(col(ServiceInstance.instance_id) == instance_id))


def all_instances(session: Session) -> dict[str, ServiceInstance]:
    return {row.instance_id: row for row in session.exec(select(ServiceInstance))}


def held_by_others(session: Session, instance_id: str) -> list[Execution]:
    """Open executions that another instance holds, or held."""
    return list(
        session.exec(
            select(Execution)
            .where(
                col(Execution.status).in_(OPEN),
                col(Execution.owner).is_not(None),
                col(Execution.owner) != instance_id,
            )
            .order_by(col(Execution.id))
        )
    )


def claim(session: Session, execution: Execution, instance_id: str) -> bool:
    """Take it over from its owner; False when another process was quicker, or it is over."""
    guarded = (
        update(Execution)
        .where(
            col(Execution.id) == execution.id,
            col(Execution.owner) == execution.owner,
            col(Execution.status).in_(OPEN),
        )
        .values(owner=instance_id)
    )
    return affected_rows(session, guarded) == 1


def to_stop(
    session: Session, execution_ids: Collection[int], silent_since: dt.datetime
) -> list[Execution]:
    """Those of them that somebody cancelled, perhaps at another instance; and those that a lease
    ended, and that have said nothing since, while late results of one that lives are welcome."""
    status, ended_how = col(Execution.status), col(Execution.ended_how)
    lost = and_(ended_how == EndedHow.LEASE, col(Execution.updated_time) < silent_since)
    return list(
        session.exec(
            select(Execution).where(
                col(Execution.id).in_(execution_ids),
                or_(status == ExecutionStatus.CANCELED, lost),
            )
        )
    )
