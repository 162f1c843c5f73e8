"""Executions: made, found, locked, listed."""

import contextlib
import datetime as dt
import hashlib
import random
import threading
from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, func, or_
from sqlalchemy import select as columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution
from orchestrator.errors import Conflict, UnknownExecution
from orchestrator.i18n import tr
from orchestrator.status import OPEN, ExecutionStatus

_NUMBER_TRIES: Final = 100
#: ended executions among so many of the newest are asked for a report.
_NEWEST: Final = 500
_ID: Final = Execution.__table__.c.id  # type: ignore[attr-defined]  # SQLModel makes it


class NumberSequence:
    """Hands out moments for `execution_no`: never the same millisecond twice in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self, now: dt.datetime) -> dt.datetime:
        with self._lock:
            self._last = max(self._last + 1, int(now.timestamp() * 1000))
            return dt.datetime.fromtimestamp(self._last / 1000, dt.UTC)


def number_text(moment: dt.datetime, zone: ZoneInfo | None) -> str:
    """`AE`, the local wall clock and milliseconds: 17 digits."""
    local = moment.astimezone(zone)
    return f"AE{local:%Y%m%d%H%M%S}{round(local.microsecond / 1000):03d}"


def active_key(kind: str, *parts: object) -> str:
    """What may run once at a time, as a key of fixed length that no collation can blur."""
    return hashlib.sha256("|".join([kind, *map(str, parts)]).encode()).hexdigest()


def create(
    session: Session, execution: Execution, numbers: NumberSequence, zone: ZoneInfo | None
) -> Execution:
    """Insert; `Conflict` while another execution holds the same (unique) `active_key`."""
    moment = execution.created_time
    for tries in range(_NUMBER_TRIES):
        moment = numbers.next(moment)
        execution.execution_no = number_text(moment, zone)
        with contextlib.suppress(IntegrityError):
            with session.begin_nested():
                session.add(execution)
                session.flush()
            return execution
        holder = select(Execution).where(Execution.active_key == execution.active_key)
        if (other := session.exec(holder).first()) is not None:
            raise Conflict(tr("该环境下已有执行未结束"), execution_id=other.id, status=other.status)
        # Another process counts from the same moment: a jump, or each would meet each.
        moment += dt.timedelta(milliseconds=random.randrange(2 ** min(tries, 9)))  # noqa: S311
    raise RuntimeError("no free execution number")


def get(session: Session, execution_id: int) -> Execution:
    row = session.get(Execution, execution_id, populate_existing=True)
    if row is None:
        raise UnknownExecution
    return row


def shown(session: Session, execution_id: int) -> Row[Any]:
    """The columns of its row, for whoever only looks; `UnknownExecution`."""
    query = columns(Execution.__table__).where(execution_id == _ID)  # type: ignore[attr-defined]
    row = session.execute(query).first()
    if row is None:
        raise UnknownExecution
    return row


def lock(session: Session, execution_id: int) -> Execution:
    """The row, held until the transaction ends (a no-op on SQLite, which holds everything)."""
    row = session.get(Execution, execution_id, populate_existing=True, with_for_update=True)
    if row is None:
        raise UnknownExecution
    return row


def by_file_key(session: Session, key: str) -> Execution:
    row = session.exec(select(Execution).where(Execution.file_key == key)).first()
    if row is None:
        raise UnknownExecution
    return row


def by_token_hash(session: Session, token_hash: str) -> Execution | None:
    return session.exec(
        select(Execution).where(Execution.callback_token_hash == token_hash)
    ).first()


def tally(session: Session) -> dict[int, int]:
    """How many stand in each status, those with none included."""
    rows = session.exec(select(Execution.status, func.count()).group_by(col(Execution.status)))
    return dict.fromkeys(map(int, ExecutionStatus), 0) | {row[0]: row[1] for row in rows}


def environments(session: Session, newest: int) -> list[Row[Any]]:
    """`(env_code, last_execution_id, last_used)` among the newest executions, last used first."""
    seen = (
        columns(col(Execution.id), col(Execution.env_code), col(Execution.created_time))
        .order_by(col(Execution.id).desc())
        .limit(newest)
        .subquery()
    )
    last = func.max(seen.c.id)
    query = columns(
        seen.c.env_code,
        last.label("last_execution_id"),
        func.max(seen.c.created_time).label("last_used"),
    )
    return list(session.execute(query.group_by(seen.c.env_code).order_by(last.desc())))


def last_of_plans(session: Session, plan_ids: Sequence[int]) -> dict[int, Execution]:
    """The newest execution of each plan."""
    newest = columns(func.max(col(Execution.id))).where(col(Execution.plan_id).in_(plan_ids))
    rows = session.exec(
        select(Execution).where(col(Execution.id).in_(newest.group_by(col(Execution.plan_id))))
    )
    return {row.plan_id or 0: row for row in rows}


def ahead(session: Session, execution: Any) -> int:
    """Of a row: how many of the same runner are at work, or were given to it before and wait."""
    earlier = (col(Execution.id) < execution.id) | col(Execution.process).is_not(None)
    return session.exec(
        select(func.count())
        .select_from(Execution)
        .where(
            col(Execution.status).in_((ExecutionStatus.QUEUED, ExecutionStatus.RUNNING)),
            Execution.runner == execution.runner,
            col(Execution.owner) == execution.owner,
            Execution.id != execution.id,
            earlier,
        )
    ).one()


def unfinished(session: Session, *, after: int, limit: int) -> list[Execution]:
    """Open executions in the order of their ids, a batch at a time."""
    return list(
        session.exec(
            select(Execution)
            .where(col(Execution.status).in_(OPEN), col(Execution.id) > after)
            .order_by(col(Execution.id))
            .limit(limit)
        )
    )


def polled(session: Session, runner: str) -> list[Execution]:
    """The runner's open ones, and newly ended ones whose build may still publish a report."""
    no_legs = Execution.shard_total == 1  # they are polled one by one: `leg_runs.polled`
    newest = session.exec(select(func.max(Execution.id))).one() or 0
    is_open = and_(
        col(Execution.status).in_(OPEN), col(Execution.status) != ExecutionStatus.WAITING
    )
    lacks_report = and_(
        col(Execution.id) > newest - _NEWEST,
        col(Execution.status).not_in(OPEN),
        col(Execution.jenkins_build_number).is_not(None),
        col(Execution.report_url).is_(None),
    )
    return list(
        session.exec(
            select(Execution)
            .where(or_(is_open, lacks_report), Execution.runner == runner, no_legs)
            .order_by(col(Execution.id))
        )
    )
