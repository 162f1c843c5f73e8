"""DingTalk (钉钉): a group robot, with or without the signature (加签)."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode, urlsplit, urlunsplit

from orchestrator.secret import Secret

from .markdown import inert, link
from .notice import Notice, Request
from .webhook import Webhook
from .wording import Message, message


def render(notice: Notice, webhook: Webhook) -> Request:
    told = message(notice, webhook.language)
    document = {
        "msgtype": "markdown",
        "markdown": {"title": inert(told.title), "text": _text(told)},
        "at": {"isAtAll": False},
    }
    url = _signed(webhook, round(notice.moment.timestamp() * 1000))
    body = json.dumps(document, ensure_ascii=False).encode()
    return Request(url=url, body=body, zero=("errcode",))


def _text(told: Message) -> str:
    lines = [f"### {inert(told.title)}", ""]
    lines += [f"- **{label}**{told.colon}{inert(text)}" for label, text in told.facts]
    if told.spoiled:
        lines += ["", f"**{told.spoiled_title}**", ""]
        lines += [f"- {inert(line)}" for line in told.spoiled]
    if told.links:
        lines += ["", " | ".join(link(*one) for one in told.links)]
    return "\n".join(lines)


def _signed(webhook: Webhook, milliseconds: int) -> Secret:
    if not webhook.secret:
        return webhook.url
    key = webhook.secret.reveal()
    signed = hmac.digest(key.encode(), f"{milliseconds}\n{key}".encode(), hashlib.sha256)
    query = urlencode({"timestamp": milliseconds, "sign": base64.b64encode(signed).decode()})
    parts = urlsplit(webhook.url.reveal())
    return Secret(urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, query])))))
