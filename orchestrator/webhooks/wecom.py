"""WeCom (企业微信): a group robot; its key is in the address."""

import json
from collections.abc import Mapping
from typing import Final

from orchestrator.status import ExecutionStatus

from .markdown import inert, link
from .notice import Notice, Request
from .webhook import Webhook
from .wording import Message, message

_COLORS: Final[Mapping[int, str]] = {
    ExecutionStatus.PASSED: "info",
    ExecutionStatus.CANCELED: "comment",
}


def render(notice: Notice, webhook: Webhook) -> Request:
    content = _text(message(notice, webhook.language))
    document = {"msgtype": "markdown", "markdown": {"content": content}}
    body = json.dumps(document, ensure_ascii=False).encode()
    return Request(url=webhook.url, body=body, zero=("errcode",))


def _text(told: Message) -> str:
    color = _COLORS.get(told.mood, "warning")
    lines = [f'### <font color="{color}">{inert(told.title)}</font>']
    lines += [f"> {label}{told.colon}{inert(text)}" for label, text in told.facts]
    if told.spoiled:
        lines += ["", f"**{told.spoiled_title}**"]
        lines += [f"> {inert(line)}" for line in told.spoiled]
    if told.links:
        lines += ["", " | ".join(link(*one) for one in told.links)]
    return "\n".join(lines)
