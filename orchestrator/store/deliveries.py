"""Sending what is in the outbox: which is due, who has it, what became of it."""

import datetime as dt
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from orchestrator.models import WebhookDelivery
from orchestrator.status import DeliveryState, NoticeKind

from .moves import changed


def due(session: Session, webhook: str, now: dt.datetime) -> WebhookDelivery | None:
    """The next to send; what puts another right waits until that one is out of the way."""
    former = aliased(WebhookDelivery)
    superseding = (
        select(former.id)
        .where(
            former.execution_id == WebhookDelivery.execution_id,
            former.webhook == WebhookDelivery.webhook,
            former.kind == NoticeKind.ENDED,
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
            (col(WebhookDelivery.kind) == NoticeKind.ENDED) | ~superseding,
        )
        .order_by(col(WebhookDelivery.due_time), col(WebhookDelivery.id))
        .limit(1)
    ).first()


def claim(session: Session, delivery: WebhookDelivery, until: dt.datetime) -> bool:
    """Take the next attempt; False when another process was quicker."""
    return _set(session, delivery, attempts=delivery.attempts + 1, due_time=until)


def delivered(session: Session, delivery: WebhookDelivery, now: dt.datetime) -> None:
    """Also when the claim ran out: it was received."""
    session.execute(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.id) == delivery.id)
        .values(state=DeliveryState.DELIVERED, ended_time=now, trouble="")
    )


def put_off(session: Session, delivery: WebhookDelivery, due_time: dt.datetime, why: str) -> None:
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
    return changed(session, guarded) == 1


def told(session: Session, execution_id: int, webhook: str) -> str | None:
    """The id of the notice of its end."""
    return session.exec(
        select(WebhookDelivery.delivery_id).where(
            WebhookDelivery.execution_id == execution_id,
            WebhookDelivery.webhook == webhook,
            WebhookDelivery.kind == NoticeKind.ENDED,
        )
    ).first()
