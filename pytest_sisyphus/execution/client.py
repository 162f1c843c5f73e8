"""The door to the orchestrator's internal endpoints: one call, one answer or one CallFailed."""

import email.utils

# before requests, whose two ways to import it differ where modules were unloaded (pytester)
import http.cookiejar  # noqa: F401
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from .. import jsontext
from ..errors import SisyphusError
from ..options import Secret
from ..redact import redact_text
from ..transport.http import NO_ANSWER, TimedAdapter
from ..transport.timing import measured
from .endpoints import what_is_wrong
from .masking import storable
from .retry import is_transient

PREFIX: Final = "/it/api"
SUCCESS: Final = 20000
#: seconds to connect, at most; the whole call has its own limit.
CONNECT_SECONDS: Final = 3.05
#: bytes of an answer that are read; a page of cases has a fraction of it.
LARGEST_ANSWER: Final = 32 * 1024 * 1024
#: seconds that a server's Retry-After may keep us away.
LONGEST_AWAY: Final = 3600.0
_CHUNK: Final = 65_536


class CallFailed(SisyphusError):  # noqa: N818  named for what happened
    """the orchestrator did not accept the call"""

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        code: int | None = None,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.code = code
        #: asking again may help.
        self.transient = transient
        #: seconds the server asked us to wait.
        self.retry_after = retry_after


class Orchestrator:
    """Raises ValueError where `url` is no http address."""

    def __init__(self, url: str, *, token: Secret, secret: Secret) -> None:
        self.url = readable_url(url)
        self._base = _base(url)
        self._session = requests.Session()
        self._session.auth = _leave_alone
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, TimedAdapter())
        self._session.headers["Accept"] = "application/json"
        for header, value in (("X-CALLBACK-TOKEN", token), ("X-CALLBACK-SECRET", secret)):
            if value:
                self._session.headers[header] = value.reveal()

    def get(self, path: str, params: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        return self._call("GET", path, timeout, params=params)

    def post(self, path: str, body: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        """The answer's `data`. Raises CallFailed."""
        text = jsontext.dumps(body, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, timeout, data=text, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, timeout: float, **rest: Any) -> Mapping[str, Any]:
        with measured(timeout) as watch:  # ends also an answer that comes byte by byte
            try:
                response = self._session.request(
                    method,
                    self._base + path,
                    timeout=(min(CONNECT_SECONDS, timeout), timeout),
                    allow_redirects=False,
                    stream=True,
                    **rest,
                )
                content = self._content(response)
            except NO_ANSWER as error:
                why = "no answer in time" if watch.expired else _reason(error)
                reason = f"{self.url} cannot be reached: {why}"
                raise CallFailed(reason, transient=True) from error
        return self._data(path, response, content)

    def _content(self, response: requests.Response) -> bytes:
        content = bytearray()
        with response:
            for piece in response.iter_content(_CHUNK):
                content += piece
                if len(content) > LARGEST_ANSWER:
                    raise CallFailed(
                        f"{self.url} answered more than {LARGEST_ANSWER} bytes",
                        http_status=response.status_code,
                        transient=True,
                    )
        return bytes(content)

    def _data(self, path: str, response: requests.Response, content: bytes) -> Mapping[str, Any]:
        envelope = _envelope(content)
        if response.status_code == 200 and envelope is None:
            raise self._foreign("something that is not the orchestrator's JSON")
        code = (envelope or {}).get("code")
        if response.status_code != 200 or code != SUCCESS:
            raise self._refusal(response, envelope or {})
        data: Any = (envelope or {}).get("data")
        if wrong := what_is_wrong(path, data):
            raise self._foreign(f"success, but not as the orchestrator does: {wrong}")
        return data  # type: ignore[no-any-return]  # a mapping, or it would be wrong

    def _foreign(self, what: str) -> CallFailed:
        """Somebody in between: another try may reach the orchestrator."""
        return CallFailed(f"{self.url} answered {what}", http_status=200, transient=True)

    def _refusal(self, response: requests.Response, envelope: Mapping[str, Any]) -> CallFailed:
        said = _words(envelope.get("msg")) or _words(response.reason)
        code = envelope.get("code")
        return CallFailed(
            f"{self.url} answered {response.status_code}" + (f": {said}" if said else ""),
            http_status=response.status_code,
            code=code if isinstance(code, int) else None,
            transient=is_transient(response.status_code),
            retry_after=_retry_after(response.headers),
        )


def readable_url(url: str) -> str:
    """As it may be shown and stored: without user name and password, without the API's prefix."""
    parts = urlsplit(url.strip())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{_root(parts.path)}"


def _base(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"expected http://host:port, got {url!r}")
    return f"{parts.scheme}://{parts.netloc}{_root(parts.path)}{PREFIX}"


def _root(path: str) -> str:
    return path.rstrip("/").removesuffix(PREFIX)


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without an `auth` of its own, requests would add what ~/.netrc says of the host."""
    return request


def _envelope(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = jsontext.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, Mapping) and isinstance(body.get("code"), int) else None


def _words(said: object) -> str:
    """What a stranger may have written, fit for a line of the terminal."""
    text = said if isinstance(said, str) else ""
    line = "".join(one if one.isprintable() else " " for one in text[:300])
    return redact_text(storable(" ".join(line.split())))


def _reason(error: Exception) -> str:
    """One line a person can use, out of three nested exceptions' words."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    text = str(error)
    for known in ("Connection refused", "Name or service not known", "Connection reset"):
        if known in text:
            return known.lower()
    return _words(text.rpartition(": ")[2].strip("'\")( ")[:200]) or type(error).__name__


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, headers.get("Date"))
    return _bounded(seconds)


def _until(date: str, now: str | None) -> float | None:
    """By the server's own clock where it tells: ours may be hours away from it."""
    moment = _moment(date)
    if moment is None:
        return None
    here = _moment(now or "") or datetime.now(UTC)
    return _bounded((moment - here).total_seconds())


def _moment(date: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float:
    """Not a number becomes nothing."""
    return min(max(0.0, seconds), LONGEST_AWAY)
