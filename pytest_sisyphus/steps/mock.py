"""`mock` of a request: its rules answer instead of the network."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests

from .. import jsontext
from ..dialect.mock import Mock, MockResponse, MockRule, path_params
from ..errors import ConfigError, TemplateError, TimedOut
from ..located import plain
from ..render.sandbox import MISSING
from ..render.scope import Scope
from ..transport.mocked import Answer
from .protocol import StepContext
from .response import body_value, header_text, sent

#: put before relative URLs of requests that go nowhere, where there is no base_url.
NO_HOST = "http://mock.invalid"


def rules_for(own: Mock | None, context: StepContext) -> Sequence[MockRule] | None:
    """The step's own, then the config's, each by priority; None: the network answers."""
    if own is None:
        return _rules(context.settings.mock, context)
    rules = _rules(own, context)
    return None if rules is None else [*rules, *(_rules(context.settings.mock, context) or ())]


def answer(
    rules: Iterable[MockRule], request: requests.PreparedRequest, context: StepContext
) -> Answer:
    """Raises ConfigError that lists the rules when none matches."""
    asked = _asked(request)
    refused = []
    for rule in rules:
        scope = context.scope.child()
        scope.set("request", asked)
        response, why_not = _response(rule, asked, scope, context)
        if response is not None:
            return _made(response.rendered(scope, context.reading), request, context)
        refused.append(f"{rule.place}{f' {rule.name!r}' if rule.name else ''} ({why_not})")
    raise ConfigError(
        f"no mock rule matches {request.method} {request.url}; there are: {', '.join(refused)}",
        suggestion="a rule without request and condition, of the lowest priority, answers the rest",
    )


def _rules(mock: Mock | None, context: StepContext) -> list[MockRule] | None:
    if mock is None or not mock.rendered(context.scope, context.reading).enabled:
        return None
    rules = [rule.rendered(context.scope, context.reading) for rule in mock.rules]
    return sorted(rules, key=lambda rule: -rule.priority)


def _response(
    rule: MockRule, asked: Mapping[str, Any], scope: Scope, context: StepContext
) -> tuple[MockResponse | None, str]:
    """Or None, and why it is not for this request."""
    scope.set("path_params", {})
    if rule.request is not None:
        wanted = rule.request.rendered(scope, context.reading)
        if wanted.method and wanted.method.upper() != asked["method"]:
            return None, f"for {wanted.method.upper()}"
        params = path_params(wanted.url, asked["path"], asked["url"])
        if params is None:
            return None, f"for {wanted.url}"
        scope.set("path_params", params)
    why_not = _condition_fails(rule, scope)
    return (rule.else_response, why_not) if why_not else (rule.response, "")


def _condition_fails(rule: MockRule, scope: Scope) -> str:
    """Why it does not hold. A request may lack what it asks for; a name must exist."""
    if rule.condition is None:
        return ""
    try:
        holds = rule.condition.holds(scope)
    except TemplateError as error:
        if any(scope.lookup(name) is MISSING for name in rule.condition.names):
            raise
        return f"condition: {error}"
    return "" if holds else f"condition does not hold: {rule.condition.text}"


class _AnyCase(dict[str, str]):
    """Header fields, read by name in any case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields)
        self._lower = {name.lower(): value for name, value in fields.items()}

    def __getitem__(self, name: str) -> str:
        return self._lower[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._lower

    def get(self, name: str, default: Any = None) -> Any:
        return self._lower.get(name.lower(), default)


def _asked(request: requests.PreparedRequest) -> dict[str, Any]:
    """The request as conditions and response templates see it."""
    url = urlsplit(str(request.url))
    query = parse_qs(url.query, keep_blank_values=True)
    headers = {name: header_text(value) for name, value in request.headers.items()}
    return {
        "method": request.method,
        "path": url.path,
        "url": request.url,
        "headers": _AnyCase(headers),
        "query": {name: one[0] if len(one) == 1 else one for name, one in query.items()},
        "body": _asked_body(request, headers),
    }


def _asked_body(request: requests.PreparedRequest, headers: Mapping[str, str]) -> Any:
    if request.body is None:
        return None
    body = sent(request.body)
    if not isinstance(body, str):
        return body
    content_type = headers.get("Content-Type", "")
    if content_type.lower().startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body, keep_blank_values=True))
    return body_value(body, content_type)


def _made(written: MockResponse, request: requests.PreparedRequest, context: StepContext) -> Answer:
    _let_pass(written.delay, request, context)
    headers = {str(name): _text(value) for name, value in written.headers.items()}
    if not written.wrote("body"):
        return Answer(status_code=written.status_code, headers=headers, content=b"")
    if not isinstance(written.body, str) and "content-type" not in map(str.lower, headers):
        headers["Content-Type"] = "application/json"
    content = _text(written.body).encode("utf-8", "replace")
    return Answer(status_code=written.status_code, headers=headers, content=content)


def _let_pass(delay: float, request: requests.PreparedRequest, context: StepContext) -> None:
    limit = context.limit.total
    context.clock.sleep(min(delay, limit))
    if delay > limit:
        raise TimedOut(
            f"{request.method} {request.url}: no complete answer within {round(limit, 3):g} s"
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else jsontext.dumps(plain(value), ensure_ascii=False)
