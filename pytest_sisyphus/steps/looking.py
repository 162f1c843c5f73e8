"""Looks again and again, until a condition holds or the time is over."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..dialect.step import StepSpec
from ..errors import ConfigError, NotFulfilled, SisyphusError, TemplateError
from ..located import Place
from ..models.result import Outcome
from ..render.condition import Condition
from ..render.sandbox import MISSING
from ..render.scope import Scope
from ..render.text import UnevaluableError, json_text, kind_of
from .protocol import StepContext, limit_of

_SHOWN: Final = 300


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """What is waited for, and how patiently. Times in seconds."""

    condition: Condition
    place: Place
    #: repeated before each look; the condition sees its document.
    probe: StepSpec | None
    #: between two looks.
    pauses: Callable[[], Iterator[float]]
    #: in all; None: until `most` looks.
    at_most: float | None
    most: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Look:
    holds: bool = False
    outcome: Outcome | None = None
    #: what the condition saw, or why it saw nothing.
    seen: str = ""
    error: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What came of a search."""

    #: of the last probe that answered.
    outcome: Outcome | None
    attempts: int
    waited: float
    #: the last error of a probe or condition, even if all went well after it.
    last_error: str
    failure: NotFulfilled | None

    @property
    def document(self) -> dict[str, Any]:
        probed = self.outcome.document if self.outcome else {}
        told = {"attempts": self.attempts, "waited": self.waited}
        return {**probed, **told, **({"last_error": self.last_error} if self.last_error else {})}


def search(wanted: Search, context: StepContext) -> Found:
    """Raises what cannot change by looking again: a wrong template, an unknown name."""
    began = context.clock.tick()
    end = context.until if wanted.at_most is None else min(began + wanted.at_most, context.until)
    outcome, last_error = None, ""
    for attempt, pause in zip(itertools.count(1), wanted.pauses(), strict=False):
        left = end - context.clock.tick()
        waited = round(context.clock.tick() - began, 3)
        look = _look(wanted, context, {"attempts": attempt, "waited": waited}, max(left, pause))
        outcome, last_error = look.outcome or outcome, look.error or last_error
        left = end - context.clock.tick()
        if look.holds or left <= 0 or attempt == wanted.most:
            break
        context.clock.sleep(min(pause, left))
    waited = round(context.clock.tick() - began, 3)
    failure = None if look.holds else _not_fulfilled(wanted, look, attempt, waited)
    return Found(
        outcome=outcome, attempts=attempt, waited=waited, last_error=last_error, failure=failure
    )


def _look(wanted: Search, context: StepContext, told: Mapping[str, Any], seconds: float) -> _Look:
    scope = context.scope.child()
    _show(scope, told)
    outcome = None
    if wanted.probe is not None:
        try:
            outcome = _probed(wanted.probe, context, scope, seconds)
        except ConfigError:
            raise
        except SisyphusError as error:
            return _Look(error=str(error), seen=f"the last probe failed: {error}")
        _show(scope, {**outcome.document, **_row_names(outcome.document), **told})
        scope.always["response"] = outcome.document
    look = _judged(wanted.condition, scope, probed=outcome is not None)
    return dataclasses.replace(look, outcome=outcome)


def _judged(condition: Condition, scope: Scope, *, probed: bool) -> _Look:
    """What a probe brought may lack what is asked for, yet; a name must exist."""
    try:
        holds = condition.holds(scope)
    except TemplateError as error:
        if not probed or any(scope.lookup(name) is MISSING for name in condition.names):
            raise
        return _Look(error=str(error), seen=f"{_seen(condition, scope)} ({error})")
    return _Look(holds=holds, seen=_seen(condition, scope))


def _probed(spec: StepSpec, context: StepContext, scope: Scope, seconds: float) -> Outcome:
    rendered = spec.rendered(scope, context.reading)
    limit = limit_of(rendered.timeout, context.settings.limit).within(seconds)
    inside = dataclasses.replace(context, scope=scope, limit=limit)
    outcome: Outcome = context.reading.steps[spec.type].run(rendered, inside)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def _show(scope: Scope, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        scope.set(name, value)


def _row_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """`result` and `row`, as conditions on a query know its rows."""
    rows = document.get("rows")
    if not isinstance(rows, list):
        return {}
    return {"result": rows, "row": rows[0] if rows else None}


def _not_fulfilled(wanted: Search, look: _Look, attempts: int, waited: float) -> NotFulfilled:
    looks = "1 look" if attempts == 1 else f"{attempts} looks"
    seen = f"; last seen: {look.seen}" if look.seen else ""
    text = wanted.condition.text
    return NotFulfilled(
        f"{wanted.place}: {text!r} did not hold after {looks} in {round(waited, 3):g} s{seen}"
    )


def _seen(condition: Condition, scope: Scope) -> str:
    """The values of the condition's names."""
    values = {name: scope.lookup(name) for name in sorted(condition.names)}
    return ", ".join(f"{name} = {_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    """Cut between two values, so that no half of a secret is left that masking does not know."""
    try:
        text = json_text(value)
    except UnevaluableError:
        return kind_of(value)
    if len(text) <= _SHOWN:
        return text
    whole = text[:_SHOWN].rpartition(",")[0]
    return f"{whole}, …" if whole else f"{kind_of(value)} of {len(text)} characters"
