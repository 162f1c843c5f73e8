"""Links that sign a browser in once, for whoever reads the terminal of the service."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from orchestrator.secrets import Secret, digest

#: seconds for which an unused link is valid.
LIFETIME: Final = 600.0


class OneTimeLinks:
    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        #: by the key's hash: what makes the login token, and until when.
        self._open: dict[str, tuple[Callable[[], Secret], float]] = {}

    def issue(self, token: Callable[[], Secret]) -> Secret:
        """A new key; `token` gives the login token when it is redeemed."""
        key = Secret(secrets.token_urlsafe(32))
        with self._lock:
            self._open[digest(key.reveal())] = (token, self._monotonic() + LIFETIME)
        return key

    def redeem(self, key: str) -> Secret | None:
        """The login token; None for a key that was used, is too old, or never was one."""
        with self._lock:
            token, until = self._open.pop(digest(key), (None, 0.0))
        return token() if token is not None and self._monotonic() < until else None
