"""HTTP: one session per case; errors of requests and urllib3 become SisyphusErrors here."""

import contextlib
import functools
import http.cookiejar  # before requests: pytester's inner runs import requests anew
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import requests

from pytest_sisyphus.http import encodings
from pytest_sisyphus.http.connections import ConnectOptions
from pytest_sisyphus.http.cookies import CookiePolicy
from pytest_sisyphus.http.errors import timed_out, translate_error
from pytest_sisyphus.http.mocked import CannedResponse, Mocked
from pytest_sisyphus.http.prepare import prepare_request
from pytest_sisyphus.http.response import Jar, Response
from pytest_sisyphus.http.session import Session
from pytest_sisyphus.http.timing import Limit, Stopwatch
from pytest_sisyphus.http.wire import NetworkTransport, Transport, address_of
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record

#: bytes of a body, its encoding undone.
MAX_DECODED: Final = 256 * 1024 * 1024


@record
class Exchange:
    """One request, with the redirects it led to, and its whole response."""

    response: Response
    #: the redirects that led to it.
    history: Sequence[Response]
    #: ms by phase; only what was measured.
    performance: Mapping[str, Any]

    @property
    def content(self) -> bytes:
        return self.response.content


#: domain, path, name
_Key = tuple[str, str, str]


@record
class CookieChanges:
    gone: tuple[_Key, ...]
    made: tuple[http.cookiejar.Cookie, ...]


class HttpSession:
    """The cookies of one case, over connections that are kept; for one thread at a time."""

    def __init__(
        self,
        transport: Transport | None = None,
        cookies: Jar | None = None,
        *,
        max_decoded: int = MAX_DECODED,
        has_own_connections: bool = False,
    ) -> None:
        """`has_own_connections`: it shares no connection with other sessions."""
        self._transport = transport or NetworkTransport(
            max_decoded, has_own_connections=has_own_connections
        )
        self.cookies = Jar(policy=CookiePolicy()) if cookies is None else cookies
        self._began_with = _by_key(self.cookies)

    @functools.cached_property
    def _session(self) -> Session:
        return Session(self.cookies)

    def close(self) -> None:
        self._transport.close()

    def fork(self) -> "HttpSession":
        """One for another thread: the same connections, and a copy of the cookies."""
        return HttpSession(self._transport, self.cookies.copy())

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

    def merge_cookies(self, changes: CookieChanges) -> None:
        """Applies what another session, forked from this one, changed."""
        for key in changes.gone:
            with contextlib.suppress(KeyError):
                self.cookies.clear(*key)
        for cookie in changes.made:
            self.cookies.set_cookie(cookie)

    def with_mock(
        self, respond: Callable[[requests.PreparedRequest], CannedResponse]
    ) -> "HttpSession":
        """A session with the same cookies, whose responses are what `respond` returns."""
        return HttpSession(Mocked(respond), self.cookies)

    def send(self, request: requests.Request, limit: Limit, options: Mapping[str, Any]) -> Exchange:
        """`options`: verify, allow_redirects, proxies, a client's cert. Raises our errors only."""
        watch = Stopwatch(limit.total)
        try:
            responses = self._exchange(request, limit, options, watch)
        except Exception as error:
            problem = translate_error(error, request, limit, watch)
            if problem is error:
                raise
            raise problem from error
        if watch.expired:
            raise timed_out(request, limit)
        *history, last = responses
        return Exchange(
            response=last,
            history=history,
            performance={**watch.milliseconds(), "size": len(last.content)},
        )

    def _exchange(
        self,
        request: requests.Request,
        limit: Limit,
        options: Mapping[str, Any],
        watch: Stopwatch,
    ) -> list[Response]:
        ready = prepare_request(request, self.cookies)
        connect_options = _connect_options(str(ready.url), limit, options)
        response = self._transport(ready, connect_options, watch)
        follows = options["allow_redirects"]
        if ready.hooks["response"] or (follows and response.is_redirect):
            trust = options["proxies"] is None
            return self._session.resume(
                response, self._transport, connect_options, watch, follows=follows, trust=trust
            )
        response.extract_cookies(self.cookies)
        return [response]


def _connect_options(url: str, limit: Limit, options: Mapping[str, Any]) -> ConnectOptions:
    """Proxies and certificates: given ones replace the environment's, on redirects too."""
    # a fixture or a script may have changed the environment. By its own keys, where it has some:
    # eleven of them cost less than one that is encoded first
    data = getattr(os.environ, "_data", None)
    names = _ENVIRONMENT_NAMES if data is None else _ENCODED
    environment = tuple(map((os.environ if data is None else data).get, names))
    settings = _settings_of(address_of(url).server, options["verify"], environment)
    own = options["proxies"]
    return ConnectOptions(
        verify=settings["verify"],
        cert=options.get("cert"),
        proxies=settings["proxies"] if own is None else own,
        connect=limit.connect,
        read=limit.read,
    )


#: all that requests asks the environment for.
_ENVIRONMENT_NAMES: Final = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
_ENCODED: Final = tuple(map(os.environ.encodekey, _ENVIRONMENT_NAMES))


@functools.lru_cache(maxsize=256)
def _settings_of(
    server: str, verify: bool | str, environment: tuple[Any, ...]
) -> Mapping[str, Any]:
    """For an address, without its path. requests goes through the whole environment twice, which
    costs a request a fifth of its time: so only where `environment` was not the same before."""
    del environment
    return requests.Session().merge_environment_settings(server, {}, True, verify, None)


def undecodable(response: Response) -> str:
    """`encoded as 'zstd', …`; empty where all of the Content-Encoding was undone."""
    name = encodings.first_unknown(encodings.encodings(response.header("content-encoding")))
    if name is None:
        return ""
    package = encodings.PACKAGES.get(name)
    help_ = (
        tr("which needs {package} (extra 'encodings')", package=package)
        if package
        else tr("which is not known")
    )
    return tr("encoded as {name!r}, {hint}", name=name[:40], hint=help_)


def _by_key(cookies: Jar) -> dict[_Key, http.cookiejar.Cookie]:
    return {(cookie.domain, cookie.path, cookie.name): cookie for cookie in cookies}
