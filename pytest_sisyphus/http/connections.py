"""How connections are made: through urllib3's own extension points, which know proxies and TLS.

They time their phases, and keep to the time of the exchange in every wait.
"""

import contextlib
import functools
import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import requests
import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs
from urllib3.util.wait import wait_for_read

from pytest_sisyphus.http.dns import resolve
from pytest_sisyphus.http.timing import Stopwatch


class _LimitedReads(io.RawIOBase):
    def __init__(self, sock: socket.socket, watch: Stopwatch) -> None:
        self._sock, self._watch = sock, watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._watch.limit_wait(self._sock, float("inf"))
        return self._sock.recv_into(buffer)


class _ProxyResponse(http.client.HTTPResponse):
    """To CONNECT."""

    def __init__(self, sock: socket.socket, watch: Stopwatch, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_LimitedReads(sock, watch))


class _TimedConnection(HTTPConnection):
    watch: Stopwatch

    def response_class(  # type: ignore[override] # called only
        self, sock: socket.socket, **options: Any
    ) -> http.client.HTTPResponse:
        return _ProxyResponse(sock, self.watch, **options)

    def _new_conn(self) -> socket.socket:
        watch = self.watch
        timeout: Any = self.timeout
        seconds = float(timeout) if isinstance(timeout, int | float) else float("inf")
        end = min(time.perf_counter() + seconds, watch.end)
        started = time.perf_counter()
        try:
            found = resolve(self._dns_host, int(self.port or 0), _left(end))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        finally:
            watch.dns = time.perf_counter() - started
        started = time.perf_counter()
        try:
            sock = self._connect_to_first(found, end)
        finally:
            watch.tcp = time.perf_counter() - started
        watch.connected, watch.tls = True, 0
        # of what is left, for a proxy's CONNECT and the TLS handshake
        sock.settimeout(_left(end))
        return sock

    def _connect_to_first(self, found: list[str], end: float) -> socket.socket:
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


class _TimedHTTPS(_TimedConnection, HTTPSConnection):
    def connect(self) -> None:
        watch = self.watch
        started = time.perf_counter()
        super().connect()
        before = (watch.dns or 0) + (watch.tcp or 0)
        watch.tls = max(time.perf_counter() - started - before, 0.0)


def _left(end: float) -> float:
    return max(end - time.perf_counter(), 0.001)


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


_POOLS: dict[str, Any] = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(requests.adapters.HTTPAdapter):
    """What requests knows of proxies and certificates."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class ConnectOptions(NamedTuple):
    """How a server is reached, beside its address: the arguments of requests' adapters."""

    verify: bool | str
    cert: Any
    proxies: Mapping[str, str]
    #: seconds, to connect and of each wait.
    connect: float
    read: float


class Connection:
    """An open one, for one exchange at a time."""

    __slots__ = (
        "_is_secure",
        "_made",
        "_pool",
        "headers",
        "host",
        "idle_since",
        "is_forwarding",
        "sock",
    )

    def __init__(self, pool: Any, made: Any, *, is_forwarding: bool) -> None:
        self._pool, self._made = pool, made
        self.sock: socket.socket = made.sock
        self._is_secure: bool = pool.scheme == "https"
        #: it leads to a proxy that passes requests on, by the whole address in them.
        self.is_forwarding = is_forwarding
        #: for that proxy.
        self.headers: Mapping[str, str] = pool.proxy_headers if self.is_forwarding else {}
        # as the Host header has it: the server's, also where a proxy connects to it (CONNECT)
        tunnel = made._tunnel_host  # noqa: SLF001 - of http.client
        host, port = (tunnel, made._tunnel_port) if tunnel else (made.host, made.port)  # noqa: SLF001
        host = f"[{host.partition('%')[0]}]" if ":" in host else host
        self.host = host if port in {None, made.default_port} else f"{host}:{port}"
        self.idle_since = 0.0

    def warn_if_unverified(self) -> None:
        if self._is_secure:
            self._pool._validate_conn(self._made)  # noqa: SLF001 - as urllib3 does before each request

    @property
    def is_silent(self) -> bool:
        """Nothing came that was not read: no byte, and not its end."""
        if self._is_secure:
            pending = getattr(self.sock, "pending", None)  # TLS inside a proxy's TLS has none
            if pending is None or pending():
                return False
        return not wait_for_read(self.sock, timeout=0.0)

    def close(self) -> None:
        self._made.close()


_ADAPTER: Final = _Adapter()


def connect(
    request: requests.PreparedRequest, options: ConnectOptions, watch: Stopwatch
) -> Connection:
    """Raises what requests, urllib3 and the system raise."""
    url: Any = request.url
    try:
        pool: Any = _ADAPTER.get_connection_with_tls_context(
            request, options.verify, proxies=options.proxies, cert=options.cert
        )
    except LocationValueError as error:
        raise requests.exceptions.InvalidURL(str(error)) from error
    _ADAPTER.cert_verify(pool, url, options.verify, options.cert)  # type: ignore[no-untyped-call]
    made = pool._new_conn()  # noqa: SLF001 - what its subclasses override
    if pool.scheme == "https":
        _share_certificates(made)
    is_tunnel = pool.proxy is not None and url.lower().startswith("https:")
    made.watch = watch
    watch.forget_phases()
    made.timeout = min(options.connect, max(watch.end - time.perf_counter(), 0.001))
    try:
        if is_tunnel:
            pool._prepare_proxy(made)  # noqa: SLF001 - CONNECT
        else:
            made.connect()
    except BaseException as error:
        made.close()
        if made.proxy and not made.has_connected_to_proxy and isinstance(error, _UNREACHABLE):
            raise ProxyError("Unable to connect to proxy", error) from error
        raise
    watch.connected = True
    return Connection(pool, made, is_forwarding=pool.proxy is not None and not is_tunnel)


_UNREACHABLE: Final = (OSError, HTTPError)


def _share_certificates(made: Any) -> None:
    """Reading a bundle of them takes longer than all the rest of connecting."""
    is_through_tls = made.proxy is not None and made.proxy.scheme == "https"
    if made.cert_file is None and not is_through_tls:  # else what is the proxy's would be mixed up
        bundle = made.ca_certs or made.ca_cert_dir
        stamp = None if bundle is None else Path(bundle).stat().st_mtime_ns
        made.ssl_context = _context(made.cert_reqs, made.ca_certs, made.ca_cert_dir, stamp)
        made.ca_certs = made.ca_cert_dir = None


@functools.lru_cache(maxsize=16)
def _context(
    cert_reqs: str, bundle: str | None, folder: str | None, stamp: int | None
) -> ssl.SSLContext:
    del stamp
    context = create_urllib3_context(cert_reqs=resolve_cert_reqs(cert_reqs))
    if bundle or folder:
        context.load_verify_locations(bundle, folder)
    return context
