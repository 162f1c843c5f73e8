"""`mock` of a request: its rules answer instead of the network."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests

from pytest_sisyphus.errors import ConfigError, TemplateError, TimedOut
from pytest_sisyphus.http.mocked import CannedResponse
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.spec.mock import Mock, MockResponse, MockRule, path_params
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.steps.response import body_value, header_text, sent_body
from pytest_sisyphus.template.names import MISSING
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.header_dict import HeaderDict


def rules_for(own: Mock | None, context: StepContext) -> Sequence[MockRule] | None:
    """The step's own, then the config's, each by priority; None: the network answers."""
    if own is None:
        return _rules(context.settings.mock, context)
    rules = _rules(own, context)
    return None if rules is None else [*rules, *(_rules(context.settings.mock, context) or ())]


def mock_response(
    rules: Iterable[MockRule], request: requests.PreparedRequest, context: StepContext
) -> CannedResponse:
    """Raises ConfigError that lists the rules when none matches."""
    document = _request_document(request)
    mismatches = []
    for rule in rules:
        scope = context.scope.child()
        scope.set("request", document)
        response, why_not = _response(rule, document, scope, context)
        if response is not None:
            return _canned(response.rendered(scope, context.validation), request, context)
        name = f" {rule.name!r}" if rule.name else ""
        mismatches.append(tr("{rule} ({reason})", rule=f"{rule.location}{name}", reason=why_not))
    raise ConfigError(
        tr(
            "no mock rule matches {method} {url}; there are: {rules}",
            method=request.method,
            url=request.url,
            rules=tr(", ").join(mismatches),
        ),
        suggestion=tr(
            "a rule without request and condition, of the lowest priority, answers the rest"
        ),
    )


def _rules(mock: Mock | None, context: StepContext) -> list[MockRule] | None:
    if mock is None or not mock.rendered(context.scope, context.validation).enabled:
        return None
    rules = [rule.rendered(context.scope, context.validation) for rule in mock.rules]
    return sorted(rules, key=lambda rule: -rule.priority)


def _response(
    rule: MockRule, document: Mapping[str, Any], scope: Scope, context: StepContext
) -> tuple[MockResponse | None, str]:
    """The response of the rule; None, and why the rule is not for this request."""
    scope.set("path_params", {})
    if rule.request is not None:
        wanted = rule.request.rendered(scope, context.validation)
        if wanted.method and wanted.method.upper() != document["method"]:
            return None, tr("for {wanted}", wanted=wanted.method.upper())
        params = path_params(wanted.url, document["path"], document["url"])
        if params is None:
            return None, tr("for {wanted}", wanted=wanted.url)
        scope.set("path_params", params)
    condition = rule.condition
    if condition is None:
        return rule.response, ""
    try:
        holds = condition.evaluate(scope)
    except TemplateError as error:
        # a request may lack what the condition reads; a name must exist
        if any(scope.lookup(name) is MISSING for name in condition.names):
            raise
        return rule.else_response, tr("condition: {error}", error=error)
    if holds:
        return rule.response, ""
    return rule.else_response, tr("condition does not hold: {condition}", condition=condition.text)


def _request_document(request: requests.PreparedRequest) -> dict[str, Any]:
    """The request as conditions and response templates see it."""
    url = urlsplit(str(request.url))
    query = parse_qs(url.query, keep_blank_values=True)
    headers = {name: header_text(value) for name, value in request.headers.items()}
    body = None if request.body is None else sent_body(request.body)
    if isinstance(body, str):
        content_type = headers.get("Content-Type", "")
        if content_type.lower().startswith("application/x-www-form-urlencoded"):
            body = dict(parse_qsl(body, keep_blank_values=True))
        else:
            body = body_value(body, content_type)
    return {
        "method": request.method,
        "path": url.path,
        "url": request.url,
        "headers": HeaderDict(headers),
        "query": {name: one[0] if len(one) == 1 else one for name, one in query.items()},
        "body": body,
    }


def _canned(
    response: MockResponse, request: requests.PreparedRequest, context: StepContext
) -> CannedResponse:
    """`response` is rendered. Raises TimedOut when its delay is longer than the step may take."""
    limit = context.limit.total
    if response.delay:
        context.clock.sleep(min(response.delay, limit))
    if response.delay > limit:
        raise TimedOut(
            tr(
                "{method} {url}: no complete answer within {seconds:g} s",
                method=request.method,
                url=request.url,
                seconds=round(limit, 3),
            )
        )
    headers = {
        str(name): exact_json.as_text(plain(value)) for name, value in response.headers.items()
    }
    content = b""
    if response.is_set("body"):
        is_text = isinstance(response.body, str)
        if not is_text and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = "application/json"
        content = exact_json.as_text(plain(response.body)).encode("utf-8", "replace")
    return CannedResponse(status_code=response.status_code, headers=headers, content=content)
