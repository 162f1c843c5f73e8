"""HTTP through requests: one session per case, foreign errors turned into ours at this door."""

import contextlib
import dataclasses
import functools
import http.client
import http.cookiejar  # before requests: pytester's inner runs import requests anew
import io
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import requests.cookies
import urllib3.exceptions

from ..errors import (
    ConfigError,
    ConnectionFailed,
    NetworkFailed,
    ProtocolViolated,
    ResponseInvalid,
    SisyphusError,
    TimedOut,
)
from . import encodings
from .connections import TimedHTTPPool, TimedHTTPSPool
from .cookies import CookiePolicy
from .mocked import Answer, MockAdapter
from .timing import Stopwatch, measured

_CHUNK: Final = 65536
#: what requests raises for a server that is broken or foreign; not all of it is its own.
NO_ANSWER: Final = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,
)
#: bytes of a body, its encoding undone.
MAX_DECODED: Final = 256 * 1024 * 1024


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limit:
    """Seconds."""

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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request (with the redirects it led to) and its whole answer."""

    response: requests.Response
    content: bytes
    #: ms by phase; only what was measured.
    performance: Mapping[str, Any]


class TimedAdapter(requests.adapters.HTTPAdapter):
    """Its connections tell the thread's `Stopwatch`, which may cut them."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": TimedHTTPPool, "https": TimedHTTPSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": TimedHTTPPool, "https": TimedHTTPSPool}
        return manager


class _ReadingAdapter(TimedAdapter):
    """Reads each answer whole - a redirect's and a challenge's too - within the limit."""

    def __init__(self, max_decoded: int) -> None:
        self.max_decoded = max_decoded
        super().__init__()

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        return _read(super().send(*args, **kwargs), self.max_decoded)


def _read(response: requests.Response, limit: int) -> requests.Response:
    """With its content, its Content-Encoding undone if it is one that we know."""
    try:
        content = _content(response, limit)
    except BaseException:
        response.raw.close()  # what is left of it is nobody's answer
        raise
    response._content = content  # noqa: SLF001 - requests has no other way to say it was read
    response._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001
    return response


def _content(response: requests.Response, limit: int) -> bytes:
    raw = response.raw
    if response.status_code in {204, 304} or response.request.method == "HEAD":
        raw.close() if raw.chunked else raw.read(decode_content=False)
        return b""
    names = encodings.encodings(response.headers.get("Content-Encoding", ""))
    if encodings.unknown(names):
        names = []
    told = raw.length_remaining
    if not names and told and told > limit:
        raise encodings.too_large(f" of {told} bytes", "", limit)
    pieces = raw.stream(_CHUNK, decode_content=False)
    whole = io.BytesIO()  # gives its buffer away without a copy
    for piece in encodings.decoded(pieces, names, limit):
        whole.write(piece)
    return whole.getvalue()


class _Session(requests.Session):
    """Proxies and certificates come from the environment, credentials never (no `.netrc`)."""

    def __init__(self, adapter: requests.adapters.HTTPAdapter) -> None:
        super().__init__()
        self.auth = _unchanged
        self.headers["Accept-Encoding"] = encodings.ACCEPTED
        self.cookies.set_policy(CookiePolicy())
        #: of the request that is sent.
        self.follows = True
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """requests chooses the cookies by the library's policy: they are chosen again, by ours."""
        prepared = super().prepare_request(request)
        own = any(name.lower() == "cookie" for name in request.headers)
        jar: Any = prepared._cookies  # type: ignore[attr-defined] # noqa: SLF001 - as redirects do
        jar.set_policy(self.cookies.get_policy())
        if len(jar) and not own:
            prepared.headers.pop("Cookie", None)
            prepared.prepare_cookies(jar)
        return prepared

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Raises ProtocolViolated: where to go is the server's word, not the case's."""
        if not self.follows:
            return None
        try:
            target = super().get_redirect_target(resp)
            if target:
                _refuse_odd_target(str(resp.url), target)
        except (UnicodeError, ValueError) as error:
            location = resp.headers["location"]
            raise ProtocolViolated(
                f"{resp.url} redirects to {location!r}, which is no address: {error}"
            ) from error
        return target

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        headers = prepared_request.headers
        moved = self.should_strip_auth(  # type: ignore[no-untyped-call] # requests' own stub gap
            str(response.request.url), str(prepared_request.url)
        )
        if "Authorization" in headers and moved:
            del headers["Authorization"]


def _refuse_odd_target(url: str, target: str) -> None:
    """Raises ValueError, ProtocolViolated."""
    whole = urljoin(url, target)
    if urlsplit(whole).scheme.lower() not in {"http", "https"}:
        raise ProtocolViolated(
            f"{url} redirects to {target!r}: only http and https addresses are followed",
            suggestion="allow_redirects: false makes the redirect itself the answer",
        )
    prepared = requests.Request("GET", whole).prepare()
    (urlsplit(str(prepared.url)).hostname or "").encode("idna")


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


_Jar = requests.cookies.RequestsCookieJar
#: domain, path, name
_Key = tuple[str, str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CookieChanges:
    gone: tuple[_Key, ...]
    made: tuple[http.cookiejar.Cookie, ...]


class HttpSession:
    """Keep-alive and cookies of one case; for one thread at a time."""

    def __init__(
        self,
        adapter: requests.adapters.HTTPAdapter | None = None,
        cookies: _Jar | None = None,
        *,
        max_decoded: int = MAX_DECODED,
    ) -> None:
        self._adapter = adapter or _ReadingAdapter(max_decoded)
        self._session = _Session(self._adapter)
        if cookies is not None:
            self._session.cookies = cookies
        self._began_with = _by_key(self.cookies)

    @property
    def cookies(self) -> _Jar:
        return self._session.cookies

    def close(self) -> None:
        self._session.close()

    def fork(self) -> "HttpSession":
        """One for another thread: the same connections (urllib3's pools are made for threads),
        and a copy of the cookies."""
        return HttpSession(self._adapter, self.cookies.copy())

    def cookie_changes(self) -> CookieChanges:
        """Since this session began."""
        before, now = self._began_with, _by_key(self.cookies)
        return CookieChanges(
            gone=tuple(before.keys() - now.keys()),
            made=tuple(
                cookie
                for key, cookie in now.items()
                if key not in before or vars(before[key]) != vars(cookie)
            ),
        )

    def take_over(self, changes: CookieChanges) -> None:
        for key in changes.gone:
            with contextlib.suppress(KeyError):
                self.cookies.clear(*key)
        for cookie in changes.made:
            self.cookies.set_cookie(cookie)

    def answered(self, answer: Callable[[requests.PreparedRequest], Answer]) -> "HttpSession":
        """The same cookies, but nothing goes over the network."""
        return HttpSession(MockAdapter(answer), self.cookies)

    def send(self, request: requests.Request, limit: Limit, options: Mapping[str, Any]) -> Exchange:
        """`options`: verify, allow_redirects, proxies. Raises our errors only."""
        with measured(limit.total) as watch, _ours(request, limit, watch):
            request.auth = request.auth or _auth_of_url(request.url)
            prepared = self._session.prepare_request(request)
            for name, line in request.headers.items():
                if line is None:  # also what requests adds by itself
                    prepared.headers.pop(name, None)
            self._session.follows = options["allow_redirects"]
            response = self._session.send(
                prepared,
                timeout=(limit.connect, limit.read),
                allow_redirects=options["allow_redirects"],
                **self._surroundings(str(prepared.url), options),
            )
            if watch.expired:
                raise requests.Timeout("the socket was shut down at the limit")
            content = response.content
            return Exchange(
                response=response, content=content, performance=_performance(watch, content)
            )

    def _surroundings(self, url: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Proxies and certificates: given ones replace the environment's, on redirects too."""
        own = options["proxies"]
        self._session.trust_env = own is None
        settings = _of_environment(
            "/".join(url.split("/", 3)[:3]),
            options["verify"],
            tuple(map(os.environ.get, _ASKED_OF_ENVIRONMENT)),
        )
        return {**settings, "proxies": dict(settings["proxies"] if own is None else own)}


#: all that requests asks the environment for.
_ASKED_OF_ENVIRONMENT: Final = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


@functools.lru_cache(maxsize=256)
def _of_environment(
    server: str, verify: bool | str, environment: tuple[str | None, ...]
) -> Mapping[str, Any]:
    """For an address, without its path. requests goes through the whole environment twice, which
    costs a request a fifth of its time: so only where `environment` was not the same before."""
    del environment
    return requests.Session().merge_environment_settings(server, {}, True, verify, None)


def header_lines(response: requests.Response) -> list[tuple[str, str]]:
    """As they came: in order, repeated ones too, values in latin-1."""
    original: Any = response.raw._original_response  # noqa: SLF001 - as requests' own cookies do
    return list(original.msg.items())


def undecodable(response: requests.Response) -> str:
    """`encoded as 'zstd', …`; empty where all of the Content-Encoding was undone."""
    name = encodings.unknown(encodings.encodings(response.headers.get("Content-Encoding", "")))
    if name is None:
        return ""
    package = encodings.PACKAGES.get(name)
    help_ = f"which needs {package} (extra 'encodings')" if package else "which is not known"
    return f"encoded as {name[:40]!r}, {help_}"


def _auth_of_url(url: str | bytes) -> tuple[str, str] | None:
    """`http://user:password@host` authenticates, as it does with requests by itself."""
    user, password = requests.utils.get_auth_from_url(str(url))
    return (user, password) if user or password else None


def _by_key(cookies: _Jar) -> dict[_Key, http.cookiejar.Cookie]:
    return {(cookie.domain, cookie.path, cookie.name): cookie for cookie in cookies}


def _performance(watch: Stopwatch, content: bytes) -> dict[str, Any]:
    def ms(seconds: float | None) -> float | None:
        return None if seconds is None else round(seconds * 1000, 3)

    if watch.first_byte is None:  # over connections that are not ours, a SOCKS proxy's
        return {"total_time": ms(watch.elapsed), "size": len(content)}
    reused = not watch.connected
    phases = {
        "total_time": ms(watch.elapsed),
        "dns_time": 0 if reused else ms(watch.dns),
        "tcp_time": 0 if reused else ms(watch.tcp),
        "tls_time": 0 if reused or watch.tls is None else ms(watch.tls),
        "server_time": ms(watch.first_byte),
        "download_time": ms(watch.since_first_byte),
        "size": len(content),
        "reused": reused,
    }
    return {name: value for name, value in phases.items() if value is not None}


@contextlib.contextmanager
def _ours(request: requests.Request, limit: Limit, watch: Stopwatch) -> Iterator[None]:
    what = f"{request.method} {request.url}"
    try:
        yield
    except (ResponseInvalid, NetworkFailed) as error:
        if watch.expired:  # then the body ends where we cut it
            raise _timed_out(what, limit) from error
        raise error.retold(f"{what}: {error}") from error
    except requests.exceptions.InvalidHeader as error:
        raise ConfigError(f"{what}: {error}") from error
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        requests.exceptions.InvalidProxyURL,
        UnicodeError,
        ValueError,
    ) as error:
        if watch.expired:
            raise _timed_out(what, limit) from error
        raise _invalid(what, error) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise _network(what, error, limit, watch) from error


def _invalid(what: str, error: Exception) -> SisyphusError:
    if isinstance(error, requests.exceptions.RequestException):
        return ConfigError(f"{what}: {error}")
    return ConfigError(f"{what}: cannot be sent: {error}")


def _timed_out(what: str, limit: Limit) -> TimedOut:
    return TimedOut(
        f"{what}: no complete answer within {round(limit.total, 3):g} s",
        suggestion="raise the step's timeout, or look at why the server is slow",
    )


def _network(what: str, error: Exception, limit: Limit, watch: Stopwatch) -> SisyphusError:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        within = round(min(limit.connect, limit.total), 3)
        return TimedOut(f"{what}: no connection within {within:g} s: {_reason(error)}")
    if watch.expired:
        return _timed_out(what, limit)
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError):
        return TimedOut(f"{what}: no answer within {round(limit.read, 3):g} s")
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return ConnectionFailed(
            f"{what}: TLS failed: {_reason(error)}",
            suggestion="verify_ssl: false accepts a certificate that cannot be checked",
        )
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return ProtocolViolated(f"{what}: {error}")
    return _broken(what, error, watch)


def _broken(what: str, error: Exception, watch: Stopwatch) -> SisyphusError:
    reason = _reason(error)
    text = str(error)
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in text:
        return NetworkFailed(f"{what}: the connection broke in the middle of the body: {reason}")
    if isinstance(_root(error), http.client.HTTPException) and not isinstance(
        _root(error), http.client.RemoteDisconnected
    ):
        return ProtocolViolated(f"{what}: the server did not speak HTTP: {reason}")
    if not watch.connected and watch.first_byte is None and _never_connected(error):
        return ConnectionFailed(
            f"{what}: cannot connect: {reason}",
            suggestion="check base_url, the port, and that the service is up",
        )
    return NetworkFailed(f"{what}: the connection broke: {reason}")


def _never_connected(error: Exception) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(
        reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError
    ) or isinstance(error, requests.exceptions.ProxyError)


def _root(error: BaseException) -> BaseException:
    inner: Any = error
    while True:
        below = getattr(inner, "reason", None)
        if not isinstance(below, BaseException):
            below = inner.__cause__ or (None if inner.__suppress_context__ else inner.__context__)
        if below is None:
            return inner  # type: ignore[no-any-return] # the loop only ever holds exceptions
        inner = below


def _reason(error: BaseException) -> str:
    """On one line: what a server sent may have its line ends in it."""
    root = _root(error)
    return " ".join(str(root).split()) or type(root).__name__
