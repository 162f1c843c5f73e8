"""Wrong credentials are counted by address: who guesses has to wait."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from orchestrator.clock import tick
from orchestrator.errors import TooManyAttempts

_WINDOW: Final = 60.0
#: addresses remembered; the one that was quiet the longest is forgotten first.
_ADDRESSES: Final = 10_000


class Attempts:
    def __init__(self, limit: int, seconds: Callable[[], float] = tick) -> None:
        self._limit = limit
        self._seconds = seconds
        self._lock = threading.Lock()
        #: address → (since when, how many).
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """`TooManyAttempts` while too many were wrong within a minute; a limit of 0 is none."""
        with self._lock:
            since, number = self._wrong.get(address, (0.0, 0))
        if self._limit and number >= self._limit and self._seconds() < since + _WINDOW:
            raise TooManyAttempts

    def wrong(self, address: str) -> None:
        now = self._seconds()
        with self._lock:
            since, number = self._wrong.pop(address, (now, 0))
            fresh = now >= since + _WINDOW
            self._wrong[address] = (now, 1) if fresh else (since, number + 1)
            while len(self._wrong) > _ADDRESSES:
                self._wrong.popitem(last=False)
