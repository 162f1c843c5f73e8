"""WeCom (企业微信): a group robot; its key is in the address."""

import json
from collections.abc import Mapping
from typing import Final

from orchestrator.notifications.formats.markdown import inert, link
from orchestrator.notifications.notification import Notification, WebhookRequest
from orchestrator.notifications.text import compose
from orchestrator.notifications.webhook import Webhook
from orchestrator.status import ExecutionStatus

_COLORS: Final[Mapping[int, str]] = {
    ExecutionStatus.PASSED: "info",
    ExecutionStatus.CANCELED: "comment",
}


def render(notification: Notification, webhook: Webhook) -> WebhookRequest:
    message = compose(notification, webhook.language)
    color = _COLORS.get(message.mood, "warning")
    lines = [f'### <font color="{color}">{inert(message.title)}</font>']
    lines += [f"> {label}{message.colon}{inert(text)}" for label, text in message.facts]
    if message.failed_cases:
        lines += ["", f"**{message.failed_title}**"]
        lines += [f"> {inert(line)}" for line in message.failed_cases]
    if message.links:
        lines += ["", " | ".join(link(*one) for one in message.links)]
    document = {"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}}
    body = json.dumps(document, ensure_ascii=False).encode()
    return WebhookRequest(url=webhook.url, body=body, zero=("errcode",))
