"""A response as the document that checks, extractors and outputs read."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any, Final

from requests import PreparedRequest

from pytest_sisyphus.http.charsets import BodyText, body_text
from pytest_sisyphus.http.client import Exchange, undecodable
from pytest_sisyphus.http.response import Jar, Response
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.binary import BinaryValue
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

_JSON_TYPE: Final = lazy_pattern(r"^[^;]*[/+]json\s*(?:;|$)", re.IGNORECASE)


@record
class _Body:
    value: Any
    text: str
    #: why no path can go into it.
    unreadable: str = ""
    note: str = ""
    is_expected_empty: bool = False


def response_outcome(exchange: Exchange, *, mocked: bool, encoding: str) -> Outcome:
    """`encoding`: of a text whose charset the response does not name."""
    response, history = exchange.response, exchange.history
    body = _body(exchange, encoding)
    document = {
        "status_code": response.status_code,
        "headers": _headers(response),
        "headers_list": [[name, header_text(value)] for name, value in response.fields],
        "cookies": _cookies((*history, response)),
        "url": response.url,
        "request": request_document(response.request),
        "body": body.value,
        "response_time": exchange.performance["total_time"],
        "size": len(exchange.content),
        "performance": dict(exchange.performance),
        "history": [
            {
                "status_code": one.status_code,
                "url": one.url,
                "headers": _headers(one),
                "cookies": _cookies([one]),
            }
            for one in history
        ],
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
        needs_no_body=body.is_expected_empty,
        performance=exchange.performance,
        is_response=True,
    )


def _body(exchange: Exchange, default: str) -> _Body:
    response, content = exchange.response, exchange.content
    is_head = response.request.method == "HEAD"
    if not content and (is_head or response.status_code in {204, 205, 304}):
        return _Body(value="", text="", is_expected_empty=True)
    content_type = response.header("content-type")
    read = body_text(content, content_type, default)
    encoding = undecodable(response)
    if read.text is None or (encoding and read.wrong):
        binary = BinaryValue(base64=base64.b64encode(content).decode())
        why = (
            tr("the body is {encoding}", encoding=encoding)
            if encoding
            else tr("the body is bytes that are no text")
        )
        return _Body(value=binary, text="", unreadable=why)
    if not _JSON_TYPE.match(content_type):
        value = _json_or_text(read.text) if _looks_json(read.text) else read.text
        # only where something is wrong: an unknown name of UTF-8 hurts nobody
        note = tr("; ").join(filter(None, (read.unknown, read.wrong))) if read.wrong else ""
        return _Body(value=value, text=read.text, note=note)
    if read.wrong:
        return _not_json(read, read.text, read.wrong)
    try:
        return _Body(value=exact_json.loads_unique_keys(read.text), text=read.text)
    except (json.JSONDecodeError, RecursionError) as error:
        why = exact_json.describe_error(error) if read.text.strip() else tr("it is empty")
        return _not_json(read, read.text, why)


def _not_json(read: BodyText, text: str, why: str) -> _Body:
    reasons = (tr("the body is not JSON: {reason}", reason=why), read.unknown)
    return _Body(value=text, text=text, unreadable=tr("; ").join(filter(None, reasons)))


def body_value(text: str, content_type: str) -> Any:
    """JSON as data, other text as text."""
    is_json = _JSON_TYPE.match(content_type) or _looks_json(text)
    return _json_or_text(text) if is_json else text


def _json_or_text(text: str) -> Any:
    try:
        return exact_json.loads_unique_keys(text)
    except (ValueError, RecursionError):
        return text


def _looks_json(text: str) -> bool:
    return text.lstrip()[:1] in {"{", "["}


def _cookies(responses: Iterable[Response]) -> dict[str, Any]:
    """By name: the cookies that the responses set, the later ones over the earlier."""
    values: dict[str, Any] = {}
    for response in responses:
        if "set-cookie" in response.by_name:
            jar = Jar()
            response.extract_cookies(jar)
            for cookie in jar:
                values[header_text(cookie.name)] = cookie.value and header_text(cookie.value)
    return values


def _headers(response: Response) -> dict[str, str]:
    """Each name as it stands first, with all its values."""
    spelled = {name.lower(): name for name, _ in reversed(response.fields)}
    return {spelled[name]: header_text(value) for name, value in response.by_name.items()}


def request_document(request: PreparedRequest) -> dict[str, Any]:
    document = {
        "method": request.method,
        "url": request.url,
        "headers": {name: header_text(value) for name, value in request.headers.items()},
    }
    if request.body is not None:
        document["body"] = sent_body(request.body)
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


def sent_body(body: Any) -> Any:
    """A request's body as documents have it: text, or `{base64: …}` for bytes that are none."""
    if isinstance(body, str):
        return body
    try:
        return bytes(body).decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(bytes(body)).decode()}
