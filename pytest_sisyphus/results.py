"""The results of steps and cases: made by the engine, turned into documents by `documents`."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.location import Location
from pytest_sisyphus.values.record import record


class StepStatus(StrEnum):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"

    @property
    def is_failure(self) -> bool:
        return self is StepStatus.FAILED or self is StepStatus.ERROR


class CaseStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@record
class CheckResult:
    passed: bool
    type: str
    path: str
    actual: Any
    expected: Any
    description: str = ""
    error: str = ""
    location: Location | None = None
    #: why `actual` is null although no null was found: the path matched nothing, or was not read.
    absent: Literal["", "unmatched", "unread"] = ""


@record
class Attempt:
    """One try of a step that was retried."""

    number: int
    start_time: datetime
    #: seconds
    duration: float
    status: StepStatus
    error: SisyphusError | None = None
    #: seconds waited before the next attempt; None after the last.
    delay: float | None = None
    #: of a step that sends one: as its document has it.
    request: Mapping[str, Any] | None = None


@record
class Outcome:
    """What a step type returns. Checks and extractors read it; only they decide what is right."""

    #: the step's result document.
    document: Mapping[str, Any]
    #: where paths start; None: at the document.
    body: Any = None
    has_body: bool = False
    text: str = ""
    #: why no path can go into the body: it is not the JSON that it claims to be, or no text at all.
    unreadable: str = ""
    #: a remark on the body for the message of a check on it that fails.
    note: str = ""
    #: there is no body, and none belongs there (HEAD, 204, 205, 304).
    needs_no_body: bool = False
    #: ms by phase (see the output protocol); only what was measured.
    performance: Mapping[str, Any] | None = None
    #: steps that ran inside this one. Those that `StepContext.run_steps` and `run_case` ran are
    #: added where they are missing; one that failed fails the step, if `error` does not say why.
    children: tuple["StepResult", ...] = ()
    #: the step type itself decided what failed children mean: they do not fail the step.
    children_judged: bool = False
    #: variables the step sets.
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: checks that the step type made of its own keys; they come before the step's validations.
    checks: tuple[CheckResult, ...] = ()
    #: a condition that was waited for was evaluated, which counts as a check.
    condition_checked: bool = False
    #: the step failed although there is a document.
    error: SisyphusError | None = None
    #: why there was nothing to do; such a step is skipped, unless it has checks.
    skip_reason: str = ""
    #: the document is an HTTP response, and belongs into outputs as such.
    is_response: bool = False


@record
class StepResult:
    name: str
    type: str
    status: StepStatus
    start_time: datetime
    end_time: datetime
    #: seconds, of a monotonic clock.
    duration: float
    location: Location
    outcome: Outcome | None = None
    checks: tuple[CheckResult, ...] = ()
    extracted: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: variables that differ from what they were before the previous step.
    changed_before: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    #: steps that ran inside or around this one.
    children: tuple["StepResult", ...] = ()
    #: which round of a loop it belongs to, from 1.
    round: int | None = None
    error: SisyphusError | None = None
    #: errors beside `error`: extractors without a match, a failed teardown.
    additional_errors: tuple[SisyphusError, ...] = ()
    #: why it was skipped.
    skip_reason: str = ""
    description: str = ""

    @property
    def was_checked(self) -> bool:
        """A check was evaluated, in it or in a step inside it."""
        own = bool(self.checks) or (self.outcome is not None and self.outcome.condition_checked)
        return own or any(child.was_checked for child in self.children)

    @property
    def ran_once(self) -> bool:
        """Neither it nor a step inside it was skipped or retried."""
        is_once = self.status is not StepStatus.SKIPPED and len(self.attempts) < 2
        return is_once and all(child.ran_once for child in self.children)


@record
class CaseResult:
    name: str
    status: CaseStatus
    start_time: datetime
    end_time: datetime
    #: seconds, of a monotonic clock.
    duration: float
    location: Location
    steps: tuple[StepResult, ...]
    final_variables: Mapping[str, Any]
    error: SisyphusError | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    identity: Mapping[str, int | str] = dataclasses.field(default_factory=dict)
    #: that the case ran with; empty: none.
    profile: str = ""

    @property
    def is_unchecked(self) -> bool:
        """Whether it passed, and no check was evaluated."""
        return self.status is CaseStatus.PASSED and not any(step.was_checked for step in self.steps)

    @property
    def ran_once(self) -> bool:
        return all(step.ran_once for step in self.steps)
