"""Masks of a case: its secrets are learned by their names, and masked in all its documents."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.redact import CredentialsRedactor, Redactor
from pytest_sisyphus.results import CaseResult, StepResult
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.header_dict import HeaderDict


def case_mask(context: CaseContext, result: CaseResult, options: Options) -> Callable[[Any], Any]:
    """Masks every value that a masked name held anywhere in the case, wherever it reappears."""
    if options.show_secrets:
        return CredentialsRedactor().data
    redactor = context.secrets
    redactor.learn_named(result.final_variables)
    redactor.learn_named({"password": sorted(context.databases.secrets)})
    for document in _documents(result.steps):
        redactor.learn_named(document)
        _learn_markup(redactor, document)
    return redactor.data


def live_mask(context: CaseContext) -> Callable[[str], str]:
    """Of a running case, for any of its threads: by what is known at each moment."""
    scanning = threading.Lock()

    def mask(text: str) -> str:
        for scope in tuple(context.scopes):
            context.secrets.learn_named(scope.resolved())
        with scanning:  # no thread masks while another still learns secrets
            while context.unscanned:
                document = context.unscanned.popleft()
                context.secrets.learn_named(document)
                _learn_markup(context.secrets, document)
        context.secrets.learn_named({"password": sorted(context.databases.secrets)})
        return context.secrets.text(text)

    return mask


def preliminary_mask(
    names: Sequence[str], fixtures: Mapping[str, Any], options: Options
) -> Callable[[Any], Any]:
    """For a case before its variables are there: masks by names, those of `config.mask` too, and
    what its fixtures, the variables of the command line and its `.env` file hold."""
    if options.show_secrets:
        return CredentialsRedactor().data
    redactor = Redactor(extra_names=names)
    redactor.learn_objects(fixtures)
    redactor.learn_named(options.variables)
    redactor.learn_environment(options.file_environ)
    return redactor.data


def _learn_markup(redactor: Redactor, document: Mapping[str, Any]) -> None:
    """Of a response's and its request's body that is XML or HTML, by its type or its beginning."""
    for exchange in (document, document.get("request")):
        if isinstance(exchange, Mapping) and isinstance(body := exchange.get("body"), str):
            kind = str(HeaderDict(exchange.get("headers") or {}).get("content-type")).lower()
            begins = body[:100].lstrip("\ufeff \t\r\n").startswith("<")
            if "<" in body and (begins or "xml" in kind or "html" in kind):
                redactor.learn_markup(body)


def _documents(steps: tuple[StepResult, ...]) -> Iterator[Mapping[str, Any]]:
    """Also what variables held in between: a loop's, or one that was overwritten."""
    for step in steps:
        yield step.changed_before
        yield step.extracted
        request = None
        if step.outcome is not None:
            yield step.outcome.document
            request = step.outcome.document.get("request")
            yield from _request_data(request)
        for attempt in step.attempts:
            if attempt.request is not None and attempt.request is not request:
                yield attempt.request
                yield from _request_data(attempt.request)
        yield from _documents(step.children)


def _request_data(request: Any) -> Iterator[Mapping[str, Any]]:
    """What a request's text says by name: its query, and its form or JSON body."""
    if not isinstance(request, Mapping):
        return
    body = request.get("body")
    text = body if isinstance(body, str) else ""
    url = str(request.get("url"))
    query = urlsplit(url).query if "?" in url else ""
    yield from (parse_qs(part) for part in (query, text) if "=" in part)
    if "{" in text:
        with contextlib.suppress(ValueError, RecursionError):
            yield {"": exact_json.loads(text)}
