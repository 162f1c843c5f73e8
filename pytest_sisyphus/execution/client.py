"""HTTP client of the orchestrator's internal endpoints: one call, one answer or one CallFailed."""

import email.utils

# before requests, whose two ways to import it differ where modules were unloaded (pytester)
import http.cookiejar  # noqa: F401
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from pytest_sisyphus.config.option_types import Secret
from pytest_sisyphus.errors import ResponseInvalid, SisyphusError, TimedOut
from pytest_sisyphus.execution.backoff import is_transient
from pytest_sisyphus.execution.endpoints import contract_violation
from pytest_sisyphus.execution.text_limits import storable
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.i18n import language, marked, tr
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.values import exact_json

PREFIX: Final = "/it/api"
SUCCESS: Final = 20000
#: seconds to connect, at most; the whole call has its own limit.
CONNECT_SECONDS: Final = 3.05
#: bytes of an answer that are read; a page of cases has a fraction of it.
LARGEST_ANSWER: Final = 32 * 1024 * 1024
#: seconds that a server's Retry-After may keep us away.
LONGEST_AWAY: Final = 3600.0
#: what the service says of credentials, in our own words: in the service's, a wrong token that is a
#: word of the sentence would be masked.
_REFUSED_CREDENTIALS: Final = 40004
_OPTIONS: Final = {"verify": True, "allow_redirects": False, "proxies": None}


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


class OrchestratorClient:
    """Raises ValueError where `url` is no http address."""

    def __init__(self, url: str, *, token: Secret, secret: Secret) -> None:
        self.url = readable_url(url)
        self._base = _base(url)
        self._session = HttpSession(max_decoded=LARGEST_ANSWER, has_own_connections=True)
        self._headers = {"Accept": "application/json"}
        for header, value in (("X-CALLBACK-TOKEN", token), ("X-CALLBACK-SECRET", secret)):
            if value:
                self._headers[header] = value.reveal()

    def get(self, path: str, params: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        return self._call("GET", path, timeout, params=params)

    def post(self, path: str, body: Mapping[str, Any], timeout: float) -> Mapping[str, Any]:
        """The `data` of the answer; `timeout`: seconds of the whole call. Raises CallFailed."""
        text = exact_json.dumps(body, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        return self._call("POST", path, timeout, data=text, headers=headers)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, timeout: float, **rest: Any) -> Mapping[str, Any]:
        asked = {"Accept-Language": language()}  # what the service says is shown in the terminal
        headers = {**self._headers, **asked, **rest.pop("headers", {})}
        # without an `auth` of its own, requests would add what ~/.netrc says of the host
        request = requests.Request(
            method, self._base + path, headers=headers, auth=lambda same: same, **rest
        )
        limit = Limit(total=timeout, connect=min(CONNECT_SECONDS, timeout), read=timeout)
        try:
            exchange = self._session.send(request, limit, _OPTIONS)
        except ResponseInvalid as error:
            raise self._unexpected_answer(
                tr("what is not read: {reason}", reason=_reason(error))
            ) from error
        except SisyphusError as error:
            reason = tr("{url} cannot be reached: {reason}", url=self.url, reason=_reason(error))
            raise CallFailed(reason, transient=True) from error
        response = exchange.response
        envelope = _envelope(response.content)
        if response.status_code == 200 and envelope is None:
            raise self._unexpected_answer(tr("something that is not the orchestrator's JSON"))
        code = (envelope or {}).get("code")
        if response.status_code != 200 or code != SUCCESS:
            message = _said(envelope or {}) or one_line(response.reason)
            raise CallFailed(
                tr("{url} answered {status}", url=self.url, status=response.status_code)
                + (f": {message}" if message else ""),
                http_status=response.status_code,
                code=code if isinstance(code, int) else None,
                transient=is_transient(response.status_code),
                retry_after=_retry_after(response.by_name),
            )
        data: Any = (envelope or {}).get("data")
        if wrong := contract_violation(path, data):
            raise self._unexpected_answer(
                tr("success, but not as the orchestrator does: {wrong}", wrong=wrong)
            )
        return data  # type: ignore[no-any-return]  # a mapping, or it would be wrong

    def _unexpected_answer(self, what: str) -> CallFailed:
        """Somebody in between: another try may reach the orchestrator."""
        return CallFailed(
            tr("{url} answered {what}", url=self.url, what=what), http_status=200, transient=True
        )


def readable_url(url: str) -> str:
    """As it may be shown and stored: without user name and password, without the API's prefix."""
    parts = urlsplit(url.strip())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{_root(parts.path)}"


def _base(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(tr("expected http://host:port, got {url!r}", url=url))
    return f"{parts.scheme}://{parts.netloc}{_root(parts.path)}{PREFIX}"


def _root(path: str) -> str:
    return path.rstrip("/").removesuffix(PREFIX)


def _envelope(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = exact_json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, Mapping) and isinstance(body.get("code"), int) else None


def _said(envelope: Mapping[str, Any]) -> str:
    if envelope.get("code") == _REFUSED_CREDENTIALS:
        return tr("the callback token or secret is missing or wrong")
    return one_line(envelope.get("msg"))


def one_line(message: object) -> str:
    """A text of unknown origin, masked and fit for one line of the terminal."""
    text = message if isinstance(message, str) else ""
    line = "".join(one if one.isprintable() else " " for one in text[:300])
    return redact_text(storable(" ".join(line.split())))


def _reason(error: SisyphusError) -> str:
    """What went wrong, without the address, which the message names already."""
    if isinstance(error, TimedOut):
        return tr("no answer in time")
    text = str(error)
    for known in _KNOWN:
        if known in text.lower():
            return tr(known)
    return (
        one_line(text.replace("：", ": ").rpartition(": ")[2].strip("'\")( ")[:200])
        or type(error).__name__
    )


_KNOWN: Final = (
    marked("connection refused"),
    marked("name or service not known"),
    marked("connection reset"),
)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = _parse_date(value)
        if moment is None:
            return None
        # by the server's own clock where it tells: ours may be hours away from it
        now = _parse_date(headers.get("date") or "") or datetime.now(UTC)
        seconds = (moment - now).total_seconds()
    return min(max(0.0, seconds), LONGEST_AWAY)  # NaN becomes 0


def _parse_date(date: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
