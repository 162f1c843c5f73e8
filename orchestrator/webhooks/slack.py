"""Slack: an incoming webhook; its key is in the address.

What users named is in blocks of plain text; the control characters of Slack are made inert all the
same, because the `text` for notifications is read as markup.
"""

import json
from typing import Any

from .markdown import inert
from .notice import Notice, Request
from .webhook import Webhook
from .wording import Message, message


def render(notice: Notice, webhook: Webhook) -> Request:
    told = message(notice, webhook.language)
    document = {"text": inert(told.title), "mrkdwn": False, "blocks": _blocks(told)}
    return Request(url=webhook.url, body=json.dumps(document, ensure_ascii=False).encode())


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": inert(text), "emoji": False}


def _blocks(told: Message) -> list[dict[str, Any]]:
    facts = [_plain(f"{label}{told.colon}{text}") for label, text in told.facts]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(told.title)},
        {"type": "section", "fields": facts},
    ]
    if told.spoiled:
        lines = "\n".join([told.spoiled_title, *told.spoiled])
        blocks.append({"type": "section", "text": _plain(lines)})
    if told.links:
        links = " | ".join(
            f"<{address.replace('&', '&amp;')}|{text}>" for text, address in told.links
        )
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": links}})
    return blocks
