"""Slack: an incoming webhook; its key is in the address.

What users named is in blocks of plain text; the control characters of Slack are made inert all the
same, because the `text` for notifications is read as markup.
"""

import json
from typing import Any

from orchestrator.notifications.formats.markdown import inert
from orchestrator.notifications.notification import Notification, WebhookRequest
from orchestrator.notifications.text import compose
from orchestrator.notifications.webhook import Webhook


def render(notification: Notification, webhook: Webhook) -> WebhookRequest:
    message = compose(notification, webhook.language)
    facts = [_plain(f"{label}{message.colon}{text}") for label, text in message.facts]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(message.title)},
        {"type": "section", "fields": facts},
    ]
    if message.failed_cases:
        lines = "\n".join([message.failed_title, *message.failed_cases])
        blocks.append({"type": "section", "text": _plain(lines)})
    if message.links:
        links = " | ".join(
            f"<{address.replace('&', '&amp;')}|{text}>" for text, address in message.links
        )
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": links}})
    document = {"text": inert(message.title), "mrkdwn": False, "blocks": blocks}
    return WebhookRequest(url=webhook.url, body=json.dumps(document, ensure_ascii=False).encode())


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": inert(text), "emoji": False}
