"""DingTalk (钉钉): a group robot, with or without the signature (加签)."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode, urlsplit, urlunsplit

from orchestrator.notifications.formats.markdown import inert, link
from orchestrator.notifications.notification import Notification, WebhookRequest
from orchestrator.notifications.text import compose
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret


def render(notification: Notification, webhook: Webhook) -> WebhookRequest:
    message = compose(notification, webhook.language)
    lines = [f"### {inert(message.title)}", ""]
    lines += [f"- **{label}**{message.colon}{inert(text)}" for label, text in message.facts]
    if message.failed_cases:
        lines += ["", f"**{message.failed_title}**", ""]
        lines += [f"- {inert(line)}" for line in message.failed_cases]
    if message.links:
        lines += ["", " | ".join(link(*one) for one in message.links)]
    document = {
        "msgtype": "markdown",
        "markdown": {"title": inert(message.title), "text": "\n".join(lines)},
        "at": {"isAtAll": False},
    }
    url = webhook.url
    if webhook.secret:
        milliseconds, key = round(notification.moment.timestamp() * 1000), webhook.secret.reveal()
        signed = hmac.digest(key.encode(), f"{milliseconds}\n{key}".encode(), hashlib.sha256)
        query = urlencode({"timestamp": milliseconds, "sign": base64.b64encode(signed).decode()})
        parts = urlsplit(url.reveal())
        query = "&".join(filter(None, [parts.query, query]))
        url = Secret(urlunsplit(parts._replace(query=query)))
    body = json.dumps(document, ensure_ascii=False).encode()
    return WebhookRequest(url=url, body=body, zero=("errcode",))
