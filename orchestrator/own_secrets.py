"""What of the service's own configuration no test may find, and no text may show."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, unquote_plus

from .secret import Secret
from .settings import SECRET_OPTIONS, Settings

#: what pytest's plugin reads: a run has its own token, which neither of these may stand before.
_OF_THE_PLUGIN: Final = ("SISYPHUS_SECRET", "CALLBACK_SECRET", "SISYPHUS_TOKEN")
_PASSWORD: Final = re.compile(r"://[^/?#:@]*:(?P<told>[^@]*)@|[?&]password=(?P<asked>[^&#]*)")


def variables() -> tuple[str, ...]:
    """The environment's names of secrets, by the table of options."""
    return (*(f"SISYPHUS_{name.upper()}" for name in SECRET_OPTIONS), *_OF_THE_PLUGIN)


def secrets_of(settings: Settings) -> tuple[Secret, ...]:
    """Every secret that it was given; of an address that may be known, its password only."""
    found = [settings.callback_secret, settings.jenkins_token, settings.jwt_key]
    for url in (settings.database_url, settings.redis_url.reveal()):
        found += _passwords(url)
    for webhook in settings.webhooks:
        found += [webhook.url, webhook.secret]
    return tuple(dict.fromkeys(secret for secret in found if secret))


def _passwords(url: str) -> Iterator[Secret]:
    """As the address writes them, and as they are."""
    for found in _PASSWORD.finditer(url):
        told, asked = found["told"] or "", found["asked"] or ""
        yield from map(Secret, (told, unquote(told), asked, unquote_plus(asked)))
