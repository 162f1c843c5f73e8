"""What happened. Made by the engine, turned into documents by `protocol`."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from ..errors import SisyphusError
from ..located import Place


class StepStatus(StrEnum):
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"

    @property
    def bad(self) -> bool:
        return self in {StepStatus.FAILED, StepStatus.ERROR}


class CaseStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckResult:
    passed: bool
    type: str
    path: str
    actual: Any
    expected: Any
    description: str = ""
    error: str = ""
    place: Place | None = None
    #: why `actual` is null although no null was found: the path matched nothing, or was not read.
    absent: Literal["", "unmatched", "unread"] = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step type brought. Checks and extractors read it; the step judges nothing."""

    #: the step's result document.
    document: Mapping[str, Any]
    #: where paths start; None: at the document.
    body: Any = None
    has_body: bool = False
    text: str = ""
    #: why no path can go into the body: it is not the JSON that it claims to be, or no text at all.
    unreadable: str = ""
    #: what is worth knowing of the body when a check on it fails.
    note: str = ""
    #: there is no body, and none belongs there (HEAD, 204, 205, 304).
    needs_no_body: bool = False
    #: ms by phase (see the output protocol); only what was measured.
    performance: Mapping[str, Any] | None = None
    #: steps that ran inside this one.
    children: tuple["StepResult", ...] = ()
    #: variables the step sets.
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: checks that the step type made of its own keys; they come before the step's validations.
    checks: tuple[CheckResult, ...] = ()
    #: a condition that was waited for has been judged: that is a check too.
    judged: bool = False
    #: the step brought a document and failed all the same.
    error: SisyphusError | None = None
    #: why there was nothing to do; such a step is skipped, unless checks of its own judge it.
    idle: str = ""
    #: the document is an HTTP response, and belongs into outputs as such.
    is_response: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepResult:
    name: str
    type: str
    status: StepStatus
    start_time: datetime
    end_time: datetime
    #: seconds, of a monotonic clock.
    duration: float
    place: Place
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
    #: what went wrong beside `error`.
    besides: tuple[SisyphusError, ...] = ()
    #: why it was skipped.
    reason: str = ""
    description: str = ""

    @property
    def has_judged(self) -> bool:
        """A check was evaluated, in it or inside it."""
        own = bool(self.checks) or (self.outcome is not None and self.outcome.judged)
        return own or any(child.has_judged for child in self.children)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseResult:
    name: str
    status: CaseStatus
    start_time: datetime
    end_time: datetime
    #: seconds, of a monotonic clock.
    duration: float
    place: Place
    steps: tuple[StepResult, ...]
    final_variables: Mapping[str, Any]
    error: SisyphusError | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    identity: Mapping[str, int | str] = dataclasses.field(default_factory=dict)

    @property
    def is_unchecked(self) -> bool:
        """It passed because nothing was looked at."""
        return self.status is CaseStatus.PASSED and not any(step.has_judged for step in self.steps)
