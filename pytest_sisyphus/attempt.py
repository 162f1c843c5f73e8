"""One attempt of one step: render it, do it, extract, judge."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from .broken import described, foreign, gave_nonsense
from .checks.judge import judge
from .checks.logic import combine
from .clock import Clock
from .dialect.check import LOGIC, Check, Extractor
from .dialect.step import StepSpec
from .errors import CheckFailed, ResponseInvalid, SisyphusError, TimedOut
from .extract.select import select
from .models.parts import Subject, Verdict
from .models.result import CheckResult, Outcome, StepResult
from .planning import Plan
from .render.scope import Scope
from .steps.protocol import StepContext, StepType, limit_of
from .transport.http import HttpSession


@dataclasses.dataclass(frozen=True, kw_only=True)
class AttemptResult:
    outcome: Outcome | None = None
    checks: tuple[CheckResult, ...] = ()
    extracted: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    error: SisyphusError | None = None
    #: what went wrong beside `error`.
    besides: tuple[SisyphusError, ...] = ()
    #: why there was nothing to do and nothing was judged: the step counts as skipped.
    idle: str = ""

    @property
    def status_code(self) -> int | None:
        code = self.outcome.document.get("status_code") if self.outcome else None
        return code if isinstance(code, int) else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frame:
    """What steps that run one after the other share."""

    scope: Scope
    http: HttpSession
    #: the moment (`clock.tick()`) at which the time of the steps around them is over.
    until: float = math.inf
    #: of the loop they are in, from 1.
    round: int | None = None
    #: what came of those that ran so far.
    results: list[StepResult] = dataclasses.field(default_factory=list)


class RunInside(Protocol):
    def __call__(self, steps: Sequence[StepSpec], frame: Frame) -> tuple[StepResult, ...]: ...


class Attempter:
    def __init__(self, plan: Plan, clock: Clock, run_inside: RunInside) -> None:
        self._plan = plan
        self._clock = clock
        self._run_inside = run_inside

    def attempt(self, spec: StepSpec, frame: Frame) -> AttemptResult:
        """Raises nothing of ours: an error is part of what came of it."""
        scope = frame.scope
        try:
            outcome = self._outcome(spec, frame)
        except SisyphusError as error:
            return AttemptResult(error=error)
        self._plan.secrets.learn_named(outcome.variables)
        for name, value in outcome.variables.items():
            scope.set(name, value)
        scope.always["response"] = outcome.document
        subject = Subject(
            document=outcome.document,
            body=outcome.body if outcome.has_body else outcome.document,
            text=outcome.text,
        )
        extracted, missed = self._extract(spec, scope, subject)
        own = tuple(self._check(check, scope, subject)[0] for check in spec.validations)
        checks = (*outcome.checks, *own)
        wrong = outcome.error or _first_failure(checks) or next(iter(missed), None)
        return AttemptResult(
            outcome=outcome,
            checks=checks,
            extracted={**outcome.variables, **extracted},
            error=wrong,
            besides=tuple(one for one in missed if one is not wrong),
            idle="" if wrong or checks else outcome.idle,
        )

    def _outcome(self, spec: StepSpec, frame: Frame) -> Outcome:
        plan, tick = self._plan, self._clock.tick()
        if tick >= frame.until:
            raise TimedOut("no time was left: the timeout of a step around this one ran out")
        with foreign(f"the step type {spec.type!r}"):  # also a model of its own may raise
            rendered = spec.rendered(frame.scope, plan.reading)
        plan.secrets.learn_written(rendered.written)
        limit = limit_of(rendered.timeout, plan.settings.limit)
        until = min(frame.until, tick + limit.total if rendered.timeout else math.inf)

        def run_steps(
            steps: Sequence[StepSpec],
            scope: Scope,
            *,
            round_: int | None = None,
            http: HttpSession | None = None,
        ) -> tuple[StepResult, ...]:
            inside = dataclasses.replace(
                frame, scope=scope, http=http or frame.http, until=until, round=round_
            )
            return self._run_inside(steps, inside)

        context = StepContext(
            scope=frame.scope,
            clock=self._clock,
            http=frame.http,
            databases=plan.databases,
            settings=plan.settings,
            limit=limit.within(until - tick),
            until=until,
            reading=plan.reading,
            resolve=plan.reading.resolve,
            run_steps=run_steps,
        )
        return _brought(plan.reading.steps[spec.type], rendered, context)

    def _extract(
        self, spec: StepSpec, scope: Scope, subject: Subject
    ) -> tuple[dict[str, Any], list[SisyphusError]]:
        extracted: dict[str, Any] = {}
        missed: list[SisyphusError] = []
        for extractor in spec.extractors:
            try:
                rendered = extractor.rendered(scope, self._plan.reading)
                found, value = self._picked(rendered, subject)
            except SisyphusError as error:
                missed.append(error)
                continue
            if found:
                self._plan.secrets.learn_named({rendered.name: value})
                extracted[rendered.name] = value
                scope.set(rendered.name, value)
        return extracted, missed

    def _picked(self, extractor: Extractor, subject: Subject) -> tuple[bool, Any]:
        kind = self._plan.reading.extractors[extractor.type]
        options = {"index": extractor.index, "group": extractor.group}
        what = f"{extractor.place}: the extractor type {extractor.type!r}"
        with foreign(what):
            values: Any = kind.pick(subject, extractor.path, options)
        if not isinstance(values, tuple | list):
            raise gave_nonsense(
                what, kind.pick, f"returned {described(values)}, not a tuple of all that it found"
            )
        if values:
            return True, values[0] if len(values) == 1 else list(values)
        if extractor.wrote("default"):
            return True, extractor.default
        if not extractor.required:
            return False, None
        with foreign(what):
            why = str(kind.explain(subject, extractor.path, options))
        raise ResponseInvalid(f"{extractor.place}: extractor {extractor.name!r}: {why}")

    def _check(self, check: Check, scope: Scope, subject: Subject) -> tuple[CheckResult, Verdict]:
        try:
            rendered = check.rendered(scope, self._plan.reading)
        except SisyphusError as error:
            return _unevaluated(check, error)
        if check.type in LOGIC:
            return self._combined(rendered, scope, subject)
        kind = self._plan.reading.checks[rendered.type]
        expected = rendered.expect if rendered.wrote("expect") else kind.default_expect
        path = rendered.path if rendered.wrote("path") else rendered.path_of(kind)
        strict = self._plan.settings.strict if rendered.strict is None else rendered.strict
        try:
            selection = select(subject, path, rendered.source or kind.default_source)
        except SisyphusError as error:
            return _unevaluated(rendered, error)
        verdict = judge(kind, selection, expected, strict=strict)
        found = bool(selection.matches) or (kind.counts_matches and selection.chose_none)
        result = _result(rendered, verdict, path, selection.value if found else None, expected)
        return result if found else _absent(result, "unmatched"), verdict

    def _combined(
        self, check: Check, scope: Scope, subject: Subject
    ) -> tuple[CheckResult, Verdict]:
        inner = [self._check(one, scope, subject) for one in check.sub_validations]
        verdict = combine(check.type, [one for _, one in inner])  # type: ignore[arg-type] # LOGIC holds these three
        actual = [f"{one.type}: {'passed' if one.passed else 'failed'}" for one, _ in inner]
        expected = _COMBINED[check.type]
        return _result(check, verdict, check.path, actual, expected), verdict


def _brought(kind: StepType[Any], spec: StepSpec, context: StepContext) -> Outcome:
    """Raises our errors only, whoever wrote the step type."""
    what = f"the step type {spec.type!r}"
    with foreign(what):
        outcome: Any = kind.run(spec, context)
    if not isinstance(outcome, Outcome):
        raise gave_nonsense(what, kind.run, f"returned {described(outcome)}, not an Outcome")
    mappings: dict[str, Any] = {"document": outcome.document, "variables": outcome.variables}
    for name, value in mappings.items():
        if not isinstance(value, Mapping):
            wrong = f"returned an Outcome whose {name} is {described(value)}, not a mapping"
            raise gave_nonsense(what, kind.run, wrong)
    return outcome


_COMBINED: Final = {"and": "all pass", "or": "at least one passes", "not": "none passes"}


def _result(check: Check, verdict: Verdict, path: str, actual: Any, expected: Any) -> CheckResult:
    return CheckResult(
        passed=verdict.passed,
        type=check.type,
        path=path if isinstance(path, str) else "",
        actual=actual,
        expected=None if expected is ... else expected,
        description=check.description,
        error=verdict.error,
        place=check.place,
    )


def _unevaluated(check: Check, error: SisyphusError) -> tuple[CheckResult, Verdict]:
    verdict = Verdict(passed=False, error=str(error), evaluated=False)
    return _absent(_result(check, verdict, check.path, None, check.expect), "unread"), verdict


def _absent(result: CheckResult, why: Literal["unmatched", "unread"]) -> CheckResult:
    return dataclasses.replace(result, absent=why)


def _first_failure(checks: tuple[CheckResult, ...]) -> SisyphusError | None:
    failed = next((check for check in checks if not check.passed), None)
    return CheckFailed(failed.error) if failed else None
