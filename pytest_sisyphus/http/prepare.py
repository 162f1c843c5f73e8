"""Requests made ready to be sent, as a session of requests does it; what costs it time is only
done where the request has it."""

import functools
from typing import Any, Final

import requests
import requests.cookies
import requests.utils
from requests.structures import CaseInsensitiveDict

from pytest_sisyphus.http import encodings
from pytest_sisyphus.http.response import Jar


class _Headers(CaseInsensitiveDict[Any]):
    """By what it stores, so that neither making nor reading it goes name by name."""

    def __init__(self, store: dict[str, tuple[str, Any]]) -> None:
        self._store = store

    def items(self) -> Any:
        return self._store.values()


_DEFAULTS: Final = {
    name.lower(): (name, value)
    for name, value in {
        **requests.utils.default_headers(),
        "Accept-Encoding": encodings.ACCEPTED,
    }.items()
}


def prepare_request(request: requests.Request, jar: Jar) -> requests.PreparedRequest:
    """Raises what requests raises for a request that is none."""
    made = requests.PreparedRequest()
    made.method = str(request.method).upper()
    if request.params:
        made.prepare_url(str(request.url), request.params)
    else:
        made.url = _url(str(request.url))
    made.headers = _headers(request)
    has_cookies = _add_cookies(made, request, jar)
    if request.data or request.files:
        made.prepare_body(request.data, request.files)
    else:
        made.prepare_content_length(None)
    if request.auth or "@" in str(request.url):  # `http://user:password@host` authenticates too
        made.prepare_auth(request.auth or None)
    if has_cookies and (cookie := made.headers.pop("Cookie", None)):
        made.headers["Cookie"] = cookie  # the last one, whatever auth added
    for name, line in request.headers.items():
        if line is None:  # also what requests adds by itself
            made.headers.pop(name, None)
    return made


@functools.lru_cache(maxsize=1024)
def _url(url: str) -> str:
    made = requests.PreparedRequest()
    made.prepare_url(url, None)
    return str(made.url)


def _headers(request: requests.Request) -> _Headers:
    store: dict[str, tuple[str, Any]] = dict(_DEFAULTS)
    for name, value in request.headers.items():
        if value is None:
            store.pop(name.lower(), None)
        else:
            requests.utils.check_header_validity((name, value))
            store[name.lower()] = (name, value)
    return _Headers(store)


def _add_cookies(made: requests.PreparedRequest, request: requests.Request, jar: Jar) -> bool:
    """By the policy of the jar, unless the request has a header of its own for them."""
    if request.cookies:
        jar = jar.copy()
        jar.update(requests.cookies.cookiejar_from_dict(request.cookies))  # type: ignore[no-untyped-call]
    if not len(jar) or any(name.lower() == "cookie" for name in request.headers):
        return False
    made.prepare_cookies(jar)
    return True
