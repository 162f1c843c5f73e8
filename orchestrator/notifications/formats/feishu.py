"""Feishu (飞书) and Lark: a group robot, with or without the signature (签名校验).

What users named is in elements of plain text, where neither Markdown nor a mention means anything.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.notifications.notification import Notification, WebhookRequest
from orchestrator.notifications.text import Message, compose
from orchestrator.notifications.webhook import Webhook
from orchestrator.status import ExecutionStatus

_COLORS: Final[Mapping[int, str]] = {
    ExecutionStatus.PASSED: "green",
    ExecutionStatus.CANCELED: "grey",
}


def render(notification: Notification, webhook: Webhook) -> WebhookRequest:
    message = compose(notification, webhook.language)
    document: dict[str, Any] = {}
    if webhook.secret:  # as Feishu wants it: time and secret are the key, nothing is what is signed
        seconds = round(notification.moment.timestamp())
        key = f"{seconds}\n{webhook.secret.reveal()}".encode()
        signed = hmac.digest(key, b"", hashlib.sha256)
        document = {"timestamp": str(seconds), "sign": base64.b64encode(signed).decode()}
    document |= {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {
                "template": _COLORS.get(message.mood, "red"),
                "title": _plain(message.title),
            },
            "elements": _elements(message),
        },
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return WebhookRequest(url=webhook.url, body=body, zero=("code", "StatusCode"))


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _elements(message: Message) -> list[dict[str, Any]]:
    facts = "\n".join(f"{label}{message.colon}{text}" for label, text in message.facts)
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(facts)}]
    if message.failed_cases:
        failed_cases = "\n".join([message.failed_title, *message.failed_cases])
        elements += [{"tag": "hr"}, {"tag": "div", "text": _plain(failed_cases)}]
    if message.links:
        buttons = [
            {"tag": "button", "type": "default", "text": _plain(text), "url": address}
            for text, address in message.links
        ]
        elements.append({"tag": "action", "actions": buttons})
    return elements
