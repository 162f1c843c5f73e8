"""JSON for platforms: the facts as they are, signed if there is a secret."""

import dataclasses
import hashlib
import hmac
import json
from typing import Any

from .notice import Notice, Request
from .webhook import Webhook
from .wording import EXECUTION_TEXTS

SIGNATURE = "X-Sisyphus-Signature"
#: what the document has elsewhere, or not at all.
_APART = ("delivery_id", "kind", "replaces", "moment", "execution_id", "spoiled")


def render(notice: Notice, webhook: Webhook) -> Request:
    body = json.dumps(_document(notice, webhook), ensure_ascii=False).encode()
    headers = {"X-Sisyphus-Event": _event(notice)}
    if webhook.secret:
        headers[SIGNATURE] = _signature(webhook, round(notice.moment.timestamp()), body)
    return Request(url=webhook.url, body=body, headers=headers)


def _event(notice: Notice) -> str:
    return f"execution.{notice.kind}"


def _document(notice: Notice, webhook: Webhook) -> dict[str, Any]:
    facts = dataclasses.asdict(notice)
    execution = {"id": notice.execution_id} | {
        name: value for name, value in facts.items() if name not in _APART
    }
    return {
        "event": _event(notice),
        "delivery_id": notice.delivery_id,
        "replaces": notice.replaces,
        "execution": execution | {"status_text": EXECUTION_TEXTS[webhook.language][notice.status]},
        "failed_cases": facts["spoiled"],
    }


def _signature(webhook: Webhook, seconds: int, body: bytes) -> str:
    """Over time and body, so that neither can be replaced and an old notice is known as old."""
    signed = f"{seconds}.".encode() + body
    code = hmac.new(webhook.secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={code}"
