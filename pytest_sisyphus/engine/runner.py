"""Runs a compiled case: setup, steps with their retries and the steps inside them, teardown.

`CaseRun` reads from top to bottom as a case runs. Steps inside a step (a loop's, a setup's) come
back to `_run_steps`: a step type calls it as `StepContext.run_steps`.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.step import Step
from pytest_sisyphus.engine.attempt import (
    AttemptResult,
    extract_and_check,
    retry_delay,
    run_step_type,
)
from pytest_sisyphus.engine.case_result import case_result, case_status
from pytest_sisyphus.engine.interrupts import Interrupts
from pytest_sisyphus.errors import Interrupted, SisyphusError, TimedOut
from pytest_sisyphus.http.client import HttpSession
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import Attempt, CaseResult, StepResult, StepStatus
from pytest_sisyphus.spec.called_case import CalledCase
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.spec.step_names import unique_step_names
from pytest_sisyphus.steps.nested_results import with_children
from pytest_sisyphus.steps.protocol import CaseSteps, StepContext, limit_of
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import render_value
from pytest_sisyphus.values.record import record

#: compiled steps kept at a time. Keeping one keeps its spec alive, so that no other gets its id.
_MAX_COMPILED: Final = 10_000
_NO_ATTEMPT: Final = AttemptResult()


@record
class Frame:
    """What steps that run one after the other share."""

    scope: Scope
    http: HttpSession
    #: `clock.tick()` at which the time of the steps around them is over.
    deadline: float = math.inf
    #: of the loop they are in, from 1.
    round: int | None = None
    #: of the steps that ran so far.
    results: list[StepResult] = dataclasses.field(default_factory=list)


@record
class _StepOutcome:
    """What came of a step's setup, attempts and teardown."""

    status: StepStatus
    last: AttemptResult = dataclasses.field(default_factory=lambda: _NO_ATTEMPT)
    attempts: tuple[Attempt, ...] = ()
    children: tuple[StepResult, ...] = ()
    error: SisyphusError | None = None
    skip_reason: str = ""


@record
class _Caller:
    """The step that runs another case."""

    frame: Frame
    interrupts: Interrupts


_NOT_STARTED: Final = _StepOutcome(status=StepStatus.SKIPPED)


class CaseRun:
    """One run of one case. `result()` is right at any moment, also after an interruption."""

    def __init__(
        self, case: Case, context: CaseContext, clock: Clock, caller: "_Caller | None" = None
    ) -> None:
        """`caller`: of a case that a step of another one runs."""
        self._case = case
        self._context = context
        self._clock = clock
        self._frame = (
            Frame(scope=context.scope, http=context.http)
            if caller is None
            else dataclasses.replace(caller.frame, scope=context.scope)
        )
        self._compiled: dict[int, Step] = {}
        self._interruption: SisyphusError | None = None
        self._interrupts = Interrupts() if caller is None else caller.interrupts
        self._started = clock.now(), clock.tick()

    def run(self) -> None:
        """Whatever is no SisyphusError (Ctrl-C, a bug) is raised, after the teardown ran."""
        with self._interrupts:
            try:
                self._run_with_teardown()
            except BaseException as error:
                self._interruption = _interruption(error)
                raise
            finally:
                self._context.close()

    def result(self) -> CaseResult:
        steps = unique_step_names(self._frame.results)
        failed = _first_failed(steps)
        error = failed.error if failed else self._interruption
        first = len(self._case.setup)
        return case_result(
            self._case,
            self._context.name,
            self._clock,
            self._started,
            status=case_status(steps[first : first + len(self._case.steps)], error),
            error=error,
            steps=steps,
            final_variables=self._context.scope.snapshot(),
            profile=self._context.scope.builtins["active_profile"] or "",
        )

    def _run_with_teardown(self) -> None:
        skip_reason = ""
        try:
            for step in (*self._case.setup, *self._case.steps):
                result = self._run_step(step, self._frame, skip_reason=skip_reason)
                if skip_reason or not result.status.is_failure:
                    continue
                stops = self._context.settings.stop_on_failure and not step.continue_on_failure
                if any(step is one for one in self._case.setup):
                    skip_reason = tr("setup step {name!r} failed", name=step.name)
                elif stops:
                    skip_reason = tr(
                        "step {name!r} failed, and stop_on_failure is on", name=step.name
                    )
        finally:
            self._tear_down(
                self._case.teardown, dataclasses.replace(self._frame, deadline=math.inf)
            )

    def _run_steps(self, steps: Sequence[StepSpec], frame: Frame) -> tuple[StepResult, ...]:
        """Steps inside a step; those after the first that fails are skipped."""
        results: list[StepResult] = []
        skip_reason = ""
        for step in steps:
            results.append(self._run_step(step, frame, skip_reason=skip_reason))
            if results[-1].status.is_failure and not step.continue_on_failure:
                skip_reason = skip_reason or tr("step {name!r} before it failed", name=step.name)
        return tuple(results)

    def _tear_down(self, steps: Sequence[StepSpec], frame: Frame) -> tuple[StepResult, ...]:
        """Runs each of the steps, also after one that was interrupted; only a second signal keeps
        the rest from running."""
        results: list[StepResult] = []
        interruption: BaseException | None = None
        with self._interrupts.deferred():
            for step in steps:
                try:
                    results.append(self._run_step(step, frame))
                except BaseException as error:
                    if interruption is not None or self._interrupts.escalated:
                        raise
                    interruption = error
        if interruption is not None:
            raise interruption
        return tuple(results)

    def _run_step(self, spec: StepSpec, frame: Frame, *, skip_reason: str = "") -> StepResult:
        """Its result is also among the frame's, even when it is interrupted."""
        start, tick = self._clock.now(), self._clock.tick()
        step = self._compiled_step(spec)
        own = Frame(scope=frame.scope, http=frame.http, deadline=frame.deadline, round=frame.round)
        changed = frame.scope.pop_changes()
        name, ran = spec.name, _NOT_STARTED
        try:
            reason = skip_reason or _skip_reason(spec, frame.scope)
            if reason:
                ran = _StepOutcome(status=StepStatus.SKIPPED, skip_reason=reason)
                name = _name_of_skipped(step, frame.scope)
            else:
                name = step.name(frame.scope)
                ran = self._run_with_setup(step, own)
        except SisyphusError as error:
            ran = _StepOutcome(status=_status(error), error=error)
        except BaseException as error:
            stopped = _interruption(error)
            ran = _StepOutcome(status=_status(stopped), error=stopped, children=tuple(own.results))
            raise
        finally:
            result = StepResult(
                name=name,
                type=spec.type,
                status=ran.status,
                start_time=start,
                end_time=self._clock.now(),
                duration=self._clock.tick() - tick,
                location=step.location,
                outcome=ran.last.outcome,
                checks=ran.last.checks,
                extracted=ran.last.extracted,
                changed_before=changed,
                attempts=ran.attempts,
                children=ran.children,
                round=frame.round,
                error=ran.error,
                additional_errors=ran.last.additional_errors,
                skip_reason=ran.skip_reason,
                description=spec.description,
            )
            frame.results.append(result)
        document = result.outcome.document if result.outcome else {}
        frame.scope.record_step(name, str(result.status), document)
        return result

    def _compiled_step(self, spec: StepSpec) -> Step:
        """The same for the same spec, which may run many times: in loops, and at the same time."""
        known = self._compiled.get(id(spec))
        if known is not None:
            return known
        if len(self._compiled) >= _MAX_COMPILED:  # a step type makes new ones while the case runs
            self._compiled.clear()
        return self._compiled.setdefault(id(spec), Step(spec, self._context))

    def _run_with_setup(self, step: Step, frame: Frame) -> _StepOutcome:
        """Setup, attempts, teardown. A failed setup keeps the step from running."""
        spec = step.spec
        if not spec.setup and not spec.teardown:
            return self._run_attempts(step, frame)
        around = dataclasses.replace(frame, round=None)
        setup: tuple[StepResult, ...] = ()
        teardown: tuple[StepResult, ...] = ()
        try:
            setup = self._run_steps(spec.setup, around)
            failed = _first_failed(setup)
            if failed:
                reason = tr("its setup step {name!r} failed", name=failed.name)
                ran = _StepOutcome(status=StepStatus.FAILED, error=failed.error, skip_reason=reason)
            else:
                ran = self._run_attempts(step, frame)
        finally:
            if spec.teardown:
                teardown = self._tear_down(
                    spec.teardown, dataclasses.replace(around, deadline=math.inf)
                )
        ran = dataclasses.replace(ran, children=(*setup, *ran.children, *teardown))
        failed = _first_failed(teardown)
        if failed and not ran.status.is_failure:
            ran = dataclasses.replace(ran, status=StepStatus.FAILED, error=failed.error)
        return ran

    def _run_attempts(self, step: Step, frame: Frame) -> _StepOutcome:
        """Until one succeeds, no retry is left, or the next would begin after the deadline."""
        retries = step.retries(frame.scope)
        attempts: list[Attempt] = []
        rendered: StepSpec | None = None
        while True:
            start, tick = self._clock.now(), self._clock.tick()
            last = self._attempt(step, frame, rendered)
            rendered = None if retries.rerenders else last.rendered
            delay = retry_delay(retries, len(attempts) + 1, last)
            if delay is not None and self._clock.tick() + delay >= frame.deadline:
                delay = None
            attempts.append(
                Attempt(
                    number=len(attempts) + 1,
                    start_time=start,
                    duration=self._clock.tick() - tick,
                    status=_status(last.error),
                    error=last.error,
                    delay=delay,
                    request=last.request,
                )
            )
            if delay is None:
                return _StepOutcome(
                    status=StepStatus.SKIPPED if last.skip_reason else _status(last.error),
                    last=last,
                    attempts=tuple(attempts),
                    children=last.children,
                    error=last.error,
                    skip_reason=last.skip_reason,
                )
            self._clock.sleep(delay)

    def _attempt(self, step: Step, frame: Frame, rendered: StepSpec | None) -> AttemptResult:
        """Raises no SisyphusError: it is part of the result. `rendered`: what an earlier attempt
        carried out, to be done again; None: render it now."""
        scope, tick, before = frame.scope, self._clock.tick(), len(frame.results)
        try:
            if tick >= frame.deadline:
                raise TimedOut(
                    tr("no time was left: the timeout of a step around this one ran out")
                )
            rendered = rendered or step.rendered(scope)
            run = self._context.validation.steps[rendered.type].run
            outcome = run_step_type(step, rendered, run, self._step_context(rendered, frame, tick))
        except SisyphusError as error:
            ran = tuple(frame.results[before:])
            return AttemptResult(error=error, rendered=rendered, children=ran)
        if len(frame.results) > before:
            outcome = with_children(outcome, frame.results[before:])
        for name, value in outcome.variables.items():
            scope.set(name, value)
        scope.record_response(outcome.document)
        self._context.unscanned.append(outcome.document)
        return extract_and_check(step, rendered, outcome, scope)

    def _step_context(self, rendered: StepSpec, frame: Frame, tick: float) -> StepContext:
        """`tick`: when the attempt began."""
        case, deadline = self._context, frame.deadline
        limit = limit_of(rendered.timeout, case.settings.limit)
        if rendered.timeout is not None:
            deadline = min(deadline, tick + limit.total)

        def run_steps(
            steps: Sequence[StepSpec],
            scope: Scope,
            *,
            round_: int | None = None,
            http: HttpSession | None = None,
        ) -> tuple[StepResult, ...]:
            inside = Frame(
                scope=scope,
                http=http or frame.http,
                deadline=deadline,
                round=round_,
                results=frame.results,
            )
            return self._run_steps(steps, inside)

        def run_case(called: CalledCase, variables: Mapping[str, Any]) -> CaseSteps:
            own = dataclasses.replace(frame, deadline=deadline, round=None)
            before, first = len(own.results), len(called.case.setup)
            with self._context.called(called) as context:
                for name, value in variables.items():
                    context.scope.set(name, value)
                caller = _Caller(frame=own, interrupts=self._interrupts)
                CaseRun(called.case, context, self._clock, caller)._run_with_teardown()  # noqa: SLF001 - its own class
            results = tuple(own.results[before:])
            steps = results[first : first + len(called.case.steps)]
            return CaseSteps(results=results, own=steps, scope=context.scope)

        return StepContext(
            scope=frame.scope,
            clock=self._clock,
            http=frame.http,
            databases=case.databases,
            settings=case.settings,
            limit=limit if deadline == math.inf else limit.within(deadline - tick),
            deadline=deadline,
            validation=case.validation,
            resolve=case.validation.resolve,
            run_steps=run_steps,
            run_case=run_case,
        )


def _skip_reason(spec: StepSpec, scope: Scope) -> str:
    for written in spec.depends_on:
        name = str(render_value(written, scope))
        status = scope.steps.get(name, {}).get("status", tr("not run"))
        if status != StepStatus.SUCCESS:
            return tr("depends_on {name!r}, which is {status}", name=name, status=status)
    if spec.skip_if is not None and spec.skip_if.evaluate(scope):
        return tr("skip_if holds: {condition}", condition=spec.skip_if.text)
    if spec.only_if is not None and not spec.only_if.evaluate(scope):
        return tr("only_if does not hold: {condition}", condition=spec.only_if.text)
    return ""


def _name_of_skipped(step: Step, scope: Scope) -> str:
    """What its name asks for may never have come: then it is shown as it is written."""
    try:
        return step.name(scope)
    except SisyphusError:
        return step.spec.name


def _status(error: SisyphusError | None) -> StepStatus:
    return StepStatus.SUCCESS if error is None else StepStatus(error.step_status)


def _interruption(error: BaseException) -> SisyphusError:
    return Interrupted(tr("interrupted by {kind}", kind=type(error).__name__))


def _first_failed(results: Sequence[StepResult]) -> StepResult | None:
    return next((result for result in results if result.status.is_failure), None)
