"""A response as the document that checks, extractors and outputs read."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import requests

from .. import jsontext
from ..transport.http import Exchange

_CHARSET: Final = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_JSON_TYPE: Final = re.compile(r"^[^;]*[/+]json\s*(?:;|$)", re.IGNORECASE)


def response_document(exchange: Exchange) -> tuple[dict[str, Any], str]:
    """The document, and the body's text."""
    response = exchange.response
    text = _decoded(exchange.content, response)
    document = {
        "status_code": response.status_code,
        "headers": dict(response.headers),
        "cookies": _cookies((*response.history, response)),
        "url": response.url,
        "request": request_document(response.request),
        "body": body_value(exchange.content, text, response.headers),
        "response_time": exchange.performance["total_time"],
        "size": len(exchange.content),
        "performance": dict(exchange.performance),
        "history": [_redirect(one) for one in response.history],
    }
    return document, text if text is not None else ""


def _decoded(content: bytes, response: requests.Response) -> str | None:
    """None for bytes that are no text in the charset the server names (UTF-8 by default)."""
    match = _CHARSET.search(response.headers.get("Content-Type", ""))
    try:
        charset = match[1].lower() if match else "utf-8"
        return content.decode("utf-8-sig" if charset in {"utf-8", "utf8"} else charset)
    except (LookupError, UnicodeDecodeError):
        return None


def body_value(content: bytes, text: str | None, headers: Mapping[str, str]) -> Any:
    """JSON as data, text as text, `{base64}` of what is neither (`text` is None)."""
    content_type = headers.get("Content-Type", "")
    if text is None:
        return {"base64": base64.b64encode(content).decode()}
    if not (_JSON_TYPE.match(content_type) or _looks_json(text)):
        return text
    try:
        return jsontext.loads(text)
    except (ValueError, RecursionError):
        return text


def _looks_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def _cookies(responses: Iterable[requests.Response]) -> dict[str, Any]:
    return {cookie.name: cookie.value for one in responses for cookie in one.cookies}


def request_document(request: requests.PreparedRequest) -> dict[str, Any]:
    document = {
        "method": request.method,
        "url": request.url,
        "headers": {name: header_text(value) for name, value in request.headers.items()},
    }
    if request.body is not None:
        document["body"] = sent(request.body)
    return document


def header_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def sent(body: Any) -> Any:
    if isinstance(body, str):
        return body
    try:
        return bytes(body).decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(bytes(body)).decode()}


def _redirect(response: requests.Response) -> dict[str, Any]:
    return {
        "status_code": response.status_code,
        "url": response.url,
        "headers": dict(response.headers),
        "cookies": _cookies([response]),
    }
