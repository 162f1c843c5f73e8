"""One request and its response, over a connection of the pool or a new one."""

import functools
import logging
import ssl
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import requests
import requests.utils
from urllib3.util import parse_url

from pytest_sisyphus.http.connections import Connection, ConnectOptions, connect
from pytest_sisyphus.http.pool import POOL, PoolKey
from pytest_sisyphus.http.response import Response
from pytest_sisyphus.http.response_reader import ResponseReader, SocketReader
from pytest_sisyphus.http.timing import Stopwatch
from pytest_sisyphus.i18n import tr

_log: Final = logging.getLogger(__name__)
#: larger ones are not copied behind their head.
_SMALL: Final = 65536
#: methods whose requests usually have no body.
_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "CONNECT"})


class Transport(Protocol):
    """Sends a request and returns the whole response."""

    def __call__(
        self, request: requests.PreparedRequest, options: ConnectOptions, watch: Stopwatch, /
    ) -> Response: ...

    def close(self) -> None: ...


class NetworkTransport:
    """Sends requests over the network, on connections of the process's pool."""

    def __init__(self, max_decoded: int, *, has_own_connections: bool) -> None:
        """`max_decoded`: bytes of a body, decoded. `has_own_connections`: it shares none."""
        self._max_decoded, self._has_own_connections = max_decoded, has_own_connections

    def __call__(
        self, request: requests.PreparedRequest, options: ConnectOptions, watch: Stopwatch
    ) -> Response:
        """Raises what requests, urllib3, http.client and the system raise, and our own errors."""
        address = address_of(str(request.url))
        proxy = None
        if options.proxies:
            proxy = requests.utils.select_proxy(str(request.url), dict(options.proxies))
        owner = self if self._has_own_connections or _authenticates_connection(request) else None
        key = PoolKey(address.server, proxy, options.verify, options.cert, owner)
        connection = POOL.acquire(key) or connect(request, options, watch)
        try:
            connection.warn_if_unverified()
            is_sent = _send(connection, request, address, options, watch)
            reader = ResponseReader(
                SocketReader(connection.sock, watch, options.read), str(request.method)
            )
            content = reader.content(self._max_decoded)
        except BaseException:
            connection.close()  # the rest of the response must not be read as another one
            raise
        _log.debug(
            '%s "%s %s HTTP/1.1" %d %d',
            *(address.server, request.method, address.target, reader.status_code, len(content)),
        )
        if is_sent and reader.can_keep_alive:
            POOL.release(key, connection)
        else:
            connection.close()
        return Response(
            status_code=reader.status_code,
            reason=reader.reason,
            fields=reader.fields,
            by_name=reader.by_name,
            content=content,
            request=request,
        )

    def close(self) -> None:
        """The connections that are its own."""
        POOL.close(self)


class Address(NamedTuple):
    """A URL's parts as they are sent."""

    server: str
    target: str
    #: for a proxy that passes it on.
    absolute: str


@functools.lru_cache(maxsize=1024)
def address_of(url: str) -> Address:
    parts = parse_url(url)
    if parts.scheme not in {"http", "https"}:
        raise requests.exceptions.InvalidSchema(tr("{url!r} is no http or https address", url=url))
    return Address(
        server=f"{parts.scheme}://{parts.netloc}",
        target=parts.request_uri,
        absolute=parts._replace(auth=None, fragment=None).url,
    )


def _authenticates_connection(request: requests.PreparedRequest) -> bool:
    """The connection, not only itself: what comes later over it would have its rights."""
    if request.hooks["response"]:  # auth that answers a challenge
        return True
    scheme = _text(request.headers.get("Authorization", "")).partition(" ")[0]
    return scheme.lower() in {"ntlm", "negotiate"}


def _send(
    connection: Connection,
    request: requests.PreparedRequest,
    address: Address,
    options: ConnectOptions,
    watch: Stopwatch,
) -> bool:
    """False: the server took only a part. Its response says why."""
    head, body = _serialize(request, connection, address)
    pieces = [head + body] if len(body) < _SMALL else [head, body]
    try:
        for piece in pieces:
            left = memoryview(piece)
            while left:
                watch.limit_wait(connection.sock, options.read)
                left = left[connection.sock.send(left) :]
    except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
        return False
    finally:
        watch.mark_sent()
    return True


def _serialize(
    request: requests.PreparedRequest, connection: Connection, address: Address
) -> tuple[bytes, bytes]:
    """Head and body, byte by byte as urllib3 writes them."""
    target, host, headers = address.target, connection.host, request.headers
    if connection.is_forwarding:
        target, host = address.absolute, urlsplit(address.absolute).netloc
        headers = headers.copy()
        headers.update(connection.headers)
    fields = list(headers.items())
    names = {name.lower() for name, _ in fields}
    framing, body = _frame_body(request, names)
    lines = [f"{request.method} {target} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}")
    lines += framing
    lines += [f"{name}: {_text(value)}" for name, value in fields]
    head = "\r\n".join((*lines, "", ""))
    if not head.count("\n") == head.count("\r") == len(lines) + 1:
        raise ValueError(tr("a header holds a line break"))
    return head.encode("latin-1"), body


def _frame_body(request: requests.PreparedRequest, names: set[str]) -> tuple[list[str], bytes]:
    """The line that says where the body ends, where the request has none, and the body so."""
    body: Any = request.body
    if body is None:
        if "content-length" in names:
            return [], b""
        if "transfer-encoding" in names:
            return [], _LAST_CHUNK
        return ([] if request.method in _BODILESS else ["Content-Length: 0"]), b""
    body = body.encode() if isinstance(body, str) else bytes(body)
    if "content-length" in names:
        return [], body
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    framing = [] if "transfer-encoding" in names else ["Transfer-Encoding: chunked"]
    return framing, chunk + _LAST_CHUNK


_LAST_CHUNK: Final = b"0\r\n\r\n"


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
