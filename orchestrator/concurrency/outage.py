"""What is away for a while: said once in the log when it goes, and once when it is back."""

import logging
import time


class Outage:
    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        #: when it began; None while all is well.
        self._since: float | None = None

    @property
    def is_on(self) -> bool:
        return self._since is not None

    def failed(self, reason: str) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._log.warning("%s: %s", self._what, reason)

    def succeeded(self) -> None:
        since, self._since = self._since, None
        if since is not None:
            self._log.info("over after %.0f s: %s", time.monotonic() - since, self._what)
