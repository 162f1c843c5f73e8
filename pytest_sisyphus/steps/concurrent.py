"""`type: concurrent`: steps at the same time."""

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..dialect.model import Late
from ..dialect.numbers import AtLeastOne
from ..dialect.reading import refuse
from ..dialect.step import Steps, StepSpec
from ..models.result import Outcome, StepResult
from ..transport.http import CookieChanges
from .children import counted, first_failure, idleness, steps_of
from .latency import latency
from .protocol import StepContext, StepType


class ConcurrentSpec(StepSpec):
    concurrent_steps: Annotated[Steps, Late, Field(description="what runs at the same time")] = ()
    max_concurrency: Annotated[AtLeastOne, Field(description="how many run at once")] = 3
    repeat: Annotated[
        AtLeastOne, Field(description="runs the list so often, and measures latency, throughput")
    ] = 1

    @model_validator(mode="after")
    def _possible(self) -> "ConcurrentSpec":
        if not self.concurrent_steps:
            raise refuse("concurrent needs concurrent_steps: a list of steps")
        names = {step.name for step in self.concurrent_steps}
        for step in self.concurrent_steps:
            for name in names.intersection(step.depends_on):
                raise refuse(
                    f"{step.name!r} cannot depend on {name!r}: they run at the same time",
                    step.place_of("depends_on"),
                )
        return self


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Ran:
    """One step that ran on copies of variables and cookies, and what it changed in them."""

    result: StepResult
    variables: Mapping[str, Any]
    steps: Mapping[str, Any]
    cookies: CookieChanges


def run(spec: ConcurrentSpec, context: StepContext) -> Outcome:
    numbers = range(1, spec.repeat + 1) if spec.wrote("repeat") else [None]
    tasks = [(step, number) for number in numbers for step in spec.concurrent_steps]
    began = context.clock.tick()
    done = _all(tasks, context, min(spec.max_concurrency, len(tasks)))
    seconds = context.clock.tick() - began
    variables: dict[str, Any] = {}
    for ran in done:
        variables |= ran.variables
        context.scope.always["steps"].update(ran.steps)
        context.http.take_over(ran.cookies)
    results = [ran.result for ran in done]
    document = {"total_steps": len(results), **counted(results)}
    if spec.wrote("repeat"):
        document |= _measured(results, seconds)
    return Outcome(
        document=document,
        children=tuple(results),
        variables=variables,
        error=first_failure(results),
        idle=idleness(results),
    )


def _all(
    tasks: Sequence[tuple[StepSpec, int | None]], context: StepContext, workers: int
) -> list[_Ran]:
    """As listed. When something interrupts, what has not begun does not."""
    with ThreadPoolExecutor(workers, thread_name_prefix="sisyphus") as pool:
        futures: list[Future[_Ran]] = [pool.submit(_one, *task, context) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(step: StepSpec, number: int | None, context: StepContext) -> _Ran:
    scope, http = context.scope.child(), context.http.fork()
    (result,) = context.run_steps((step,), scope, round_=number, http=http)
    return _Ran(
        result=result,
        variables=scope.changes(),
        steps=steps_of(scope, context.scope),
        cookies=http.cookie_changes(),
    )


def _measured(results: Sequence[StepResult], seconds: float) -> dict[str, Any]:
    """ms of what brought a result, and how many did so per second; absent if unmeasurable."""
    samples = [_milliseconds(result) for result in results if result.outcome is not None]
    measured: dict[str, Any] = {}
    if samples:
        measured["latency"] = latency(samples)
    if samples and seconds > 0:
        measured["throughput"] = round(len(samples) / seconds, 3)
    return measured


def _milliseconds(result: StepResult) -> float:
    """A response's own time, which begins when it is asked for; else the step's."""
    assert result.outcome is not None  # noqa: S101 - the caller chose those
    if result.outcome.is_response:
        return float(result.outcome.document["response_time"])
    return round(result.duration * 1000, 3)


CONCURRENT = StepType(
    name="concurrent",
    spec=ConcurrentSpec,
    run=run,
    description="runs its steps at the same time, each on a copy of the variables and cookies",
)
