"""One attempt to deliver a request. What went wrong is said without any part of the address."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Final

import requests

from orchestrator.clock import tick
from orchestrator.notifications.notification import WebhookRequest

DELIVERY: Final = "X-Sisyphus-Delivery"
#: seconds to connect, between two pieces of the answer, and for all of it.
_TIMEOUT: Final = (5.0, 10.0)
_IN_ALL: Final = 15.0
#: bytes of the answer that are looked at.
_ANSWER: Final = 4096
_HEADERS: Final = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "pytest-sisyphus",
}
#: the first that fits: a timeout of connecting is also an error of the connection.
_TROUBLES: Final[Sequence[tuple[type[Exception], str]]] = (
    (requests.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.ProxyError, "the proxy failed"),
    (requests.Timeout, "no answer in time"),
    (requests.ConnectionError, "no connection"),
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    #: empty: received.
    trouble: str = ""
    #: seconds that the receiver asks to be left alone.
    wait: float = 0.0


def post(
    request: WebhookRequest,
    delivery_id: str,
    *,
    timeout: tuple[float, float] = _TIMEOUT,
    in_all: float = _IN_ALL,
) -> Outcome:
    """Send it, follow no redirect, raise nothing."""
    try:
        with requests.post(
            request.url.reveal(),
            data=request.body,
            headers=_HEADERS | dict(request.headers) | {DELIVERY: delivery_id},
            timeout=timeout,
            allow_redirects=False,
            stream=True,
            auth=lambda prepared: prepared,  # else a login of .netrc would be sent along
        ) as response:
            answer = _beginning(response, in_all)
            trouble = judged(response.status_code, answer, request.zero)
            return Outcome(trouble, _retry_after(response) if trouble else 0.0)
    except Exception as error:  # noqa: BLE001 -- nothing of its text, which holds the address, may get out
        found = (text for kind, text in _TROUBLES if isinstance(error, kind))
        return Outcome(next(found, type(error).__name__))


def _beginning(response: requests.Response, in_all: float) -> bytes:
    """Byte by byte: a receiver that drips would hold a longer read for ever."""
    until, answer = tick() + in_all, bytearray()
    for byte in response.iter_content(1):
        answer += byte
        if tick() > until:
            raise requests.Timeout
        if len(answer) >= _ANSWER:
            break
    return bytes(answer)


def judged(status: int, answer: bytes, zero: Sequence[str]) -> str:
    """Why this answer means that it was not received; empty when it was."""
    if not 200 <= status < 300:
        return f"HTTP {status}"
    if not zero:
        return ""
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        document = None
    there = [name for name in zero if name in document] if isinstance(document, dict) else []
    if not there:
        return f"HTTP {status} without {' or '.join(zero)}"
    # Only numbers are shown: any other text of the receiver could be anything.
    return ", ".join(
        f"{name} {code if type(code) is int and abs(code) < 10**9 else 'is not 0'}"
        for name in there
        if (code := document[name]) != 0
    )


def _retry_after(response: requests.Response) -> float:
    """`Retry-After` in seconds; its other form, a date, is not used by those we tell."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0
