"""The life of an execution and of its cases, as data."""

import dataclasses
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final, Literal


class ExecutionStatus(IntEnum):
    WAITING = 0  # the request was accepted
    TRIGGERING = 1  # the runner is being asked
    QUEUED = 2  # the runner has it
    RUNNING = 3  # pytest said `start`
    PASSED = 4  # finished, every case passed or skipped
    FAILED = 5  # finished, at least one case did neither
    CANCELED = 6  # somebody stopped it
    TRIGGER_FAILED = 7  # the runner refused or could not be reached
    CALLBACK_LOST = 8  # it ended without telling everything


class CaseStatus(IntEnum):
    PENDING = 0
    RUNNING = 1
    PASSED = 2
    FAILED = 3
    BLOCKED = 4
    SKIPPED = 5
    NOT_FOUND = 6
    CANCELED = 7


class Event(StrEnum):
    """What may happen to an execution."""

    TRIGGER = "trigger"
    ACCEPT = "accept"
    REFUSE = "refuse"
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"
    ABORT = "abort"
    LOSE = "lose"


@dataclasses.dataclass(frozen=True)
class Move:
    before: frozenset[ExecutionStatus]
    after: frozenset[ExecutionStatus]


def _move(before: str, after: str) -> Move:
    return Move(*(frozenset(ExecutionStatus(int(n)) for n in side) for side in (before, after)))


MOVES: Final[Mapping[Event, Move]] = {
    Event.TRIGGER: _move("0", "1"),
    Event.ACCEPT: _move("01", "2"),
    Event.REFUSE: _move("1", "7"),
    Event.START: _move("012", "3"),
    Event.FINISH: _move("3", "45"),
    Event.CANCEL: _move("0123", "6"),
    Event.ABORT: _move("0123", "678"),
    #: the runner is gone, or its last word left cases without a result.
    Event.LOSE: _move("23", "845"),
}

MAY_FOLLOW: Final[Mapping[ExecutionStatus, frozenset[ExecutionStatus]]] = {
    status: frozenset().union(*(move.after for move in MOVES.values() if status in move.before))
    for status in ExecutionStatus
}
TERMINAL: Final = frozenset(status for status, after in MAY_FOLLOW.items() if not after)
OPEN: Final = frozenset(ExecutionStatus) - TERMINAL

_OPEN: Final = frozenset({CaseStatus.PENDING, CaseStatus.RUNNING})
#: what may follow a case's status at the same retry count; 1 after 1 is a repetition.
CASE_MAY_FOLLOW: Final[Mapping[CaseStatus, frozenset[CaseStatus]]] = {
    status: frozenset(CaseStatus) - {CaseStatus.PENDING} if status in _OPEN else frozenset()
    for status in CaseStatus
}
CASE_TERMINAL: Final = frozenset(s for s, after in CASE_MAY_FOLLOW.items() if not after)
#: outcomes that say what the case really did: they heal a mark that the service made.
REAL_OUTCOMES: Final = frozenset(
    {CaseStatus.PASSED, CaseStatus.FAILED, CaseStatus.SKIPPED, CaseStatus.NOT_FOUND}
)
#: outcomes that judge the case; skipped, not found and canceled do not.
VERDICTS: Final = (CaseStatus.PASSED, CaseStatus.FAILED, CaseStatus.BLOCKED)
#: cases that do not spoil an execution.
GOOD_OUTCOMES: Final = frozenset({CaseStatus.PASSED, CaseStatus.SKIPPED})
#: what `rerun` with `onlyFailed` takes.
RERUN_OUTCOMES: Final = frozenset(
    {CaseStatus.FAILED, CaseStatus.BLOCKED, CaseStatus.NOT_FOUND, CaseStatus.CANCELED}
)


class EndedHow(StrEnum):
    """What ended an execution."""

    FINISH = "finish"  # pytest came to its end and said so
    CANCEL = "cancel"  # somebody at the frontend
    ABORT = "abort"  # pytest was stopped where it ran
    STOP = "stop"  # the service that ran it was being stopped
    LEASE = "lease"  # nobody was heard for too long
    RUNNER = "runner"  # its runner says that the run is gone, or was stopped there
    REFUSED = "refused"  # its runner did not take it


#: whose exchanges are kept: `failed` takes in the last run of each case that passed.
KeepExchanges = Literal["failed", "all", "none"]


class NotificationKind(StrEnum):
    """What others are told of an execution; each at most once for each of them."""

    #: it reached its final status.
    ENDED = "ended"
    #: it had ended in 8, and the last result that it lacked has arrived.
    HEALED = "healed"


class DeliveryState(StrEnum):
    """How far a notice is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


#: the counter column of each case status.
COUNTERS: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.PENDING: "pending_count",
    CaseStatus.RUNNING: "running_count",
    CaseStatus.PASSED: "passed_count",
    CaseStatus.FAILED: "failed_count",
    CaseStatus.BLOCKED: "blocked_count",
    CaseStatus.SKIPPED: "skipped_count",
    CaseStatus.NOT_FOUND: "not_found_count",
    CaseStatus.CANCELED: "canceled_count",
}


def case_before(status: CaseStatus) -> frozenset[CaseStatus]:
    """The statuses that `status` may follow."""
    return frozenset(s for s, after in CASE_MAY_FOLLOW.items() if status in after)
