"""What one exchange took, phase by phase, and its end when its time is over.

The connections note each phase in the `Stopwatch` of the thread that sends.
"""

import contextlib
import contextvars
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final

from .watchdog import WATCHDOG


class Stopwatch:
    """Seconds of each phase of one exchange; None where it did not happen or was not seen.

    When `limit` runs out the socket is shut down, which ends any read or write on it: that bounds
    also a server that sends one byte a second.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.dns: float | None = None
        self.tcp: float | None = None
        self.tls: float | None = None
        self.first_byte: float | None = None
        self.connected = False
        self.expired = False
        self._limit = math.inf if limit is None else limit
        self._sent: float | None = None
        self._first: float | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Stopwatch":
        self.started = time.perf_counter()
        if self._limit < math.inf:
            WATCHDOG.add(self._limit, self._expire)
        return self

    def __exit__(self, *exc: object) -> None:
        WATCHDOG.remove(self._expire)
        self.let_go()

    def watch(self, sock: socket.socket) -> None:
        """By a descriptor of our own: TLS takes the socket's away from it."""
        with contextlib.suppress(OSError):
            held = socket.socket(fileno=os.dup(sock.fileno()))
            with self._lock:
                self._drop()
                self._socket = held
                if self.expired:
                    _shut_down(held)

    def let_go(self) -> None:
        """The connection is another exchange's from now on."""
        with self._lock:
            self._drop()

    def sent(self) -> None:
        self._sent = time.perf_counter()

    def arrived(self) -> None:
        """The first byte of the answer is here."""
        self._first = time.perf_counter()
        if self._sent is not None:
            self.first_byte = self._first - self._sent

    @property
    def since_first_byte(self) -> float | None:
        return None if self._first is None else time.perf_counter() - self._first

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        return max(self._limit - self.elapsed, 0.0)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                _shut_down(self._socket)


def _shut_down(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


_running: Final[contextvars.ContextVar[Stopwatch | None]] = contextvars.ContextVar(
    "stopwatch", default=None
)


def running() -> Stopwatch | None:
    """Of the exchange that this thread is in."""
    return _running.get()


@contextlib.contextmanager
def measured(limit: float | None) -> Iterator[Stopwatch]:
    with Stopwatch(limit) as watch:
        token = _running.set(watch)
        try:
            yield watch
        finally:
            _running.reset(token)
