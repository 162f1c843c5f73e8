"""What goes wrong in an exchange, as our errors: its category, and what to try."""

import http.client
import re
import socket
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
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_TLS: Final = (urllib3.exceptions.SSLError, ssl.SSLError, CertificateError)
#: an alert of the server.
_ASKS_FOR_CERTIFICATE: Final = lazy_pattern("alert.*certificate required", re.IGNORECASE)
_SPEAKS_NO_TLS: Final = lazy_pattern("wrong.version.number", re.IGNORECASE)
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
        why = str(error) if is_requests else tr("cannot be sent: {error}", error=error)
        return timed_out(request, limit) if watch.expired else ConfigError(f"{what}: {why}")
    if isinstance(error, _NO_ANSWER):
        return _network_error(error, request, limit, watch)
    return error


def _request_line(request: requests.Request) -> str:
    return f"{request.method} {request.url}"


def timed_out(request: requests.Request, limit: Limit) -> TimedOut:
    return TimedOut(
        tr(
            "{request}: no complete answer within {seconds:g} s",
            request=_request_line(request),
            seconds=round(limit.total, 3),
        ),
        suggestion=tr("raise the step's timeout, or look at why the server is slow"),
    )


def _network_error(
    error: Exception, request: requests.Request, limit: Limit, watch: Stopwatch
) -> SisyphusError:
    what = _request_line(request)
    is_late = isinstance(error, urllib3.exceptions.ConnectTimeoutError)
    if is_late and not isinstance(error, _UNREACHABLE):
        within = round(min(limit.connect, limit.total), 3)
        return TimedOut(
            tr(
                "{what}: no connection within {seconds:g} s: {reason}",
                what=what,
                seconds=within,
                reason=_reason(error),
            )
        )
    if watch.expired:
        return timed_out(request, limit)
    if isinstance(error, TimeoutError):
        return TimedOut(
            tr("{what}: no answer within {seconds:g} s", what=what, seconds=round(limit.read, 3))
        )
    if isinstance(error, _TLS):
        reason = _reason(error)
        message = tr("{what}: TLS failed: {reason}", what=what, reason=reason)
        return ConnectionFailed(message, suggestion=_tls_suggestion(reason))
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return ProtocolViolated(f"{what}: {error}")
    root, reason = _root(error), _reason(error)
    if isinstance(root, http.client.HTTPException) and not isinstance(root, ConnectionError):
        return ProtocolViolated(
            tr("{what}: the server did not speak HTTP: {reason}", what=what, reason=reason)
        )
    if not watch.connected and watch.first_byte is None and isinstance(error, _UNREACHABLE):
        return ConnectionFailed(
            tr("{what}: cannot connect: {reason}", what=what, reason=reason),
            suggestion=tr(
                "no address is known for the host name: check how it is written, DNS, and whether "
                "it needs a VPN or a proxy"
            )
            if isinstance(root, socket.gaierror)
            else tr("check base_url, the port, and that the service is up"),
        )
    return NetworkFailed(tr("{what}: the connection broke: {reason}", what=what, reason=reason))


def _tls_suggestion(reason: str) -> str:
    if _ASKS_FOR_CERTIFICATE.search(reason):
        return tr("the server asks for a client certificate: cert: its path, or [cert, key]")
    if _SPEAKS_NO_TLS.search(reason):
        return tr("at this port is no TLS: write http://, or the port of https")
    return tr(
        "verify_ssl: false accepts a certificate that cannot be checked; the path of a CA file "
        "checks it by that"
    )


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
    text = " ".join(str(root).split()) or type(root).__name__
    said = getattr(root, "strerror", None)
    return text.replace(said, of_library(said)) if isinstance(said, str) else of_library(text)
