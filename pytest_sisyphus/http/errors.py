"""What goes wrong in an exchange, as our errors: its category, and what to try."""

import http.client
import re
import ssl
from typing import Any, Final

import requests
import urllib3.exceptions
from urllib3.util.ssl_match_hostname import CertificateError

from pytest_sisyphus.errors import (
    ConfigError,
    ConnectionFailed,
    NetworkFailed,
    ProtocolViolated,
    ResponseInvalid,
    SisyphusError,
    TimedOut,
)
from pytest_sisyphus.http.timing import Limit, Stopwatch

_TLS: Final = (urllib3.exceptions.SSLError, ssl.SSLError, CertificateError)
#: an alert of the server.
_ASKS_FOR_CERTIFICATE: Final = re.compile("alert.*certificate required", re.IGNORECASE)
_NO_REQUEST: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
    ValueError,
)
_NO_ANSWER: Final = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)
_UNREACHABLE: Final = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError)


def translate_error(
    error: Exception, request: requests.Request, limit: Limit, watch: Stopwatch
) -> Exception:
    """The SisyphusError for it, of the category that it belongs to; `error` itself where it already
    is one, or no error of an exchange."""
    what = _request_line(request)
    if isinstance(error, ResponseInvalid | NetworkFailed):
        return (
            timed_out(request, limit) if watch.expired else error.with_message(f"{what}: {error}")
        )
    if isinstance(error, SisyphusError):
        return error
    if isinstance(error, requests.exceptions.InvalidHeader):
        return ConfigError(f"{what}: {error}")
    if isinstance(error, _NO_REQUEST) and not isinstance(error, _TLS):
        is_requests = isinstance(error, requests.exceptions.RequestException)
        why = str(error) if is_requests else f"cannot be sent: {error}"
        return timed_out(request, limit) if watch.expired else ConfigError(f"{what}: {why}")
    if isinstance(error, _NO_ANSWER):
        return _network_error(error, request, limit, watch)
    return error


def _request_line(request: requests.Request) -> str:
    return f"{request.method} {request.url}"


def timed_out(request: requests.Request, limit: Limit) -> TimedOut:
    return TimedOut(
        f"{_request_line(request)}: no complete answer within {round(limit.total, 3):g} s",
        suggestion="raise the step's timeout, or look at why the server is slow",
    )


def _network_error(
    error: Exception, request: requests.Request, limit: Limit, watch: Stopwatch
) -> SisyphusError:
    what = _request_line(request)
    is_late = isinstance(error, urllib3.exceptions.ConnectTimeoutError)
    if is_late and not isinstance(error, _UNREACHABLE):
        within = round(min(limit.connect, limit.total), 3)
        return TimedOut(f"{what}: no connection within {within:g} s: {_reason(error)}")
    if watch.expired:
        return timed_out(request, limit)
    if isinstance(error, TimeoutError):
        return TimedOut(f"{what}: no answer within {round(limit.read, 3):g} s")
    if isinstance(error, _TLS):
        reason = _reason(error)
        return ConnectionFailed(
            f"{what}: TLS failed: {reason}",
            suggestion="the server asks for a client certificate: cert: its path, or [cert, key]"
            if _ASKS_FOR_CERTIFICATE.search(reason)
            else "verify_ssl: false accepts a certificate that cannot be checked; the path of a CA "
            "file checks it by that",
        )
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return ProtocolViolated(f"{what}: {error}")
    root, reason = _root(error), _reason(error)
    if isinstance(root, http.client.HTTPException) and not isinstance(root, ConnectionError):
        return ProtocolViolated(f"{what}: the server did not speak HTTP: {reason}")
    if not watch.connected and watch.first_byte is None and isinstance(error, _UNREACHABLE):
        return ConnectionFailed(
            f"{what}: cannot connect: {reason}",
            suggestion="check base_url, the port, and that the service is up",
        )
    return NetworkFailed(f"{what}: the connection broke: {reason}")


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
