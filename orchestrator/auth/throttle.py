"""Limits wrong credentials: an address with too many of them has to wait."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from orchestrator.clock import tick
from orchestrator.errors import TooManyAttempts

log = logging.getLogger("sisyphus.auth")

_WINDOW: Final = 60.0
#: addresses remembered; the one that was quiet the longest is forgotten first.
_ADDRESSES: Final = 10_000


class LoginThrottle:
    """Counts failed logins by address, each for a minute. It may be used by several threads."""

    def __init__(self, limit: int, seconds: Callable[[], float] = tick) -> None:
        self._limit = limit
        self._seconds = seconds
        self._lock = threading.Lock()
        #: address → (since when, how many).
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises `TooManyAttempts` after so many failures within a minute; a limit of 0 is none."""
        with self._lock:
            since, number = self._failures.get(address, (0.0, 0))
        if self._limit and number >= self._limit and self._seconds() < since + _WINDOW:
            raise TooManyAttempts

    def record_failure(self, address: str, why: str) -> None:
        """`why`: for the log, without the credentials."""
        log.info("a login from %s was refused: %s", address or "nobody knows where", why)
        now = self._seconds()
        with self._lock:
            since, number = self._failures.pop(address, (now, 0))
            fresh = now >= since + _WINDOW
            self._failures[address] = (now, 1) if fresh else (since, number + 1)
            while len(self._failures) > _ADDRESSES:
                self._failures.popitem(last=False)
