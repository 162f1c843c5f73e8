"""Which values of a case are secret: learned from its names, masked in all that leaves it."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import jsontext
from .dialect.case import Case
from .models.result import CaseResult, StepResult
from .options import Options
from .planning import Plan
from .redact import OwnSecrets, Redactor


def mask_of(plan: Plan, result: CaseResult, options: Options) -> Callable[[Any], Any]:
    """Masks every value that a masked name held anywhere in the case, wherever it reappears."""
    if options.show_secrets:
        return OwnSecrets().data
    redactor = plan.secrets
    redactor.learn_named(result.final_variables)
    redactor.learn_named({"password": sorted(plan.databases.secrets)})
    for document in _documents(result.steps):
        redactor.learn_named(document)
    return redactor.data


def mask_so_far(plan: Plan) -> Callable[[str], str]:
    """Of a running case, for any of its threads: by what is known at each moment."""
    reading = threading.Lock()

    def mask(text: str) -> str:
        plan.secrets.learn_named(plan.scope.known())
        with reading:  # nobody masks while another still reads what may tell more
            while plan.unread:
                plan.secrets.learn_named(plan.unread.popleft())
        plan.secrets.learn_named({"password": sorted(plan.databases.secrets)})
        return plan.secrets.text(text)

    return mask


def mask_before(case: Case, fixtures: Mapping[str, Any], options: Options) -> Callable[[Any], Any]:
    """For a case that never had variables: masks by names, and what its fixtures so far hold."""
    if options.show_secrets:
        return OwnSecrets().data
    redactor = Redactor(extra_names=case.config.mask if case.config else ())
    redactor.learn_objects(fixtures)
    return redactor.data


def _documents(steps: tuple[StepResult, ...]) -> Iterator[Mapping[str, Any]]:
    """Also what variables held in between: a loop's, or one that was overwritten."""
    for step in steps:
        yield step.changed_before
        yield step.extracted
        if step.outcome is not None:
            yield step.outcome.document
            yield from _sent(step.outcome.document.get("request"))
        for attempt in step.attempts:
            if attempt.request is not None:
                yield attempt.request
                yield from _sent(attempt.request)
        yield from _documents(step.children)


def _sent(request: Any) -> Iterator[Mapping[str, Any]]:
    """What a request's text says by name: its query, and its form or JSON body."""
    if not isinstance(request, Mapping):
        return
    body = request.get("body")
    text = body if isinstance(body, str) else ""
    yield from (parse_qs(part) for part in (urlsplit(str(request.get("url"))).query, text))
    with contextlib.suppress(ValueError, RecursionError):
        yield {"": jsontext.loads(text)}
