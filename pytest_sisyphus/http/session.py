"""What requests does itself: redirects, and the auth that answers a challenge."""

import io
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import urllib3

from pytest_sisyphus.errors import ProtocolViolated
from pytest_sisyphus.http.connections import ConnectOptions
from pytest_sisyphus.http.response import Jar, OriginalResponse, Response, join_fields
from pytest_sisyphus.http.timing import Stopwatch
from pytest_sisyphus.http.wire import Transport
from pytest_sisyphus.i18n import tr


class _Adapter(requests.adapters.BaseAdapter):
    def __init__(
        self, first: Response, transport: Transport, options: ConnectOptions, watch: Stopwatch
    ) -> None:
        super().__init__()
        self._first: Response | None = first
        self._transport, self._options, self._watch = transport, options, watch

    def send(self, request: requests.PreparedRequest, *_: Any, **to: Any) -> requests.Response:
        if self._first is None:
            proxies = to["proxies"] or {}
            options = self._options._replace(verify=to["verify"], cert=to["cert"], proxies=proxies)
            return _to_requests(self._transport(request, options, self._watch), self)
        first, self._first = self._first, None
        return _to_requests(first, self)

    def close(self) -> None:
        """Nothing to do: connections belong to the pool."""


class Session(requests.Session):
    """Proxies and certificates come from the environment, credentials never (no `.netrc`)."""

    def __init__(self, jar: Jar) -> None:
        super().__init__()
        self.auth = lambda request: request  # requests would look into `.netrc`
        self.cookies = jar
        self._follows = True

    def resume(
        self,
        first: Response,
        transport: Transport,
        options: ConnectOptions,
        watch: Stopwatch,
        *,
        follows: bool,
        trust: bool,
    ) -> list[Response]:
        """All responses, from `first`, that of the first request, to the last one.

        `follows`: redirects are followed; `trust`: the environment says how servers are reached.
        """
        adapter = _Adapter(first, transport, options, watch)
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._follows, self.trust_env = follows, trust
        request: Any = first.request
        if request._cookies is None:  # noqa: SLF001 - redirects and challenges add to them
            request._cookies = self.cookies.copy()  # noqa: SLF001
        last = self.send(
            request,
            allow_redirects=follows,
            verify=options.verify,
            cert=options.cert,
            proxies=dict(options.proxies),
        )
        return [_from_requests(one) for one in (*last.history, last)]

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Raises ProtocolViolated: where to go is the server's word, not the case's."""
        if not self._follows:
            return None
        try:
            target = super().get_redirect_target(resp)
            if target:
                whole = urljoin(str(resp.url), target)
                if urlsplit(whole).scheme.lower() not in {"http", "https"}:
                    raise ProtocolViolated(
                        tr(
                            "{url} redirects to {target!r}: only http and https addresses are "
                            "followed",
                            url=resp.url,
                            target=target,
                        ),
                        suggestion=tr(
                            "allow_redirects: false makes the redirect itself the answer"
                        ),
                    )
                prepared = requests.Request("GET", whole).prepare()
                (urlsplit(str(prepared.url)).hostname or "").encode("idna")
        except (UnicodeError, ValueError) as error:
            location = resp.headers["location"]
            raise ProtocolViolated(
                tr(
                    "{url} redirects to {location!r}, which is no address: {error}",
                    url=resp.url,
                    location=location,
                    error=error,
                )
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


def _to_requests(response: Response, adapter: _Adapter) -> requests.Response:
    original: Any = OriginalResponse(response.fields)
    raw = urllib3.HTTPResponse(
        body=io.BytesIO(response.content),
        headers=urllib3.HTTPHeaderDict(response.fields),
        status=response.status_code,
        reason=response.reason,
        preload_content=False,
        original_response=original,
    )
    build: Any = requests.adapters.HTTPAdapter.build_response  # needs nothing of its `self`
    made: requests.Response = build(adapter, response.request, raw)
    made._content = response.content  # noqa: SLF001 - requests has no other way to say it was read
    made._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001
    return made


def _from_requests(response: requests.Response) -> Response:
    raw: Any = response.raw._original_response  # noqa: SLF001 - as requests' own cookies do
    fields = raw.msg.items()
    return Response(
        status_code=response.status_code,
        reason=response.reason,
        fields=fields,
        by_name=join_fields(fields),
        content=response.content,
        request=response.request,
    )
