"""The formats by name; a new one is a `WebhookFormat` that is listed here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.notifications.formats import dingtalk, feishu, plain, slack, wecom
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.notifications.webhook import Webhook

FORMATS: Final[Mapping[str, WebhookFormat]] = {
    "json": plain.render,
    "dingtalk": dingtalk.render,
    "wecom": wecom.render,
    "feishu": feishu.render,
    "slack": slack.render,
}
#: seconds between two messages: DingTalk and WeCom take 20 a minute, and punish more.
PACES: Final[Mapping[str, float]] = {"dingtalk": 3.0, "wecom": 3.0, "feishu": 1.0, "slack": 1.0}
_KEYLESS: Final = ("wecom", "slack")


def check(webhooks: Sequence[Webhook], formats: Collection[str] = tuple(FORMATS)) -> None:
    """Raises `StartupError` for a webhook that could never be told."""
    for webhook in webhooks:
        if webhook.format not in formats:
            raise StartupError(
                tr(
                    "webhook {name!r}: format {format!r} is not known; give one of {known}",
                    name=webhook.name,
                    format=webhook.format,
                    known=", ".join(formats),
                )
            )
        if webhook.secret and webhook.format in _KEYLESS:
            raise StartupError(
                tr(
                    "webhook {name!r}: {format} signs nothing, its key is in the url; leave the "
                    "secret out",
                    name=webhook.name,
                    format=webhook.format,
                )
            )
