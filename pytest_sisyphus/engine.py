"""Walks a case and says what happened. Knows neither pytest nor any report."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .attempt import Attempter, AttemptResult, Frame
from .clock import Clock
from .dialect.case import Case
from .dialect.step import StepSpec
from .errors import Interrupted, SisyphusError
from .interrupts import Interrupts
from .models.naming import named_apart
from .models.result import Attempt, CaseResult, CaseStatus, StepResult, StepStatus
from .planning import Plan
from .render.scope import Scope
from .render.template import render_value
from .retry import Retries


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Ran:
    """What came of a step's setup, attempts and teardown."""

    status: StepStatus
    last: AttemptResult = dataclasses.field(default_factory=AttemptResult)
    attempts: tuple[Attempt, ...] = ()
    children: tuple[StepResult, ...] = ()
    error: SisyphusError | None = None
    reason: str = ""


class CaseRun:
    """One run of one case. `result()` tells the truth at any moment, also after an interruption."""

    def __init__(self, case: Case, plan: Plan, clock: Clock) -> None:
        self._case = case
        self._plan = plan
        self._clock = clock
        self._attempter = Attempter(plan, clock, self._run_inside)
        self._frame = Frame(scope=plan.scope, http=plan.http)
        self._interrupted: SisyphusError | None = None
        self._interrupts = Interrupts()
        self._start, self._tick = clock.now(), clock.tick()

    def run(self) -> CaseResult:
        """Whatever is no error of ours (Ctrl-C, a bug) passes, after the teardown ran."""
        with self._interrupts:
            try:
                self._setup_steps_and_teardown()
            except BaseException as error:
                self._interrupted = _interrupted(error)
                raise
            finally:
                self._plan.close()
        return self.result()

    def result(self) -> CaseResult:
        steps = named_apart(self._frame.results)
        first_bad = next((step for step in steps if step.status.bad), None)
        error = first_bad.error if first_bad else self._interrupted
        return CaseResult(
            name=self._plan.name,
            status=_case_status(self._of_the_steps(steps), error),
            start_time=self._start,
            end_time=self._clock.now(),
            duration=self._clock.tick() - self._tick,
            place=self._case.place,
            steps=steps,
            final_variables=self._plan.scope.snapshot(),
            error=error,
            description=self._case.description,
            tags=self._case.tags,
            identity=self._case.identity,
        )

    def _of_the_steps(self, results: Sequence[StepResult]) -> Sequence[StepResult]:
        """Without what set up and tore down: that alone tests nothing."""
        first = len(self._case.setup)
        return results[first : first + len(self._case.steps)]

    def _run_inside(self, steps: Sequence[StepSpec], frame: Frame) -> tuple[StepResult, ...]:
        """Steps inside a step; those after the first that fails are skipped."""
        results: list[StepResult] = []
        blocked = ""
        for step in steps:
            results.append(self._step(step, frame, blocked=blocked))
            if results[-1].status.bad and not step.continue_on_failure:
                blocked = blocked or f"step {step.name!r} before it failed"
        return tuple(results)

    def _setup_steps_and_teardown(self) -> None:
        try:
            self._setup_and_steps()
        finally:
            self._tear_down(self._case.teardown, self._frame)

    def _tear_down(self, steps: Sequence[StepSpec], frame: Frame) -> tuple[StepResult, ...]:
        """Each of the steps has its turn, also after one that was interrupted; only who insists,
        by a second signal, keeps the rest from running."""
        results: list[StepResult] = []
        interruption: BaseException | None = None
        with self._interrupts.held():
            for step in steps:
                try:
                    results.append(self._step(step, frame))
                except BaseException as error:
                    if interruption is not None or self._interrupts.insisted:
                        raise
                    interruption = error
        if interruption is not None:
            raise interruption
        return tuple(results)

    def _setup_and_steps(self) -> None:
        blocked = ""
        for step in (*self._case.setup, *self._case.steps):
            result = self._step(step, self._frame, blocked=blocked)
            if result.status.bad:
                blocked = blocked or self._blocks(step)

    def _blocks(self, step: StepSpec) -> str:
        """Why what follows a failed step is skipped; empty when it is not."""
        if any(step is one for one in self._case.setup):
            return f"setup step {step.name!r} failed"
        if self._plan.settings.stop_on_failure and not step.continue_on_failure:
            return f"step {step.name!r} failed, and stop_on_failure is on"
        return ""

    def _step(self, spec: StepSpec, frame: Frame, *, blocked: str = "") -> StepResult:
        """Its result is also among the frame's, even when it is interrupted."""
        start, tick = self._clock.now(), self._clock.tick()
        own = dataclasses.replace(frame, results=[])
        changed = frame.scope.news()
        name, ran = spec.name, _Ran(status=StepStatus.SKIPPED)
        try:
            reason = blocked or _skip_reason(spec, frame.scope)
            if reason:
                ran = _Ran(status=StepStatus.SKIPPED, reason=reason)
                name = _name_of_skipped(spec, frame.scope)
            else:
                name = str(render_value(spec.name, frame.scope))
                ran = self._surrounded(spec, own)
        except SisyphusError as error:
            ran = _failed(error)
        except BaseException as error:
            ran = dataclasses.replace(_failed(_interrupted(error)), children=tuple(own.results))
            raise
        finally:
            result = StepResult(
                name=name,
                type=spec.type,
                status=ran.status,
                start_time=start,
                end_time=self._clock.now(),
                duration=self._clock.tick() - tick,
                place=spec.place,
                outcome=ran.last.outcome,
                checks=ran.last.checks,
                extracted=ran.last.extracted,
                changed_before=changed,
                attempts=ran.attempts,
                children=ran.children,
                round=frame.round,
                error=ran.error,
                besides=ran.last.besides,
                reason=ran.reason,
                description=spec.description,
            )
            frame.results.append(result)
        frame.scope.always["steps"][name] = _readable(result)
        return result

    def _surrounded(self, spec: StepSpec, frame: Frame) -> _Ran:
        """Setup, attempts, teardown. A failed setup keeps the step from running."""
        around = dataclasses.replace(frame, round=None)
        setup: tuple[StepResult, ...] = ()
        teardown: tuple[StepResult, ...] = ()
        try:
            setup = self._run_inside(spec.setup, around)
            broken = _first_bad(setup)
            if broken:
                reason = f"its setup step {broken.name!r} failed"
                ran = _Ran(status=StepStatus.FAILED, error=broken.error, reason=reason)
            else:
                ran = self._attempts(spec, frame)
        finally:
            always = dataclasses.replace(around, until=math.inf)
            if spec.teardown:
                teardown = self._tear_down(spec.teardown, always)
        inner = ran.last.outcome.children if ran.last.outcome else ()
        ran = dataclasses.replace(ran, children=(*setup, *inner, *teardown))
        broken = _first_bad(teardown)
        if broken and not ran.status.bad:
            ran = dataclasses.replace(ran, status=StepStatus.FAILED, error=broken.error)
        return ran

    def _attempts(self, spec: StepSpec, frame: Frame) -> _Ran:
        retries = self._plan.retries(spec, frame.scope)
        attempts: list[Attempt] = []
        rendered: StepSpec | None = None
        while True:
            start, tick = self._clock.now(), self._clock.tick()
            last = self._attempter.attempt(spec, frame, rendered)
            rendered = None if retries.rerenders else last.rendered
            delay = _delay(retries, len(attempts) + 1, last)
            if delay is not None and self._clock.tick() + delay >= frame.until:
                delay = None
            attempts.append(
                Attempt(
                    number=len(attempts) + 1,
                    start_time=start,
                    duration=self._clock.tick() - tick,
                    status=_status(last.error),
                    error=last.error,
                    delay=delay,
                    request=_request(last),
                )
            )
            if delay is None:
                return _Ran(
                    status=StepStatus.SKIPPED if last.idle else _status(last.error),
                    last=last,
                    attempts=tuple(attempts),
                    error=last.error,
                    reason=last.idle,
                )
            self._clock.sleep(delay)


def unplanned(
    case: Case, error: SisyphusError, clock: Clock, since: tuple[datetime, float]
) -> CaseResult:
    """A case whose config cannot be carried out: no step began. `since`: when it was tried."""
    start, tick = since
    return CaseResult(
        name=case.name,
        status=CaseStatus.FAILED,
        start_time=start,
        end_time=clock.now(),
        duration=clock.tick() - tick,
        place=case.place,
        steps=(),
        final_variables={},
        error=error,
        description=case.description,
        tags=case.tags,
        identity=case.identity,
    )


def _delay(retries: Retries, attempt: int, last: AttemptResult) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    if last.mistaken:
        return None
    if last.error is None:
        again = retries.again_without_error(attempt, last.status_code)
    else:
        again = retries.again(attempt, last.error, last.status_code)
    if not again:
        return None
    return retries.delay(attempt, _retry_after(last))


def _request(last: AttemptResult) -> Mapping[str, Any] | None:
    """What was sent, or was to be sent, if that was a request."""
    if last.outcome is None:
        return None if last.error is None else last.error.request
    return last.outcome.document.get("request") if last.outcome.is_response else None


def _retry_after(last: AttemptResult) -> float | None:
    headers = last.outcome.document.get("headers") if last.outcome else None
    if not isinstance(headers, Mapping):
        return None
    text = next((str(headers[name]) for name in headers if name.lower() == "retry-after"), "")
    return float(text) if text.isascii() and text.isdecimal() else None


def _skip_reason(spec: StepSpec, scope: Scope) -> str:
    for written in spec.depends_on:
        name = str(render_value(written, scope))
        status = scope.always["steps"].get(name, {}).get("status", "not run")
        if status != StepStatus.SUCCESS:
            return f"depends_on {name!r}, which is {status}"
    if spec.skip_if is not None and spec.skip_if.holds(scope):
        return f"skip_if holds: {spec.skip_if.text}"
    if spec.only_if is not None and not spec.only_if.holds(scope):
        return f"only_if does not hold: {spec.only_if.text}"
    return ""


def _name_of_skipped(spec: StepSpec, scope: Scope) -> str:
    """What its name asks for may never have come: then it is shown as it is written."""
    try:
        return str(render_value(spec.name, scope))
    except SisyphusError:
        return spec.name


def _status(error: SisyphusError | None) -> StepStatus:
    return StepStatus.SUCCESS if error is None else StepStatus(error.step_status)


def _interrupted(error: BaseException) -> SisyphusError:
    return Interrupted(f"interrupted by {type(error).__name__}")


def _failed(error: SisyphusError) -> _Ran:
    return _Ran(status=_status(error), error=error)


def _first_bad(results: Sequence[StepResult]) -> StepResult | None:
    return next((result for result in results if result.status.bad), None)


def _case_status(steps: Sequence[StepResult], error: SisyphusError | None) -> CaseStatus:
    if error is not None:
        return CaseStatus.FAILED
    if all(step.status is StepStatus.SKIPPED for step in steps):
        return CaseStatus.SKIPPED
    return CaseStatus.PASSED


def _readable(result: StepResult) -> dict[str, Any]:
    """What templates see as `steps["name"]`."""
    document = result.outcome.document if result.outcome else {}
    return {"status": str(result.status), "document": document}
