"""`performance` of a request: the same again, its times measured and held to benchmarks."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from ..dialect.model import Flag, Model
from ..dialect.numbers import AtLeastOne, Milliseconds
from ..errors import SisyphusError
from ..located import Place
from ..models.result import CheckResult, Outcome
from .latency import latency


class Benchmarks(Model):
    """Milliseconds."""

    avg_response_time: Annotated[Milliseconds | None, Field(description="average, at most")] = None
    p95_response_time: Annotated[Milliseconds | None, Field(description="of 95 %, at most")] = None
    p99_response_time: Annotated[Milliseconds | None, Field(description="of 99 %, at most")] = None
    max_response_time: Annotated[Milliseconds | None, Field(description="of all, at most")] = None


class Performance(Model):
    enabled: Annotated[Flag, Field(description="false: one request, nothing judged")] = True
    repeat: Annotated[AtLeastOne, Field(description="how many requests, one after another")] = 1
    benchmarks: Annotated[
        Benchmarks | None, Field(description="limits in ms; each becomes a check")
    ] = None


_MEASURES: Final = {
    "avg_response_time": "avg",
    "p95_response_time": "p95",
    "p99_response_time": "p99",
    "max_response_time": "max",
}


def repeated(written: Performance | None, place: Place, request: Callable[[], Outcome]) -> Outcome:
    """The last outcome, with the times of all in its `performance`.

    The first request that cannot be carried out is the last one, and the step's error.
    """
    if written is None or not written.enabled:
        return request()
    answers, error = _asked(request, written.repeat)
    measured = latency([answer.document["response_time"] for answer in answers])
    last = answers[-1]
    performance = {
        **(last.performance or {}),
        "repeat": written.repeat,
        "latency": measured,
        **_statuses(answers, error),
    }
    return dataclasses.replace(
        last,
        document={**last.document, "performance": performance},
        performance=performance,
        checks=_judged(written.benchmarks, measured, place),
        error=error,
    )


def _asked(
    request: Callable[[], Outcome], repeat: int
) -> tuple[list[Outcome], SisyphusError | None]:
    """At least one answer; the error of a later request is among what came."""
    answers: list[Outcome] = []
    for number in range(1, repeat + 1):
        try:
            answers.append(request())
        except SisyphusError as error:
            if repeat == 1:
                raise
            told = error.retold(f"request {number} of {repeat}: {error}")
            if not answers:
                raise told from error
            return answers, told
    return answers, None


def _statuses(answers: Sequence[Outcome], error: SisyphusError | None) -> dict[str, Any]:
    """`failed`: answered 5xx, or not at all."""
    counted = Counter(str(answer.document["status_code"]) for answer in answers)
    refused = sum(count for status, count in counted.items() if status.startswith("5"))
    return {"status_codes": dict(counted), "failed": refused + (error is not None)}


def _judged(
    benchmarks: Benchmarks | None, measured: Mapping[str, float], place: Place
) -> tuple[CheckResult, ...]:
    if benchmarks is None:
        return ()
    limits = {name: getattr(benchmarks, name) for name in _MEASURES}
    return tuple(
        _check(name, measured[_MEASURES[name]], limit, place)
        for name, limit in limits.items()
        if limit is not None
    )


def _check(name: str, actual: float, limit: float, place: Place) -> CheckResult:
    passed = actual <= limit
    return CheckResult(
        passed=passed,
        type="le",
        path=f"performance.latency.{_MEASURES[name]}",
        actual=actual,
        expected=limit,
        description=name,
        error="" if passed else f"{name} is {actual:g} ms, more than its benchmark of {limit:g} ms",
        place=place,
    )
