"""Repeats a request or query until a condition holds or the time is over: for `wait` and `poll`."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_sisyphus.errors import ConfigError, NotFulfilled, SisyphusError, TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.protocol import StepContext, limit_of
from pytest_sisyphus.template.condition import Condition
from pytest_sisyphus.template.names import MISSING
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.record import record


@record
class PollOptions:
    """What is waited for, how often it is looked at, and how long. Times in seconds."""

    condition: Condition
    location: Location
    #: run before the condition is evaluated, which sees its document; None: only variables change.
    probe: StepSpec | None
    #: between two attempts.
    intervals: Callable[[], Iterator[float]]
    #: in all; None: until `max_attempts`.
    timeout: float | None
    max_attempts: int | None = None


@record
class _Attempt:
    holds: bool = False
    outcome: Outcome | None = None
    #: the values that the condition was evaluated with, or why there were none.
    seen: str = ""
    error: str = ""


@record
class PollResult:
    """What came of polling."""

    #: of the last probe that answered.
    outcome: Outcome | None
    attempts: int
    waited: float
    #: the last error of a probe or condition, even if a later attempt succeeded.
    last_error: str
    failure: NotFulfilled | None

    @property
    def document(self) -> dict[str, Any]:
        """The last probe's, with `attempts`, `waited` and, if there was one, `last_error`."""
        document = {
            **(self.outcome.document if self.outcome else {}),
            "attempts": self.attempts,
            "waited": self.waited,
        }
        return {**document, "last_error": self.last_error} if self.last_error else document


def poll_until(options: PollOptions, context: StepContext) -> PollResult:
    """Raises what cannot change with another attempt: a wrong template, an unknown name."""
    began, end = context.clock.tick(), context.deadline
    if options.timeout is not None:
        end = min(began + options.timeout, end)
    outcome, last_error = None, ""
    for number, interval in zip(itertools.count(1), options.intervals(), strict=False):
        left = end - context.clock.tick()
        waited = round(context.clock.tick() - began, 3)
        names = {"attempts": number, "waited": waited}
        attempt = _attempt(options, context, names, max(left, interval))
        outcome, last_error = attempt.outcome or outcome, attempt.error or last_error
        left = end - context.clock.tick()
        if attempt.holds or left <= 0 or number == options.max_attempts:
            break
        context.clock.sleep(min(interval, left))
    waited = round(context.clock.tick() - began, 3)
    failure = None
    if not attempt.holds:
        said = tr(
            "{location}: {condition!r} did not hold after {count} look in {seconds:g} s"
            if number == 1
            else "{location}: {condition!r} did not hold after {count} looks in {seconds:g} s",
            location=options.location,
            condition=options.condition.text,
            count=number,
            seconds=round(waited, 3),
        )
        seen = attempt.seen
        failure = NotFulfilled(
            tr("{said}; last seen: {seen}", said=said, seen=seen) if seen else said
        )
    return PollResult(
        outcome=outcome, attempts=number, waited=waited, last_error=last_error, failure=failure
    )


def _attempt(
    options: PollOptions, context: StepContext, names: Mapping[str, Any], seconds: float
) -> _Attempt:
    """`names`: variables for the probe's templates and the condition. `seconds`: for the probe."""
    scope = context.scope.child()
    _set_all(scope, names)
    outcome: Outcome | None = None
    if options.probe is not None:
        try:
            probe = options.probe.rendered(scope, context.validation)
            limit = limit_of(probe.timeout, context.settings.limit).within(seconds)
            inside = dataclasses.replace(context, scope=scope, limit=limit)
            outcome = context.validation.steps[probe.type].run(probe, inside)
            if outcome.error is not None:
                raise outcome.error
        except ConfigError:
            raise
        except SisyphusError as error:
            return _Attempt(
                error=str(error), seen=tr("the last probe failed: {error}", error=error)
            )
        document = outcome.document
        rows = document.get("rows")
        is_query = isinstance(rows, list)
        row_names = {"result": rows, "row": rows[0] if rows else None} if is_query else {}
        _set_all(scope, {**document, **row_names, **names})
        scope.record_response(document)
    attempt = _evaluate(options.condition, scope, has_document=outcome is not None)
    return dataclasses.replace(attempt, outcome=outcome)


def _set_all(scope: Scope, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        scope.set(name, value)


def _evaluate(condition: Condition, scope: Scope, *, has_document: bool) -> _Attempt:
    """A probe's document may still lack what the condition reads; a name must exist."""
    try:
        holds = condition.evaluate(scope)
    except TemplateError as error:
        if not has_document or any(scope.lookup(name) is MISSING for name in condition.names):
            raise
        values = condition.describe_values(scope)
        seen = tr("{values} ({error})", values=values, error=error)
        return _Attempt(error=str(error), seen=seen)
    return _Attempt(holds=holds, seen=condition.describe_values(scope))
