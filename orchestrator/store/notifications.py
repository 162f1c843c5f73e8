"""Notifications of ends: enqueued in the transaction of the move, claimed, sent, given up."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from orchestrator.db.models import Execution, WebhookDelivery
from orchestrator.status import DeliveryState, NotificationKind
from orchestrator.store.session import WriteSession, affected_rows


def enqueue_ended(session: WriteSession, execution_id: int, status: int, now: dt.datetime) -> None:
    """A notification of its final status to every webhook that wants to hear of it."""
    if session.subscribers is None:
        return
    project = session.exec(select(Execution.project_id).where(Execution.id == execution_id)).one()
    for name in session.subscribers(status, project):
        session.add(_new_delivery(execution_id, name, NotificationKind.ENDED, now))
    session.flush()


def enqueue_results_completed(session: Session, execution_id: int, now: dt.datetime) -> None:
    """Once more, and once, to those who heard of the end: its missing results have arrived."""
    known = session.exec(
        select(WebhookDelivery.webhook, WebhookDelivery.kind).where(
            WebhookDelivery.execution_id == execution_id
        )
    ).all()
    ended = {name for name, kind in known if kind == NotificationKind.ENDED}
    completed = {name for name, kind in known if kind == NotificationKind.HEALED}
    for name in sorted(ended - completed):
        session.add(_new_delivery(execution_id, name, NotificationKind.HEALED, now))
    session.flush()


def _new_delivery(
    execution_id: int, webhook: str, kind: NotificationKind, now: dt.datetime
) -> WebhookDelivery:
    return WebhookDelivery(
        execution_id=execution_id,
        webhook=webhook,
        kind=kind,
        delivery_id=uuid.uuid4().hex,
        state=DeliveryState.WAITING,
        due_time=now,
        created_time=now,
    )


def due(session: Session, webhook: str, now: dt.datetime) -> WebhookDelivery | None:
    """The next to send; what puts another right waits until that one is out of the way."""
    former = aliased(WebhookDelivery)
    superseding = (
        select(former.id)
        .where(
            former.execution_id == WebhookDelivery.execution_id,
            former.webhook == WebhookDelivery.webhook,
            former.kind == NotificationKind.ENDED,
            former.state == DeliveryState.WAITING,
        )
        .correlate(WebhookDelivery)
        .exists()
    )
    return session.exec(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.webhook == webhook,
            col(WebhookDelivery.due_time) <= now,
            (col(WebhookDelivery.kind) == NotificationKind.ENDED) | ~superseding,
        )
        .order_by(col(WebhookDelivery.due_time), col(WebhookDelivery.id))
        .limit(1)
    ).first()


def claim(session: Session, delivery: WebhookDelivery, until: dt.datetime) -> bool:
    """Take the next attempt; False when another process was quicker."""
    return _set(session, delivery, attempts=delivery.attempts + 1, due_time=until)


def mark_delivered(session: Session, delivery: WebhookDelivery, now: dt.datetime) -> None:
    """It was received, also where the claim ran out meanwhile."""
    session.execute(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.id) == delivery.id)
        .values(state=DeliveryState.DELIVERED, ended_time=now, trouble="")
    )


def reschedule(
    session: Session, delivery: WebhookDelivery, due_time: dt.datetime, why: str
) -> None:
    _set(session, delivery, due_time=due_time, trouble=why[:255])


def give_up(session: Session, delivery: WebhookDelivery, now: dt.datetime, why: str) -> bool:
    return _set(session, delivery, state=DeliveryState.GIVEN_UP, ended_time=now, trouble=why[:255])


def _set(session: Session, delivery: WebhookDelivery, **values: Any) -> bool:
    """While nobody else made an attempt since."""
    guarded = (
        update(WebhookDelivery)
        .where(
            col(WebhookDelivery.id) == delivery.id,
            col(WebhookDelivery.state) == DeliveryState.WAITING,
            col(WebhookDelivery.attempts) == delivery.attempts,
        )
        .values(**values)
    )
    return affected_rows(session, guarded) == 1


def ended_delivery_id(session: Session, execution_id: int, webhook: str) -> str | None:
    """The id of the notice of its end."""
    return session.exec(
        select(WebhookDelivery.delivery_id).where(
            WebhookDelivery.execution_id == execution_id,
            WebhookDelivery.webhook == webhook,
            WebhookDelivery.kind == NotificationKind.ENDED,
        )
    ).first()
