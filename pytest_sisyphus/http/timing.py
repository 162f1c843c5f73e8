"""What one exchange took, phase by phase, and how long it may still wait."""

import math
import socket
import time
from typing import Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

#: seconds; no wait is shorter, since a socket takes 0 for "do not wait at all".
_SHORTEST: Final = 0.001


@record
class Limit:
    """The time limits of one exchange, in seconds: of all of it, of connecting, of each read."""

    total: float
    connect: float
    read: float

    def within(self, seconds: float) -> "Limit":
        """No more than that."""
        return Limit(
            total=min(self.total, seconds),
            connect=min(self.connect, seconds),
            read=min(self.read, seconds),
        )


class Stopwatch:
    """Seconds of each phase of one exchange; None where it did not happen or was not seen."""

    __slots__ = ("_first", "_sent", "connected", "dns", "end", "started", "tcp", "tls")

    def __init__(self, limit: float = math.inf) -> None:
        #: a connection was made; else the exchange went over one that was there.
        self.connected = False
        self.dns: float | None = 0
        self.tcp: float | None = 0
        self.tls: float | None = 0
        self._sent: float | None = None
        self._first: float | None = None
        self.started = time.perf_counter()
        self.end = self.started + limit

    def forget_phases(self) -> None:
        """For a connection that is being made: its phases are unknown until it sets them."""
        self.dns = self.tcp = self.tls = None

    def mark_sent(self) -> None:
        self._sent, self._first = time.perf_counter(), None

    def mark_first_byte(self) -> None:
        """The first byte of the answer is here."""
        self._first = time.perf_counter()

    @property
    def first_byte(self) -> float | None:
        """Since the request was sent."""
        return None if self._sent is None or self._first is None else self._first - self._sent

    @property
    def since_first_byte(self) -> float | None:
        return None if self._first is None else time.perf_counter() - self._first

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.started

    def milliseconds(self) -> dict[str, float | bool]:
        """The phases that are known, and whether an open connection was `reused`: as a step's
        `performance` has them."""
        phases = {
            "total_time": self.elapsed,
            "dns_time": self.dns,
            "tcp_time": self.tcp,
            "tls_time": self.tls,
            "server_time": self.first_byte,
            "download_time": self.since_first_byte,
        }
        known = {name: round(one * 1000, 3) for name, one in phases.items() if one is not None}
        return {**known, "reused": not self.connected}

    @property
    def expired(self) -> bool:
        return time.perf_counter() >= self.end

    def limit_wait(self, sock: socket.socket, most: float) -> None:
        """The socket's next wait, by its own limit and by what is left of the exchange's: that ends
        also what comes byte by byte. Raises TimeoutError."""
        left = self.end - time.perf_counter()
        if left <= 0:
            raise TimeoutError(tr("the time of the exchange is over"))
        sock.settimeout(max(min(most, left), _SHORTEST))
