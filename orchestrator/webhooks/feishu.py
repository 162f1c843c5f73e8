"""Feishu (飞书) and Lark: a group robot, with or without the signature (签名校验).

What users named is in elements of plain text, where neither Markdown nor a mention means anything.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.status import ExecutionStatus

from .notice import Notice, Request
from .webhook import Webhook
from .wording import Message, message

_COLORS: Final[Mapping[int, str]] = {
    ExecutionStatus.PASSED: "green",
    ExecutionStatus.CANCELED: "grey",
}


def render(notice: Notice, webhook: Webhook) -> Request:
    told = message(notice, webhook.language)
    document = _signature(webhook, round(notice.moment.timestamp())) | {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": _COLORS.get(told.mood, "red"), "title": _plain(told.title)},
            "elements": _elements(told),
        },
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return Request(url=webhook.url, body=body, zero=("code", "StatusCode"))


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _elements(told: Message) -> list[dict[str, Any]]:
    facts = "\n".join(f"{label}{told.colon}{text}" for label, text in told.facts)
    elements: list[dict[str, Any]] = [{"tag": "div", "text": _plain(facts)}]
    if told.spoiled:
        spoiled = "\n".join([told.spoiled_title, *told.spoiled])
        elements += [{"tag": "hr"}, {"tag": "div", "text": _plain(spoiled)}]
    if told.links:
        buttons = [
            {"tag": "button", "type": "default", "text": _plain(text), "url": address}
            for text, address in told.links
        ]
        elements.append({"tag": "action", "actions": buttons})
    return elements


def _signature(webhook: Webhook, seconds: int) -> dict[str, Any]:
    """As Feishu wants it: time and secret are the key, and nothing is what is signed."""
    if not webhook.secret:
        return {}
    key = f"{seconds}\n{webhook.secret.reveal()}".encode()
    signed = hmac.digest(key, b"", hashlib.sha256)
    return {"timestamp": str(seconds), "sign": base64.b64encode(signed).decode()}
