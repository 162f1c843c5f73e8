"""`type: request`: one HTTP request over the case's session."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urljoin

import requests
from pydantic import Field, model_validator
from requests.structures import CaseInsensitiveDict

from .. import jsontext
from ..dialect.http import Cookies, Headers, Method, Proxies
from ..dialect.mock import Mock
from ..dialect.model import Content, ContentMapping, Flag, Late, Mapping_, Text
from ..dialect.reading import refuse
from ..dialect.step import StepSpec
from ..errors import ConfigError, SisyphusError
from ..located import plain
from ..models.result import Outcome
from ..transport.http import Exchange
from .auth import Auth, authentication
from .body import BODY_KEYS, encoded
from .files import Files
from .mock import NO_HOST, answer, rules_for
from .performance import Performance, repeated
from .protocol import StepContext, StepType
from .response import request_document, response_outcome

_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class RequestSpec(StepSpec):
    method: Annotated[Method, Field(description="any HTTP method")] = "GET"
    url: Annotated[Text, Field(description="absolute, or relative to base_url")]
    params: Annotated[Mapping_ | None, Field(description="query string")] = None
    headers: Annotated[Headers, Field(description="header: value")] = {}
    cookies: Annotated[Cookies, Field(description="name: value; 'clear' empties the jar first")] = (
        None
    )
    auth: Annotated[Auth | None, Field(description="credentials, or [user, password]")] = None
    verify_ssl: Annotated[Flag | None, Field(description="check the certificate")] = None
    allow_redirects: Annotated[Flag, Field(description="follow redirects")] = True
    proxies: Annotated[Proxies | None, Field(description="scheme: proxy URL")] = None
    files: Annotated[
        Files | None, Field(description="field: path, or {path, filename, content_type}, or a list")
    ] = None
    stream: Annotated[Flag, Field(description="accepted; bodies are always read whole")] = False
    body: Annotated[Content, Field(description="mapping, list, number: JSON; text: as it is")] = (
        None
    )
    json_: Annotated[Content, Field(alias="json", description="sent as JSON")] = None
    form: Annotated[ContentMapping | None, Field(description="sent URL-encoded")] = None
    data: Annotated[Content, Field(description="mapping: URL-encoded; text: as it is")] = None
    content: Annotated[Content, Field(description="text sent as it is")] = None
    mock: Annotated[
        Mock | None, Late, Field(description="answers this request without a network")
    ] = None
    performance: Annotated[
        Performance | None, Field(description="repeats the request and judges its times")
    ] = None

    @model_validator(mode="after")
    def _one_body(self) -> "RequestSpec":
        given = [key for key in BODY_KEYS if key in self.model_fields_set]
        if len(given) > 1:
            names = [key.removesuffix("_") for key in given]
            raise refuse(
                f"a request has one body; this one has {' and '.join(names)}",
                self.place_of(names[-1]),
            )
        return self


def run(spec: RequestSpec, context: StepContext) -> Outcome:
    place = spec.place_of("performance")
    return repeated(spec.performance, place, lambda: _once(spec, context))


def _once(spec: RequestSpec, context: StepContext) -> Outcome:
    exchange, mocked = _exchange(spec, context)
    return response_outcome(exchange, mocked=mocked)


def _exchange(spec: RequestSpec, context: StepContext) -> tuple[Exchange, bool]:
    """And whether it was mocked: then nothing went over the network."""
    settings = context.settings
    rules = rules_for(spec.mock, context)
    http = context.http
    if rules is not None:
        http = http.answered(lambda asked: answer(rules, asked, context))
    request = _request(spec, context, no_base=None if rules is None else NO_HOST)
    if spec.cookies == "clear":
        http.cookies.clear()
    options = {
        "verify": settings.verify_ssl if spec.verify_ssl is None else spec.verify_ssl,
        "allow_redirects": spec.allow_redirects,
        "proxies": settings.proxies if spec.proxies is None else plain(spec.proxies),
    }
    began = context.clock.tick()
    try:
        exchange = http.send(request, context.limit, options)
    except SisyphusError as error:
        error.request = _unanswered(request)
        raise
    if rules is None:
        return exchange, False
    took = round((context.clock.tick() - began) * 1000, 3)
    performance = {"total_time": took, "size": len(exchange.content)}
    return dataclasses.replace(exchange, performance=performance), True


def _request(spec: RequestSpec, context: StepContext, *, no_base: str | None) -> requests.Request:
    headers = _header_lines((context.settings.headers, spec.headers), spec)
    body = encoded(spec, headers, context)
    return requests.Request(
        method=spec.method.upper() if spec.method.isalpha() else spec.method,
        url=_absolute(spec, context, no_base),
        params=_flat(spec.params) if spec.params else None,
        headers=headers,
        cookies=_cookies(spec),
        auth=authentication(spec.auth, context.reading.auth_types, spec.place_of("auth")),
        **body,
    )


def _unanswered(request: requests.Request) -> dict[str, Any] | None:
    """Without what the session adds: its cookies, its credentials."""
    request.auth = None
    request.headers = {name: line for name, line in request.headers.items() if line is not None}
    try:
        return request_document(request.prepare())
    except (ValueError, OSError):  # it could not be sent because it is none
        return None


def _cookies(spec: RequestSpec) -> dict[str, str] | None:
    if spec.cookies is None or spec.cookies == "clear":
        return None
    return {name: _text(value) for name, value in spec.cookies.items() if value is not None}


def _absolute(spec: RequestSpec, context: StepContext, no_base: str | None) -> str:
    url = spec.url.strip()
    if _ABSOLUTE.match(url):
        return url
    base = context.scope.find("base_url") or no_base
    if not base:
        raise ConfigError(
            f"{spec.place_of('url')}: {url!r} is relative, and there is no base_url "
            "(config.base_url, or the active profile's)"
        )
    if url.startswith("//"):
        return urljoin(str(base), url)
    return f"{str(base).rstrip('/')}/{url.lstrip('/')}" if url else str(base)


def _header_lines(
    layers: Iterable[Mapping[str, Any]], spec: RequestSpec
) -> CaseInsensitiveDict[Any]:
    """Later ones over earlier ones, names in any case; None: not sent, whoever would add it."""
    lines: CaseInsensitiveDict[Any] = CaseInsensitiveDict()
    for headers in layers:
        for name, value in headers.items():
            lines[str(name)] = None if value is None else _line(str(name), value, spec)
    return lines


def _line(name: str, value: Any, spec: RequestSpec) -> str | bytes:
    text = _text(value)
    if "\n" in text or "\r" in text:
        raise ConfigError(f"{spec.place_of('headers')}: header {name!r} holds a line break")
    return text if text.isascii() else text.encode()


def _flat(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_text(one) for one in value if one is not None]
        if isinstance(value, list)
        else _text(value)
        for name, value in params.items()
        if value is not None
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.dumps(plain(value), ensure_ascii=False)


REQUEST = StepType(
    name="request",
    aliases=("http", "api"),
    spec=RequestSpec,
    run=run,
    description="one HTTP request; cookies and connections are shared by the steps of a case",
    retried=True,
)
