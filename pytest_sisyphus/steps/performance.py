"""`performance` of a request: the same again, its times measured and held to benchmarks."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Final

from pydantic import Field

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.results import CheckResult, Outcome
from pytest_sisyphus.spec.fields import Flag
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.spec.numbers import AtLeastOne, Milliseconds
from pytest_sisyphus.steps.latency import latency


class Benchmarks(Model):
    """Upper limits of the measured times, in milliseconds; each that is given becomes a check."""

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


def repeated(
    written: Performance | None, location: Location, request: Callable[[], Outcome]
) -> Outcome:
    """`request` as often as `written` says: the last outcome, with the times of all.

    The first request that cannot be carried out is the last one, and the step's error.
    """
    if written is None or not written.enabled:
        return request()
    outcomes, error = _send_all(request, written.repeat)
    statuses = Counter(str(one.document["status_code"]) for one in outcomes)
    server_errors = sum(count for status, count in statuses.items() if status.startswith("5"))
    times = latency([one.document["response_time"] for one in outcomes])
    last = outcomes[-1]
    performance = {
        **(last.performance or {}),
        "repeat": written.repeat,
        "latency": times,
        "status_codes": dict(statuses),
        "failed": server_errors + (error is not None),
    }
    return dataclasses.replace(
        last,
        document={**last.document, "performance": performance},
        performance=performance,
        checks=_checks(written.benchmarks, times, location),
        error=error,
    )


def _send_all(
    request: Callable[[], Outcome], repeat: int
) -> tuple[list[Outcome], SisyphusError | None]:
    """At least one outcome, and the error of a later request, which ends it."""
    outcomes: list[Outcome] = []
    for number in range(1, repeat + 1):
        try:
            outcomes.append(request())
        except SisyphusError as error:
            if repeat == 1:
                raise
            numbered = error.with_message(
                tr(
                    "request {number} of {count}: {error}",
                    number=number,
                    count=repeat,
                    error=error,
                )
            )
            if not outcomes:
                raise numbered from error
            return outcomes, numbered
    return outcomes, None


def _checks(
    benchmarks: Benchmarks | None, times: Mapping[str, float], location: Location
) -> tuple[CheckResult, ...]:
    """One of each benchmark that is set."""
    checks = []
    for name, measure in _MEASURES.items():
        limit, actual = getattr(benchmarks, name, None), times[measure]
        if limit is None:
            continue
        passed = actual <= limit
        check = CheckResult(
            passed=passed,
            type="le",
            path=f"performance.latency.{measure}",
            actual=actual,
            expected=limit,
            description=name,
            error=""
            if passed
            else tr(
                "{name} is {actual:g} ms, more than its benchmark of {limit:g} ms",
                name=name,
                actual=actual,
                limit=limit,
            ),
            location=location,
        )
        checks.append(check)
    return tuple(checks)
