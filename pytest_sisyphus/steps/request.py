"""`type: request`: one HTTP request over the case's session."""

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urljoin

import requests
from pydantic import Field, ValidationInfo, model_validator
from requests.structures import CaseInsensitiveDict

from pytest_sisyphus.errors import ConfigError, SisyphusError, TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.certificates import Cert, VerifySsl, ca_file, client_certificate
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid, warn
from pytest_sisyphus.spec.fields import Content, ContentMapping, Flag, MappingField, Text
from pytest_sisyphus.spec.files import literal_file
from pytest_sisyphus.spec.http_syntax import (
    Charset,
    Cookies,
    Headers,
    Method,
    Proxies,
    Url,
    names_content_type,
)
from pytest_sisyphus.spec.later import later
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.auth import Auth, authentication
from pytest_sisyphus.steps.body import BODY_KEYS, body_arguments
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.steps.response import request_document, response_outcome
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from pytest_sisyphus.spec.mock import Mock
    from pytest_sisyphus.steps.files import Files
    from pytest_sisyphus.steps.performance import Performance
else:
    Mock = later("pytest_sisyphus.spec.mock", "Mock")
    Files = later(f"{__package__}.files", "Files")
    Performance = later(f"{__package__}.performance", "Performance")

#: nearly: what it stands for is not known yet.
_TEMPLATE: Final = lazy_pattern(r"\$\{[^{}]*\}")
_ABSOLUTE: Final = lazy_pattern(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

#: the base_url of mocked requests where the case has none.
NO_HOST: Final = "http://mock.invalid"


class RequestSpec(StepSpec):
    method: Annotated[Method, Field(description="any HTTP method")] = "GET"
    url: Annotated[Url, Field(description="absolute, or relative to base_url")]
    params: Annotated[MappingField | None, Field(description="query string")] = None
    headers: Annotated[Headers, Field(description="header: value")] = {}
    cookies: Annotated[Cookies, Field(description="name: value; 'clear' empties the jar first")] = (
        None
    )
    auth: Annotated[Auth | None, Field(description="credentials, or [user, password]")] = None
    verify_ssl: Annotated[
        VerifySsl, Field(description="check the certificate; the path of a CA file: by it")
    ] = None
    cert: Annotated[Cert, Field(description="client certificate: path, or [cert, key]")] = None
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
    body_file: Annotated[
        Text | None, Field(description="a file whose bytes are sent, untouched")
    ] = None
    default_encoding: Annotated[
        Charset | None, Field(description="of a response's text that names no charset: gbk, …")
    ] = None
    mock: Annotated[
        Mock | None, Deferred, Field(description="answers this request without a network")
    ] = None
    performance: Annotated[
        Performance | None, Field(description="repeats the request and judges its times")
    ] = None

    @model_validator(mode="after")
    def _one_body(self, info: ValidationInfo) -> "RequestSpec":
        given = [key for key in BODY_KEYS if key in self.model_fields_set]
        if len(given) > 1:
            names = [key.removesuffix("_") for key in given]
            raise invalid(
                tr("a request has one body; this one has {keys}", keys=tr(" and ").join(names)),
                self.location_of(names[-1]),
            )
        if self.body_file is not None:
            location = self.location_of("body_file")
            if self.files:
                raise invalid(tr("beside files the body is a mapping of form fields"), location)
            purpose = tr("to send (body_file)")
            literal_file(self.body_file, location, context_of(info), purpose)
        if not context_of(info).rendered:
            self._warn_of_json_texts(context_of(info))
        return self

    def _warn_of_json_texts(self, context: ValidationContext) -> None:
        if _is_json_of_more(self.json_):
            said = tr(
                "json sends this text as one JSON string; take the quotes away from around it, or "
                "send the text as it is with 'content'"
            )
            warn(said, self.location_of("json"))
        if _is_json_of_more(self.body) and not names_content_type(self.headers):
            context.untyped_json.append(self.location_of("body"))


def _is_json_of_more(value: object) -> bool:
    """Whether a text is the JSON of a mapping or a list."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(_TEMPLATE.sub("0", value))
    except (ValueError, RecursionError):
        return False
    return True


def run(spec: RequestSpec, context: StepContext) -> Outcome:
    if spec.performance is None:
        return _send(spec, context)
    from pytest_sisyphus.steps.performance import repeated  # noqa: PLC0415 - 2 ms, with its models

    location = spec.location_of("performance")
    return repeated(spec.performance, location, lambda: _send(spec, context))


def _send(spec: RequestSpec, context: StepContext) -> Outcome:
    """One request, over the network or answered by mock rules."""
    settings, http = context.settings, context.http
    rules = None
    if spec.mock is not None or settings.mock is not None:
        from pytest_sisyphus.steps.mock import mock_response, rules_for  # noqa: PLC0415 - 4 ms, with its models

        rules = rules_for(spec.mock, context)
    if rules is not None:
        http = http.with_mock(lambda request: mock_response(rules, request, context))
    request = _request(spec, context, no_base=None if rules is None else NO_HOST)
    if spec.cookies == "clear":
        http.cookies.clear()
    options = {
        "verify": settings.verify_ssl
        if spec.verify_ssl is None
        else ca_file(spec.verify_ssl, spec.location_of("verify_ssl"), context.resolve),
        "cert": client_certificate(spec.cert, spec.location_of("cert"), context.resolve)
        if "cert" in spec.model_fields_set
        else settings.cert,
        "allow_redirects": spec.allow_redirects,
        "proxies": settings.proxies if spec.proxies is None else plain(spec.proxies),
    }
    began = context.clock.tick()
    try:
        exchange = http.send(request, context.limit, options)
    except SisyphusError as error:
        error.request = _unsent_document(request)
        raise
    encoding = spec.default_encoding or settings.default_encoding
    if rules is None:
        return response_outcome(exchange, mocked=False, encoding=encoding)
    took = round((context.clock.tick() - began) * 1000, 3)
    performance = {"total_time": took, "size": len(exchange.content)}
    exchange = dataclasses.replace(exchange, performance=performance)
    return response_outcome(exchange, mocked=True, encoding=encoding)


def _request(spec: RequestSpec, context: StepContext, *, no_base: str | None) -> requests.Request:
    headers = _header_lines(spec, _config_headers(spec, context))
    body = body_arguments(spec, headers, context)
    url = _absolute(spec, context, no_base)
    cookies, auth = None, None
    if spec.cookies is not None and spec.cookies != "clear":
        cookies = {name: _text(one) for name, one in spec.cookies.items() if one is not None}
    if spec.auth is not None:
        kinds = context.validation.auth_types
        auth = authentication(spec.auth, kinds, spec.location_of("auth"))
    # as requests takes them: null is left out, a list repeats its name
    params = {
        name: [_text(one) for one in value if one is not None]
        if isinstance(value, list)
        else _text(value)
        for name, value in (spec.params or {}).items()
        if value is not None
    }
    return requests.Request(
        method=spec.method.upper() if spec.method.isalpha() else spec.method,
        url=url,
        params=params if spec.params else None,
        headers=headers,
        cookies=cookies,
        auth=auth,
        **body,
    )


def _unsent_document(request: requests.Request) -> dict[str, Any] | None:
    """What was to be sent, without what the session adds: its cookies, its credentials. None when
    it is no valid request."""
    request.auth = None
    request.headers = {name: line for name, line in request.headers.items() if line is not None}
    try:
        return request_document(request.prepare())
    except (ValueError, OSError):
        return None


def _absolute(spec: RequestSpec, context: StepContext, no_base: str | None) -> str:
    """The URL, under base_url where it is relative. Raises ConfigError."""
    url = spec.url.strip()
    if _ABSOLUTE.match(url):
        return url
    base = context.scope.find("base_url") or no_base
    if base:
        return under_base(url, str(base))
    raise ConfigError(
        tr(
            "{location}: {url!r} is relative, and there is no base_url (config.base_url, or the "
            "active profile's)",
            location=spec.location_of("url"),
            url=url,
        )
    )


def under_base(url: str, base: str) -> str:
    """An absolute URL stays as it is."""
    if _ABSOLUTE.match(url):
        return url
    if url.startswith("//"):
        return urljoin(base, url)
    return f"{base.rstrip('/')}/{url.lstrip('/')}" if url else base


def _config_headers(spec: RequestSpec, context: StepContext) -> dict[str, Any]:
    """Those that the request has not itself, as the variables are now."""
    own, rendered = {name.lower() for name in spec.headers}, dict[str, Any]()
    for name, value in context.settings.headers.items():
        if str(name).lower() in own:
            continue
        try:
            rendered |= render_value({name: value}, context.scope)
        except TemplateError as error:
            error.suggestion = error.suggestion or tr(
                "config.headers are sent with every request, as the variables are then: a login in "
                "`setup` may extract one, and a step that goes without that header, as the login "
                "itself, has null for it in its own headers"
            )
            raise
    return rendered


def _header_lines(spec: RequestSpec, config: Mapping[str, Any]) -> CaseInsensitiveDict[Any]:
    """The config's headers, the request's over them; None: not sent, whoever would add it."""
    lines: CaseInsensitiveDict[Any] = CaseInsensitiveDict()
    for headers in (config, spec.headers):
        for name, value in headers.items():
            text = _text(value)
            if "\n" in text or "\r" in text:
                raise ConfigError(
                    tr(
                        "{location}: header {name!r} holds a line break",
                        location=spec.location_of("headers"),
                        name=str(name),
                    )
                )
            line = text if text.isascii() else text.encode()
            lines[str(name)] = None if value is None else line
    return lines


def _text(value: Any) -> str:
    return exact_json.as_text(plain(value))
