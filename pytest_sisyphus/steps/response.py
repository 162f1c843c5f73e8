"""A response as the document that checks, extractors and outputs read."""

import base64
import dataclasses
import json
import re
from collections.abc import Iterable
from typing import Any, Final

import requests

from .. import jsontext
from ..models.octets import Octets
from ..models.result import Outcome
from ..transport.http import Exchange, header_lines, undecodable
from .charsets import BodyText, body_text

_JSON_TYPE: Final = re.compile(r"^[^;]*[/+]json\s*(?:;|$)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Body:
    value: Any
    text: str
    #: why no path can go into it.
    unreadable: str = ""
    note: str = ""
    is_needless: bool = False


def response_outcome(exchange: Exchange, *, mocked: bool) -> Outcome:
    response = exchange.response
    body = _body(exchange)
    document = {
        "status_code": response.status_code,
        "headers": _headers(response),
        "headers_list": [[name, header_text(value)] for name, value in header_lines(response)],
        "cookies": _cookies((*response.history, response)),
        "url": response.url,
        "request": request_document(response.request),
        "body": body.value,
        "response_time": exchange.performance["total_time"],
        "size": len(exchange.content),
        "performance": dict(exchange.performance),
        "history": [_redirect(one) for one in response.history],
    }
    if mocked:
        document["mocked"] = True
    if body.note:
        document["body_note"] = body.note
    return Outcome(
        document=document,
        body=body.value,
        has_body=True,
        text=body.text,
        unreadable=body.unreadable,
        note=body.note,
        needs_no_body=body.is_needless,
        performance=exchange.performance,
        is_response=True,
    )


def _body(exchange: Exchange) -> _Body:
    response, content = exchange.response, exchange.content
    if not content and _needs_no_body(response):
        return _Body(value="", text="", is_needless=True)
    content_type = response.headers.get("Content-Type", "")
    read = body_text(content, content_type)
    encoding = undecodable(response)
    if read.text is None or (encoding and read.wrong):
        return _bytes(content, encoding or "bytes that are no text")
    if not _JSON_TYPE.match(content_type):
        value = _json_or_text(read.text) if _looks_json(read.text) else read.text
        return _Body(value=value, text=read.text, note=_joined(read))
    if read.wrong:
        return _no_json(read, read.text, read.wrong)
    try:
        return _Body(value=jsontext.loads_foreign(read.text), text=read.text)
    except (json.JSONDecodeError, RecursionError) as error:
        why = jsontext.mistake(error) if read.text.strip() else "it is empty"
        return _no_json(read, read.text, why)


def _bytes(content: bytes, what: str) -> _Body:
    encoded = base64.b64encode(content).decode()
    return _Body(value=Octets(base64=encoded), text="", unreadable=f"the body is {what}")


def _no_json(read: BodyText, text: str, why: str) -> _Body:
    reasons = (f"the body is not JSON: {why}", read.unknown)
    return _Body(value=text, text=text, unreadable="; ".join(filter(None, reasons)))


def _joined(read: BodyText) -> str:
    """Only where something is wrong: an unknown name of UTF-8 hurts nobody."""
    return "; ".join(filter(None, (read.unknown, read.wrong))) if read.wrong else ""


def _needs_no_body(response: requests.Response) -> bool:
    return response.request.method == "HEAD" or response.status_code in {204, 205, 304}


def body_value(text: str, content_type: str) -> Any:
    """JSON as data, other text as text."""
    is_json = _JSON_TYPE.match(content_type) or _looks_json(text)
    return _json_or_text(text) if is_json else text


def _json_or_text(text: str) -> Any:
    try:
        return jsontext.loads_foreign(text)
    except (ValueError, RecursionError):
        return text


def _looks_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def _cookies(responses: Iterable[requests.Response]) -> dict[str, Any]:
    return {
        header_text(cookie.name): cookie.value and header_text(cookie.value)
        for one in responses
        for cookie in one.cookies
    }


def _headers(response: requests.Response) -> dict[str, str]:
    return {name: header_text(value) for name, value in response.headers.items()}


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
    """What http.client reads as latin-1, as UTF-8 if its bytes are that."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            return value.encode("latin-1").decode()
        except UnicodeError:
            return value
    return value.decode("utf-8", "replace")


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
        "headers": _headers(response),
        "cookies": _cookies([response]),
    }
