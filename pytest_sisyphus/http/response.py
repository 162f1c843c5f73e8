"""A response, read whole, whatever transport it came over."""

import http.client
import http.cookiejar  # before requests: pytester's inner runs import requests anew
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests
import requests.cookies

from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

_ENDLESS: Final = lazy_pattern(r"(max-age\s*=\s*)[0-9]{13,}", re.IGNORECASE)
_REDIRECTING: Final = frozenset(requests.models.REDIRECT_STATI)

Jar = requests.cookies.RequestsCookieJar


@record
class Response:
    status_code: int
    reason: str
    #: as they came: in order, repeated ones too, values in latin-1.
    fields: Sequence[tuple[str, str]]
    #: lower-case name -> the values of all fields of that name.
    by_name: Mapping[str, str]
    #: its Content-Encoding undone, if it is one that we know.
    content: bytes
    request: requests.PreparedRequest

    @property
    def url(self) -> str:
        return str(self.request.url)

    @property
    def is_redirect(self) -> bool:
        return self.status_code in _REDIRECTING and "location" in self.by_name

    def header(self, name: str) -> str:
        """`name`: in lower case."""
        return self.by_name.get(name, "")

    def extract_cookies(self, jar: http.cookiejar.CookieJar) -> None:
        if "set-cookie" in self.by_name:
            take: Any = requests.cookies.extract_cookies_to_jar
            take(jar, self.request, OriginalResponse(self.fields))


def join_fields(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Lower-case name -> the values of all fields of that name, joined by `, `."""
    by_name: dict[str, str] = {}
    for name, value in fields:
        before = by_name.get(key := name.lower())
        by_name[key] = value if before is None else f"{before}, {value}"
    return by_name


class OriginalResponse:
    """As much of http.client's response, and of urllib3's, as requests reads cookies from."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self.msg = http.client.HTTPMessage()
        for name, value in fields:
            if name.lower() == "set-cookie":
                # over a Max-Age that no float holds the library warns, and drops all cookies
                self.msg[name] = _ENDLESS.sub(r"\g<1>999999999999", value)
            else:
                self.msg[name] = value
        self._original_response = self

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """No connection is open."""
