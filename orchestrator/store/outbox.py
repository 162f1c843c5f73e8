"""Notices to be sent, each made in the transaction of the move that it tells of."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from sqlmodel import Session, select

from orchestrator.models import Execution, WebhookDelivery
from orchestrator.status import DeliveryState, NoticeKind

#: where a session keeps who is told: `(status, project_id)` → names. `Writer` puts it there.
SUBSCRIBERS: Final = "who is told of an end"
Subscribers = Callable[[int, int | None], Sequence[str]]


def ended(session: Session, execution_id: int, status: int, now: dt.datetime) -> None:
    """Tell whoever is to be told that the execution reached its final status."""
    subscribers: Subscribers | None = session.info.get(SUBSCRIBERS)
    if subscribers is None:
        return
    project = session.exec(select(Execution.project_id).where(Execution.id == execution_id)).one()
    for name in subscribers(status, project):
        session.add(_made(execution_id, name, NoticeKind.ENDED, now))
    session.flush()


def healed(session: Session, execution_id: int, now: dt.datetime) -> None:
    """Tell once more whom the end was told, once: the results that it lacked have arrived."""
    known = session.exec(
        select(WebhookDelivery.webhook, WebhookDelivery.kind).where(
            WebhookDelivery.execution_id == execution_id
        )
    ).all()
    told = {name for name, kind in known if kind == NoticeKind.ENDED}
    for name in sorted(told - {name for name, kind in known if kind == NoticeKind.HEALED}):
        session.add(_made(execution_id, name, NoticeKind.HEALED, now))
    session.flush()


def _made(execution_id: int, webhook: str, kind: NoticeKind, now: dt.datetime) -> WebhookDelivery:
    return WebhookDelivery(
        execution_id=execution_id,
        webhook=webhook,
        kind=kind,
        delivery_id=uuid.uuid4().hex,
        state=DeliveryState.WAITING,
        due_time=now,
        created_time=now,
    )
