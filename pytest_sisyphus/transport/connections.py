"""The connections of a session, through urllib3's own extension points.

They time their phases, keep to the time of the exchange in every wait, and are not used again when
they may still hold an answer: what a server sends beside the answer to *this* request would be
taken for the answer to the next one.
"""

import contextlib
import http.client
import re
import socket
import time
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import SKIP_HEADER

from .lookup import addresses
from .timing import running

_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_ENDLESS: Final = re.compile(r"(max-age\s*=\s*)[0-9]{13,}", re.IGNORECASE)
_SWITCHING: Final = 101
#: what urllib3 adds where requests sends none: a case may have dropped it.
_ADDED: Final = ("User-Agent", "Accept-Encoding")


class MalformedAnswer(http.client.HTTPException):
    """What HTTP's own library lets pass, although nobody can know where such an answer ends."""


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock
        #: the connection is good for another request, as far as this answer's head tells.
        self._may_go_on = True

    def begin(self) -> None:
        super().begin()
        self._refuse_a_broken_head()
        self._understand_a_repeated_length()
        self._shorten_endless_ages()
        self._may_go_on = not self._is_followed_by_something()

    def _read_status(self) -> tuple[str, int, str]:
        """Of the final answer: interim ones (1xx) go before it, as many as the server likes."""
        while True:
            self._await_first_byte()
            version, status, reason = super()._read_status()  # type: ignore[misc] # has no stub
            if not 100 <= status < 200 or status == _SWITCHING:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def _await_first_byte(self) -> None:
        watch = running()
        if watch is not None:
            self.fp.peek(1)
            watch.arrived()

    def _refuse_a_broken_head(self) -> None:
        unread = self.msg.get_payload()
        if isinstance(unread, str) and unread.strip():
            line = unread.strip().splitlines()[0][:60]
            raise MalformedAnswer(f"{line!r} among the headers is no header")
        encodings = _values(self.msg, "transfer-encoding")
        if len(encodings) > 1 or not {"chunked", "identity"}.issuperset(encodings):
            raise MalformedAnswer(f"Transfer-Encoding is {_shown(encodings)}")
        if "chunked" not in encodings:
            _refuse_a_wrong_length(_values(self.msg, "content-length"))

    def _understand_a_repeated_length(self) -> None:
        """`2, 2` is 2 (RFC 9110, 8.6); the library reads on until the connection is closed."""
        lengths = _values(self.msg, "content-length")
        if self.length is None and lengths and not self.chunked:
            self.length = int(lengths[0])
            self.will_close = self._check_close()  # type: ignore[attr-defined] # has no stub

    def _shorten_endless_ages(self) -> None:
        """Over a Max-Age that no float holds the library warns, and drops all cookies."""
        lines = self.msg.get_all("set-cookie") or ()
        if any(map(_ENDLESS.search, lines)):
            del self.msg["set-cookie"]
            for line in lines:
                self.msg["Set-Cookie"] = _ENDLESS.sub(r"\g<1>999999999999", line)

    def _is_followed_by_something(self) -> bool:
        """An answer without a body that speaks of one; two ways to say where it ends; no HTTP."""
        lengths = _values(self.msg, "content-length")
        chunked = "chunked" in _values(self.msg, "transfer-encoding")
        if self.status == _SWITCHING or (chunked and (lengths or self.version < 11)):
            return True
        return self._has_no_body() and (chunked or any(one.strip("0") for one in lengths))

    def _has_no_body(self) -> bool:
        asked_for: str = self._method  # type: ignore[attr-defined] # has no stub
        return self.status in {204, 304} or asked_for == "HEAD"

    def _close_conn(self) -> None:
        """At the end of the body: whatever comes now is nobody's answer."""
        if self.fp is not None and not self.will_close:
            if self._may_go_on:
                self._may_go_on = not self._more_is_here()
            if not self._may_go_on:
                _cut(self._sock)
        super()._close_conn()  # type: ignore[misc] # has no stub

    def _more_is_here(self) -> bool:
        """In our buffer, in that of TLS, or in the system's."""
        try:
            before = self._sock.gettimeout()
            self._sock.settimeout(0)
            try:
                return bool(self.fp.peek(1))
            finally:
                self._sock.settimeout(before)
        except (OSError, ValueError):
            return False  # nothing, or closed


def _refuse_a_wrong_length(lengths: list[str]) -> None:
    if not all(map(_LENGTH.fullmatch, lengths)) or len({int(one) for one in lengths}) > 1:
        raise MalformedAnswer(f"Content-Length is {_shown(lengths)}")


def _shown(words: list[str]) -> str:
    return repr(", ".join(words)[:60])


def _values(headers: http.client.HTTPMessage, name: str) -> list[str]:
    lines = headers.get_all(name) or ()
    return [word.strip().lower() for line in lines for word in line.split(",")]


def _cut(sock: socket.socket) -> None:
    """The pool then sees that it is closed, and opens another one."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


class _Timed(HTTPConnection):
    response_class = _Answer

    def _new_conn(self) -> socket.socket:
        watch = running()
        if watch is None:
            return super()._new_conn()
        end = time.perf_counter() + min(_seconds(self.timeout), watch.left)
        started = time.perf_counter()
        try:
            found = self._resolve(end)
        finally:
            watch.dns = time.perf_counter() - started
        started = time.perf_counter()
        try:
            sock = self._first_to_answer(found, end)
        finally:
            watch.tcp = time.perf_counter() - started
        watch.connected = True
        watch.watch(sock)
        # of what is left, for a proxy's CONNECT and the TLS handshake
        sock.settimeout(_left(end))
        return sock

    def _resolve(self, end: float) -> list[str]:
        try:
            return addresses(self._dns_host, int(self.port or 0), _left(end))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error

    def _first_to_answer(self, found: list[str], end: float) -> socket.socket:
        """Each address gets its share of the time: one that says nothing leaves some for others."""
        name, timeout = self._dns_host, self.timeout
        try:
            for number, address in enumerate(found[:-1]):
                self._dns_host, self.timeout = address, _left(end) / (len(found) - number)
                with contextlib.suppress(NewConnectionError, ConnectTimeoutError):
                    return super()._new_conn()
            self._dns_host, self.timeout = found[-1], _left(end)
            return super()._new_conn()
        finally:
            self._dns_host, self.timeout = name, timeout

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **rest: Any
    ) -> None:
        watch = running()
        if watch is not None and self.sock is not None:
            watch.watch(self.sock)
        given = {} if headers is None else headers  # by requests, in any case
        skipped = {name: SKIP_HEADER for name in _ADDED if name not in given}
        super().request(method, url, body=body, headers={**given, **skipped}, **rest)

    def getresponse(self) -> Any:
        watch = running()
        if watch is not None:
            watch.sent()
        return super().getresponse()


class _TimedHTTPS(_Timed, HTTPSConnection):
    def connect(self) -> None:
        watch = running()
        started = time.perf_counter()
        super().connect()
        if watch is not None:
            before = (watch.dns or 0) + (watch.tcp or 0)
            watch.tls = max(time.perf_counter() - started - before, 0.0)


def _left(end: float) -> float:
    return max(end - time.perf_counter(), 0.001)


def _seconds(timeout: Any) -> float:
    return float(timeout) if isinstance(timeout, int | float) else float("inf")


class _LettingGo(urllib3.HTTPConnectionPool):
    def _put_conn(self, conn: Any) -> None:
        watch = running()
        if watch is not None:
            watch.let_go()
        super()._put_conn(conn)


class TimedHTTPPool(_LettingGo):
    ConnectionCls = _Timed


class TimedHTTPSPool(_LettingGo, urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS
