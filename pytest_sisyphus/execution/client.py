"""The door to the orchestrator's internal endpoints: one call, one answer or one CallFailed."""

import email.utils

# before requests, whose two ways to import it differ where modules were unloaded (pytester)
import http.cookiejar  # noqa: F401
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from ..errors import SisyphusError
from ..options import Secret
from .retry import is_transient

PREFIX: Final = "/it/api"
SUCCESS: Final = 20000
#: seconds to connect, at most; the whole call has its own limit.
CONNECT_SECONDS: Final = 3.05


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
        self._session.headers["Accept"] = "application/json"
        for header, value in (("X-CALLBACK-TOKEN", token), ("X-CALLBACK-SECRET", secret)):
            if value:
                self._session.headers[header] = value.reveal()

    def get(self, path: str, params: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        return self._call("GET", path, timeout, params=params)

    def post(self, path: str, body: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        """The answer's `data`. Raises CallFailed."""
        text = json.dumps(body, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, timeout, data=text, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, timeout: float, **rest: Any) -> Mapping[str, Any]:
        try:
            response = self._session.request(
                method,
                self._base + path,
                timeout=(min(CONNECT_SECONDS, timeout), timeout),
                allow_redirects=False,
                **rest,
            )
        except requests.RequestException as error:
            reason = f"{self.url} cannot be reached: {_reason(error)}"
            raise CallFailed(reason, transient=True) from error
        return self._data(response)

    def _data(self, response: requests.Response) -> Mapping[str, Any]:
        envelope = _envelope(response)
        if response.status_code == 200 and envelope is None:
            raise CallFailed(
                f"{self.url} answered something that is not the orchestrator's JSON",
                http_status=200,
                transient=True,
            )
        code = (envelope or {}).get("code")
        if response.status_code != 200 or code != SUCCESS:
            raise self._refusal(response, envelope or {})
        data = (envelope or {}).get("data")
        return data if isinstance(data, Mapping) else {}

    def _refusal(self, response: requests.Response, envelope: Mapping[str, Any]) -> CallFailed:
        said = str(envelope.get("msg") or response.reason or "")[:300]
        code = envelope.get("code")
        return CallFailed(
            f"{self.url} answered {response.status_code}" + (f": {said}" if said else ""),
            http_status=response.status_code,
            code=code if isinstance(code, int) else None,
            transient=is_transient(response.status_code),
            retry_after=_retry_after(response.headers.get("Retry-After")),
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


def _envelope(response: requests.Response) -> Mapping[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, Mapping) and "code" in body else None


def _reason(error: requests.RequestException) -> str:
    """One line a person can use, out of three nested exceptions' words."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    text = str(error)
    for known in ("Connection refused", "Name or service not known", "Connection reset"):
        if known in text:
            return known.lower()
    return text.rpartition(": ")[2].strip("'\")( ")[:200] or type(error).__name__


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        return _seconds_until(value)


def _seconds_until(date: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
