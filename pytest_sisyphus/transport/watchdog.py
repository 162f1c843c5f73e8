"""One thread that ends whatever exchange is over its time: a thread for each would cost more than
the exchange."""

import math
import os
import threading
import time
from collections.abc import Callable
from typing import Final


class Watchdog:
    """Calls back, from a thread of its own, when a time is over that nobody took back before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        #: callback -> the moment, by `time.monotonic()`.
        self._moments: dict[Callable[[], None], float] = {}
        #: when the thread will look again; it is woken for an earlier moment only.
        self._next = math.inf
        self._thread: threading.Thread | None = None

    def add(self, seconds: float, expire: Callable[[], None]) -> None:
        """`expire` must be quick, and raise nothing."""
        moment = time.monotonic() + seconds
        with self._changed:
            self._moments[expire] = moment
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="sisyphus-watchdog", daemon=True
                )
                self._thread.start()
            if moment < self._next:
                self._next = moment
                self._changed.notify()

    def remove(self, expire: Callable[[], None]) -> None:
        """It may be running just now."""
        with self._changed:
            self._moments.pop(expire, None)

    def _run(self) -> None:
        while True:
            for expire in self._wait():
                expire()

    def _wait(self) -> list[Callable[[], None]]:
        with self._changed:
            now = time.monotonic()
            while self._next > now:
                left = min(self._next - now, threading.TIMEOUT_MAX)
                self._changed.wait(None if math.isinf(self._next) else left)
                now = time.monotonic()
            due = [expire for expire, moment in self._moments.items() if moment <= now]
            for expire in due:
                del self._moments[expire]
            self._next = min(self._moments.values(), default=math.inf)
            return due


WATCHDOG: Final = Watchdog()
# a child has none of its parent's threads
os.register_at_fork(after_in_child=WATCHDOG.__init__)  # type: ignore[misc] # made anew
