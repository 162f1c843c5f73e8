"""The secrets of the configuration: variables that no test finds, values that no text shows."""

import re
from typing import Final
from urllib.parse import unquote, unquote_plus

from orchestrator.config.settings import OPTIONS, Settings
from orchestrator.secrets import Secret

#: what pytest's plugin reads: a run has its own token, which neither of these may stand before.
_OF_THE_PLUGIN: Final = ("SISYPHUS_SECRET", "CALLBACK_SECRET", "SISYPHUS_TOKEN")
_PASSWORD: Final = re.compile(r"://[^/?#:@]*:(?P<userinfo>[^@]*)@|[?&]password=(?P<query>[^&#]*)")


def variables() -> tuple[str, ...]:
    """The names of environment variables that hold secrets."""
    return (*(one.variable for one in OPTIONS.values() if one.secret), *_OF_THE_PLUGIN)


def secrets_of(settings: Settings) -> tuple[Secret, ...]:
    """Every secret that it was given; of an address that may be known, its password only."""
    found = [settings.callback_secret, settings.jenkins_token, settings.jwt_key]
    for url in (settings.database_url, settings.redis_url.reveal()):
        for part in _PASSWORD.finditer(url):
            userinfo, query = part["userinfo"] or "", part["query"] or ""
            # as the address writes them, and as they are
            found += map(Secret, (userinfo, unquote(userinfo), query, unquote_plus(query)))
    for webhook in settings.webhooks:
        found += [webhook.url, webhook.secret]
    return tuple(dict.fromkeys(secret for secret in found if secret))
