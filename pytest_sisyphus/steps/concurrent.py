"""`type: concurrent`: steps at the same time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from pydantic import Field, model_validator

from pytest_sisyphus.http.client import CookieChanges
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import Outcome, StepResult
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.numbers import AtLeastOne
from pytest_sisyphus.spec.step import Steps, StepSpec
from pytest_sisyphus.steps.latency import latency
from pytest_sisyphus.steps.nested_results import first_failure, new_steps, skip_reason, summary
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.values.record import record


class ConcurrentSpec(StepSpec):
    concurrent_steps: Annotated[
        Steps, Deferred, Field(description="what runs at the same time")
    ] = ()
    max_concurrency: Annotated[AtLeastOne, Field(description="how many run at once")] = 3
    repeat: Annotated[
        AtLeastOne, Field(description="runs the list so often, and measures latency, throughput")
    ] = 1

    @model_validator(mode="after")
    def _can_run_together(self) -> "ConcurrentSpec":
        if not self.concurrent_steps:
            raise invalid(tr("concurrent needs concurrent_steps: a list of steps"))
        names = {step.name for step in self.concurrent_steps}
        for step in self.concurrent_steps:
            for name in names.intersection(step.depends_on):
                raise invalid(
                    tr(
                        "{step!r} cannot depend on {name!r}: they run at the same time",
                        step=step.name,
                        name=name,
                    ),
                    step.location_of("depends_on"),
                )
        return self


@record
class _TaskResult:
    """One step that ran on copies of variables and cookies, and what it changed in them."""

    result: StepResult
    variables: Mapping[str, Any]
    steps: Mapping[str, Any]
    cookies: CookieChanges


def run(spec: ConcurrentSpec, context: StepContext) -> Outcome:
    numbers = range(1, spec.repeat + 1) if spec.is_set("repeat") else [None]
    tasks = [(step, number) for number in numbers for step in spec.concurrent_steps]
    began = context.clock.tick()
    workers = min(spec.max_concurrency, len(tasks))
    with ThreadPoolExecutor(workers, thread_name_prefix="sisyphus") as pool:
        futures = [pool.submit(_run_task, *task, context) for task in tasks]
        try:
            done = [future.result() for future in futures]
        except BaseException:  # Ctrl-C: what has not begun does not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    seconds = context.clock.tick() - began
    variables: dict[str, Any] = {}
    for ran in done:
        variables |= ran.variables
        context.scope.record_steps(ran.steps)
        context.http.merge_cookies(ran.cookies)
    results = [ran.result for ran in done]
    document = {"total_steps": len(results), **summary(results)}
    if spec.is_set("repeat"):
        document |= _measures(results, seconds)
    return Outcome(
        document=document,
        children=tuple(results),
        variables=variables,
        error=first_failure(results),
        skip_reason=skip_reason(results),
    )


def _run_task(step: StepSpec, number: int | None, context: StepContext) -> _TaskResult:
    scope, http = context.scope.child(), context.http.fork()
    (result,) = context.run_steps((step,), scope, round_=number, http=http)
    return _TaskResult(
        result=result,
        variables=scope.changes(),
        steps=new_steps(scope, context.scope),
        cookies=http.cookie_changes(),
    )


def _measures(results: Sequence[StepResult], seconds: float) -> dict[str, Any]:
    """`latency` in ms and `throughput` per second of the steps that have an outcome; absent if that
    cannot be measured."""
    # a response's own time begins when it is asked for; else it is the step's
    samples = [
        float(outcome.document["response_time"])
        if outcome.is_response
        else round(result.duration * 1000, 3)
        for result in results
        if (outcome := result.outcome) is not None
    ]
    measures: dict[str, Any] = {}
    if samples:
        measures["latency"] = latency(samples)
    if samples and seconds > 0:
        measures["throughput"] = round(len(samples) / seconds, 3)
    return measures
