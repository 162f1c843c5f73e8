"""Timings from the connection itself, through urllib3's own extension points.

The connection classes below note each phase in the `Stopwatch` of the thread that sends.
"""

import contextlib
import contextvars
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError


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
        self._sent: float | None = None
        self._first: float | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(limit, self._expire) if limit is not None else None

    def __enter__(self) -> "Stopwatch":
        self.started = time.perf_counter()
        if self._timer:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._timer:
            self._timer.cancel()
        with self._lock:
            self._socket = None

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self._socket = sock
            if self.expired:
                _shut_down(sock)

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


@contextlib.contextmanager
def measured(limit: float | None) -> Iterator[Stopwatch]:
    with Stopwatch(limit) as watch:
        token = _running.set(watch)
        try:
            yield watch
        finally:
            _running.reset(token)


class _TimedResponse(http.client.HTTPResponse):
    def begin(self) -> None:
        watch = _running.get()
        if watch is not None:
            self.fp.peek(1)  # blocks until the first byte is here
            watch.arrived()
        super().begin()


class _Timed(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        watch = _running.get()
        if watch is None:
            return super()._new_conn()
        addresses = self._resolve(watch)
        started = time.perf_counter()
        try:
            sock = self._first_to_answer(addresses)
        finally:
            watch.tcp = time.perf_counter() - started
        watch.connected = True
        watch.watch(sock)
        return sock

    def _resolve(self, watch: Stopwatch) -> list[str]:
        started = time.perf_counter()
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        finally:
            watch.dns = time.perf_counter() - started
        return [str(address[4][0]) for address in found]

    def _first_to_answer(self, addresses: list[str]) -> socket.socket:
        name = self._dns_host
        try:
            for address in addresses[:-1]:
                self._dns_host = address
                with contextlib.suppress(NewConnectionError):
                    return super()._new_conn()
            self._dns_host = addresses[-1]
            return super()._new_conn()
        finally:
            self._dns_host = name

    def getresponse(self) -> Any:
        watch = _running.get()
        if watch is not None:
            if self.sock is not None:
                watch.watch(self.sock)
            watch.sent()
        return super().getresponse()


class _TimedHTTPS(_Timed, HTTPSConnection):
    def connect(self) -> None:
        watch = _running.get()
        started = time.perf_counter()
        super().connect()
        if watch is not None:
            before = (watch.dns or 0) + (watch.tcp or 0)
            watch.tls = max(time.perf_counter() - started - before, 0.0)
            if self.sock is not None:
                watch.watch(self.sock)


class TimedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Timed


class TimedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS
