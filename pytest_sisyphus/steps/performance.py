"""`performance` of a request: the same again, its times measured and held to benchmarks."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Final

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
    """The last outcome, with the times of all in its `performance`."""
    if written is None or not written.enabled:
        return request()
    times: list[float] = []
    statuses: Counter[str] = Counter()
    for number in range(1, written.repeat + 1):
        outcome = _counted(request, number, written.repeat)
        times.append(outcome.document["response_time"])
        statuses[str(outcome.document["status_code"])] += 1
    measured = latency(times)
    performance = {
        **(outcome.performance or {}),
        "repeat": written.repeat,
        "latency": measured,
        "status_codes": dict(statuses),
    }
    return dataclasses.replace(
        outcome,
        document={**outcome.document, "performance": performance},
        performance=performance,
        checks=_judged(written.benchmarks, measured, place),
    )


def _counted(request: Callable[[], Outcome], number: int, of: int) -> Outcome:
    try:
        return request()
    except SisyphusError as error:
        if of == 1:
            raise
        raise error.retold(f"request {number} of {of}: {error}") from error


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
