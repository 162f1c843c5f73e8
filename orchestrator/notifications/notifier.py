"""Sends the stored notifications, each webhook by a thread of its own: a slow one delays no other.

Several services may do so on one database: who sends a notification claims it first, for a while. A
service that dies between claim and answer leaves it to the others, so it may arrive twice, with the
same delivery id; it is never lost before it is given up, which is logged.
"""

import datetime as dt
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.clock import Clock, tick
from orchestrator.concurrency.periodic import Background
from orchestrator.db.engine import Database
from orchestrator.db.models import WebhookDelivery
from orchestrator.metrics import Metrics
from orchestrator.notifications import facts
from orchestrator.notifications.formats.registry import FORMATS, PACES
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.notifications.post import Outcome, post
from orchestrator.notifications.webhook import Webhook
from orchestrator.store import notifications
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.webhooks")

#: longer than any attempt takes.
_CLAIM: Final = dt.timedelta(seconds=60)
_GIVE_UP: Final = dt.timedelta(hours=24)
_FIRST_PAUSE: Final = 5.0
_LAST_PAUSE: Final = 1800.0
#: seconds between two looks for what is due.
_IDLE: Final = 1.0
#: seconds that a service which ends waits for answers.
_PATIENCE: Final = 10.0
_LATE: Final = "nobody could send it in time"


def pause(attempts: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds after so many failed attempts: 5, 10, 20, … 1800, each up to a fifth more or less."""
    planned = min(_FIRST_PAUSE * 2.0 ** min(attempts - 1, 20), _LAST_PAUSE)
    return planned * spread(0.8, 1.2)


class Sender:
    def __init__(
        self,
        webhook: Webhook,
        render: WebhookFormat,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        zone: ZoneInfo | None,
        metrics: Metrics,
    ) -> None:
        self._webhook = webhook
        self._render = render
        self._database = database
        self._writer = writer
        self._clock = clock
        self._zone = zone
        self._metrics = metrics
        self._pace = PACES.get(webhook.format, 0.0)
        name = f"sisyphus-webhook-{webhook.name}"
        self._background = Background(name, [self.round], max(self._pace, _IDLE))
        self.start, self.close = self._background.start, self._background.close

    def round(self) -> None:
        """Everything that is due, or one message where a chat wants a pause between two."""
        while self._send_next() and not self._pace and not self._background.closing:
            pass

    def _send_next(self) -> bool:
        """Whether there was one, and it arrived: otherwise a round is over."""
        now = self._clock.now()
        with self._database.reading() as session:
            delivery = notifications.due(session, self._webhook.name, now)
        if delivery is None:
            return False
        if now > delivery.created_time + _GIVE_UP:
            self._give_up(delivery, delivery.trouble or _LATE)
            return True
        if not self._writer.run(lambda s: notifications.claim(s, delivery, now + _CLAIM)):
            return False
        delivery.attempts += 1
        outcome = self._attempt(delivery, now)
        self._record(delivery, outcome)
        return not outcome.trouble

    def _attempt(self, delivery: WebhookDelivery, now: dt.datetime) -> Outcome:
        with self._database.reading() as session:
            notification = facts.of(session, delivery, now, self._zone)
        try:
            request = self._render(notification, self._webhook)
        except Exception as error:  # noqa: BLE001 -- anybody's format: its error may show the address
            return Outcome(f"the format failed: {type(error).__name__}")
        return post(request, delivery.delivery_id)

    def _record(self, delivery: WebhookDelivery, outcome: Outcome) -> None:
        now = self._clock.now()
        if not outcome.trouble:
            self._writer.run(lambda s: notifications.mark_delivered(s, delivery, now))
            self._log(logging.INFO, delivery, "delivered", "")
            return
        wait = max(pause(delivery.attempts), min(outcome.wait, _LAST_PAUSE))
        again = now + dt.timedelta(seconds=wait)
        if again > delivery.created_time + _GIVE_UP:
            self._give_up(delivery, outcome.trouble)
            return
        self._writer.run(lambda s: notifications.reschedule(s, delivery, again, outcome.trouble))
        self._log(logging.WARNING, delivery, "retried", outcome.trouble)

    def _give_up(self, delivery: WebhookDelivery, why: str) -> None:
        now = self._clock.now()
        if self._writer.run(lambda s: notifications.give_up(s, delivery, now, why)):
            self._log(logging.ERROR, delivery, "given_up", why)

    def _log(self, level: int, delivery: WebhookDelivery, fate: str, why: str) -> None:
        self._metrics.record_notification(self._webhook.name, fate)
        log.log(
            level,
            "webhook %s: notice %s of execution %d: %s after %d attempt%s%s",
            self._webhook.name,
            delivery.delivery_id,
            delivery.execution_id,
            fate.replace("_", " "),
            delivery.attempts,
            "" if delivery.attempts == 1 else "s",
            f" ({why})" if why else "",
            extra={"execution_id": delivery.execution_id},
        )


class Notifier:
    """All senders of a service."""

    def __init__(
        self,
        webhooks: Sequence[Webhook],
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        zone: ZoneInfo | None,
        metrics: Metrics,
        formats: Mapping[str, WebhookFormat] = FORMATS,
    ) -> None:
        self._senders = [
            Sender(
                webhook,
                formats[webhook.format],
                database=database,
                writer=writer,
                clock=clock,
                zone=zone,
                metrics=metrics,
            )
            for webhook in webhooks
        ]

    def start(self) -> None:
        for sender in self._senders:
            sender.start()

    def close(self) -> None:
        """What is being sent gets a moment; else it is sent again, with the same id."""
        until = tick() + _PATIENCE
        for sender in self._senders:
            sender.close(max(0.0, until - tick()))
