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
from .errors import CheckFailed, ConfigError, ResponseInvalid, SisyphusError, TimedOut
from .extract.select import select
from .models.parts import Selection, Subject, Verdict
from .models.result import CheckResult, Outcome, StepResult
from .planning import Plan
from .render.scope import Scope
from .render.template import find_templates
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
    #: the step as this attempt carried it out; None: it could not be rendered.
    rendered: StepSpec | None = None
    #: something about it is a mistake in the case file, which no further attempt can change.
    mistaken: bool = False

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


@dataclasses.dataclass(frozen=True, slots=True)
class _Judged:
    """What came of a check."""

    result: CheckResult
    verdict: Verdict
    #: why it could not be judged at all: as it is written, it cannot be carried out.
    wrong: SisyphusError | None = None
    #: no further attempt can change that: it is a mistake in the case file.
    mistaken: bool = False
    #: the body that it looks into could not be read.
    unread: ResponseInvalid | None = None

    @property
    def failure(self) -> SisyphusError | None:
        return self.wrong if self.mistaken else self.unread or _failure(self.result)


class Attempter:
    def __init__(self, plan: Plan, clock: Clock, run_inside: RunInside) -> None:
        self._plan = plan
        self._clock = clock
        self._run_inside = run_inside

    def attempt(
        self, spec: StepSpec, frame: Frame, rendered: StepSpec | None = None
    ) -> AttemptResult:
        """Raises nothing of ours: an error is part of what came of it. `rendered`: what an earlier
        attempt carried out, to be done again."""
        scope, tick = frame.scope, self._clock.tick()
        try:
            if tick >= frame.until:
                raise TimedOut("no time was left: the timeout of a step around this one ran out")
            rendered = rendered or self._rendered(spec, scope)
            outcome = self._outcome(rendered, frame, tick)
        except SisyphusError as error:
            return AttemptResult(error=error, rendered=rendered)
        for name, value in outcome.variables.items():
            scope.set(name, value)
        scope.always["response"] = outcome.document
        self._plan.unread.append(outcome.document)
        subject = Subject(
            document=outcome.document,
            body=outcome.body if outcome.has_body else outcome.document,
            text=outcome.text,
            unreadable=outcome.unreadable,
            note=outcome.note,
            needs_no_body=outcome.needs_no_body,
        )
        extracted, missed, mistaken = self._extract(spec, scope, subject)
        own = [self._check(check, spec, scope, subject) for check in spec.validations]
        checks = (*outcome.checks, *(one.result for one in own))
        failures = (*map(_failure, outcome.checks), *(one.failure for one in own), *missed)
        wrong = outcome.error or next(filter(None, failures), None)
        return AttemptResult(
            outcome=outcome,
            checks=checks,
            extracted={**outcome.variables, **extracted},
            error=wrong,
            besides=tuple(one for one in missed if one is not wrong),
            idle="" if wrong or checks else outcome.idle,
            rendered=rendered,
            mistaken=mistaken or any(one.mistaken for one in own),
        )

    def _rendered(self, spec: StepSpec, scope: Scope) -> StepSpec:
        with foreign(f"the step type {spec.type!r}"):  # also a model of its own may raise
            rendered = spec.rendered(scope, self._plan.reading)
        self._plan.secrets.learn_written(rendered.written)
        return rendered

    def _outcome(self, rendered: StepSpec, frame: Frame, tick: float) -> Outcome:
        """`tick`: when the attempt began."""
        plan = self._plan
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
        return _brought(plan.reading.steps[rendered.type], rendered, context)

    def _extract(
        self, spec: StepSpec, scope: Scope, subject: Subject
    ) -> tuple[dict[str, Any], list[SisyphusError], bool]:
        """What was found, what was not, and whether that is a mistake of the case file."""
        extracted: dict[str, Any] = {}
        missed: list[SisyphusError] = []
        mistaken = False
        for extractor in spec.extractors:
            try:
                rendered = extractor.rendered(scope, self._plan.reading)
                found, value = self._picked(rendered, subject)
            except SisyphusError as error:
                missed.append(error)
                mistaken = mistaken or _is_mistake(error, extractor, spec, scope)
                continue
            if found:
                extracted[rendered.name] = value
                scope.set(rendered.name, value)
        return extracted, missed, mistaken

    def _picked(self, extractor: Extractor, subject: Subject) -> tuple[bool, Any]:
        kind = self._plan.reading.extractors[extractor.type]
        options = {"index": extractor.index, "group": extractor.group}
        what = f"{extractor.place}: the extractor type {extractor.type!r}"
        try:
            with foreign(what):
                values: Any = kind.pick(subject, extractor.path, options)
        except ResponseInvalid as error:
            where = f"{extractor.place}: extractor {extractor.name!r}"
            raise error.retold(f"{where}: {error}") from error
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

    def _check(self, check: Check, spec: StepSpec, scope: Scope, subject: Subject) -> _Judged:
        try:
            rendered = check.rendered(scope, self._plan.reading)
        except SisyphusError as error:
            return _unevaluated(check, error, mistaken=_is_mistake(error, check, spec, scope))
        if check.type in LOGIC:
            return self._combined(rendered, spec, scope, subject)
        kind = self._plan.reading.checks[rendered.type]
        expected = rendered.expect if rendered.wrote("expect") else kind.default_expect
        path = rendered.path if rendered.wrote("path") else rendered.path_of(kind)
        strict = self._plan.settings.strict if rendered.strict is None else rendered.strict
        try:
            selection = select(subject, path, rendered.source or kind.default_source)
        except SisyphusError as error:
            mistaken = _is_mistake(error, check, spec, scope)
            return _unevaluated(rendered, error, mistaken=mistaken)
        verdict = judge(kind, selection, expected, strict=strict)
        found = bool(selection.matches) or (kind.counts_matches and selection.chose_none)
        result = _result(rendered, verdict, path, selection.value if found else None, expected)
        result = _with_note(result, selection)
        unread = _unread(result, verdict, selection)
        return _Judged(result if found else _absent(result, "unmatched"), verdict, unread=unread)

    def _combined(self, check: Check, spec: StepSpec, scope: Scope, subject: Subject) -> _Judged:
        """What one of them has wrong is wrong with the whole, whatever the others say."""
        inner = [self._check(one, spec, scope, subject) for one in check.sub_validations]
        wrong = next((one.wrong for one in inner if one.wrong), None)
        if wrong is None:
            verdict = combine(check.type, [one.verdict for one in inner])  # type: ignore[arg-type] # LOGIC holds these three
        else:
            verdict = Verdict(passed=False, error=str(wrong), evaluated=False)
        actual = [
            f"{one.result.type}: {'passed' if one.result.passed else 'failed'}" for one in inner
        ]
        expected = _COMBINED[check.type]
        result = _result(check, verdict, check.path, actual, expected)
        unread = None if verdict.passed else next((one.unread for one in inner if one.unread), None)
        if unread is not None:
            unread = unread.retold(verdict.error)
        mistaken = any(one.mistaken for one in inner)
        return _Judged(result, verdict, wrong, mistaken=mistaken, unread=unread)


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


def _is_mistake(
    error: SisyphusError, written: Check | Extractor, spec: StepSpec, scope: Scope
) -> bool:
    """Unless it comes of what the attempt brought: its response, or what the step extracts."""
    if not isinstance(error, ConfigError):
        return False
    names = {name for one in find_templates(written.written) for name in one.names}
    brought = {"response", *(one.name for one in spec.extractors)}
    return not names & brought or any(not scope.has(name) for name in names - brought)


def _unevaluated(check: Check, error: SisyphusError, *, mistaken: bool) -> _Judged:
    verdict = Verdict(passed=False, error=str(error), evaluated=False)
    result = _absent(_result(check, verdict, check.path, None, check.expect), "unread")
    return _Judged(result, verdict, error, mistaken)


def _with_note(result: CheckResult, selection: Selection) -> CheckResult:
    """A check that failed says what is worth knowing of the body that it looked at."""
    if result.passed or not selection.note:
        return result
    return dataclasses.replace(result, error=f"{result.error} ({selection.note})")


def _unread(result: CheckResult, verdict: Verdict, selection: Selection) -> ResponseInvalid | None:
    """Its error, where the body could not be read: that is not the failure of a check."""
    is_unread = selection.unreadable and selection.subject.unreadable and not verdict.evaluated
    return ResponseInvalid(result.error) if is_unread else None


def _absent(result: CheckResult, why: Literal["unmatched", "unread"]) -> CheckResult:
    return dataclasses.replace(result, absent=why)


def _failure(check: CheckResult) -> SisyphusError | None:
    return None if check.passed else CheckFailed(check.error)
