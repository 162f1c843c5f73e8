"""The result of a case: of one that ran, and of one that could not begin."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.location import Location
from pytest_sisyphus.results import CaseResult, CaseStatus, StepResult, StepStatus


class CaseInfo(Protocol):
    """What identifies a case, read or only collected."""

    @property
    def name(self) -> str: ...
    @property
    def location(self) -> Location: ...
    @property
    def description(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def identity(self) -> Mapping[str, int | str]: ...


def failed_before_start(
    case: CaseInfo, error: SisyphusError, clock: Clock, started: tuple[datetime, float]
) -> CaseResult:
    """A case whose config cannot be carried out: no step began. `started`: `clock.now()` and
    `clock.tick()` of when it was tried."""
    return case_result(case, case.name, clock, started, status=CaseStatus.FAILED, error=error)


def case_result(
    case: CaseInfo,
    name: str,
    clock: Clock,
    started: tuple[datetime, float],
    *,
    status: CaseStatus,
    error: SisyphusError | None,
    steps: tuple[StepResult, ...] = (),
    final_variables: Mapping[str, Any] | None = None,
    profile: str = "",
) -> CaseResult:
    """A case that ends now. `name`: with its data row."""
    start, tick = started
    return CaseResult(
        name=name,
        status=status,
        start_time=start,
        end_time=clock.now(),
        duration=clock.tick() - tick,
        location=case.location,
        steps=steps,
        final_variables=final_variables or {},
        error=error,
        description=case.description,
        tags=case.tags,
        identity=case.identity,
        profile=profile,
    )


def case_status(steps: Sequence[StepResult], error: SisyphusError | None) -> CaseStatus:
    """`steps`: without the case's setup and teardown, which alone test nothing."""
    if error is not None:
        return CaseStatus.FAILED
    if all(step.status is StepStatus.SKIPPED for step in steps):
        return CaseStatus.SKIPPED
    return CaseStatus.PASSED
