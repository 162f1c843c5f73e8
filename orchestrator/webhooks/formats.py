"""The formats by name. A new one is a function `(Notice, Webhook) -> Request` and a line here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from orchestrator.errors import StartupError

from . import dingtalk, feishu, plain, slack, wecom
from .notice import Format
from .webhook import Webhook

FORMATS: Final[Mapping[str, Format]] = {
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
                f"webhook {webhook.name!r}: format {webhook.format!r} is not known; "
                f"give one of {', '.join(formats)}"
            )
        if webhook.secret and webhook.format in _KEYLESS:
            raise StartupError(
                f"webhook {webhook.name!r}: {webhook.format} signs nothing, its key is in the url; "
                "leave the secret out"
            )
