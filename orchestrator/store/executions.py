"""Executions: made, found, locked, listed."""

import datetime as dt
import hashlib
import random
import threading
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func
from sqlalchemy import select as columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from orchestrator.errors import NotNow, UnknownExecution
from orchestrator.models import Execution
from orchestrator.status import OPEN, ExecutionStatus

_NUMBER_TRIES: Final = 100
_ID: Final = Execution.__table__.c.id  # type: ignore[attr-defined]  # SQLModel makes it


class Numbers:
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
    session: Session, execution: Execution, numbers: Numbers, zone: ZoneInfo | None
) -> Execution:
    """Insert; `NotNow` while another execution holds the same (unique) `active_key`."""
    moment = execution.created_time
    for tries in range(_NUMBER_TRIES):
        moment = numbers.next(moment)
        execution.execution_no = number_text(moment, zone)
        if _inserted(session, execution):
            return execution
        _refuse_second(session, execution.active_key)
        # Another process counts from the same moment: a jump, or each would meet each.
        moment += dt.timedelta(milliseconds=random.randrange(2 ** min(tries, 9)))  # noqa: S311
    raise RuntimeError("no free execution number")


def _inserted(session: Session, execution: Execution) -> bool:
    try:
        with session.begin_nested():
            session.add(execution)
            session.flush()
    except IntegrityError:
        return False
    return True


def _refuse_second(session: Session, key: str | None) -> None:
    """`NotNow` names the execution in the way."""
    row = session.exec(select(Execution).where(Execution.active_key == key)).first()
    if row is not None and row.id is not None:
        raise NotNow("该环境下已有执行未结束", execution_id=row.id, status=row.status)


def get(session: Session, execution_id: int) -> Execution:
    row = session.get(Execution, execution_id, populate_existing=True)
    if row is None:
        raise UnknownExecution
    return row


def shown(session: Session, execution_id: int) -> Row[Any]:
    """Its columns, for whoever only looks; `UnknownExecution`."""
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
