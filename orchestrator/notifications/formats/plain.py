"""JSON for platforms: the facts as they are, signed if there is a secret."""

import dataclasses
import hashlib
import hmac
import json

from orchestrator.notifications.notification import Notification, WebhookRequest
from orchestrator.notifications.text import EXECUTION_TEXTS
from orchestrator.notifications.webhook import Webhook

SIGNATURE = "X-Sisyphus-Signature"
#: what the document has elsewhere, or not at all.
_APART = ("delivery_id", "kind", "replaces", "moment", "execution_id", "failed_cases")


def render(notification: Notification, webhook: Webhook) -> WebhookRequest:
    event, facts = f"execution.{notification.kind}", dataclasses.asdict(notification)
    document = {
        "event": event,
        "delivery_id": notification.delivery_id,
        "replaces": notification.replaces,
        "execution": {
            "id": notification.execution_id,
            **{name: value for name, value in facts.items() if name not in _APART},
            "status_text": EXECUTION_TEXTS[webhook.language][notification.status],
        },
        "failed_cases": facts["failed_cases"],
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = {"X-Sisyphus-Event": event}
    if webhook.secret:
        # over time and body, so that neither can be replaced and an old notice is known as old
        seconds, key = round(notification.moment.timestamp()), webhook.secret.reveal().encode()
        code = hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        headers[SIGNATURE] = f"t={seconds},v1={code}"
    return WebhookRequest(url=webhook.url, body=body, headers=headers)
