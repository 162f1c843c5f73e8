"""The row of a case as it was read, and which results count on it."""

import dataclasses
import datetime as dt
from enum import IntEnum
from typing import Any, Final, Protocol

from orchestrator.status import CASE_TERMINAL, REAL_OUTCOMES, TERMINAL, CaseStatus, case_before
from orchestrator.store.legs import LegState
from orchestrator.store.reported_ext import columns_of

_BEFORE: Final = {int(status): frozenset(map(int, case_before(status))) for status in CaseStatus}
_OVER: Final = frozenset(map(int, TERMINAL))
CASE_OVER: Final = frozenset(map(int, CASE_TERMINAL))
_REAL: Final = frozenset(map(int, REAL_OUTCOMES))
_RUNNING, BLOCKED = int(CaseStatus.RUNNING), int(CaseStatus.BLOCKED)
_CANCELED: Final = int(CaseStatus.CANCELED)


class Result(Protocol):
    """A runner's result of one case (`schemas.runner_requests.CaseResult`)."""

    status: int
    pytest_nodeid: str | None
    result_message: str | None
    error_message: str | None
    stack_trace: str | None
    report_url: str | None
    duration_seconds: float | None
    started_time: dt.datetime | None
    finished_time: dt.datetime | None
    retry_count: int
    ext: dict[str, Any] | None
    result_id: str | None
    exchanges: str | None


class Write(IntEnum):
    """How much of a row is to be written; more takes in less."""

    NOTHING = 0
    START = 1  # when it began, learnt after its outcome
    RUNNING = 2
    OUTCOME = 3


@dataclasses.dataclass(slots=True, eq=False)
class LockedExecution:
    """An execution whose row is held."""

    id: int
    status: int
    execution_no: str
    created_time: dt.datetime
    env_code: str
    runner_id: str | None
    lease_until: dt.datetime | None
    callback_token_hash: str
    closed_time: dt.datetime | None
    change_no: int
    #: more than 1: its cases are those of legs.
    shard_total: int
    ended_how: str | None
    #: its lease is to be renewed.
    alive: bool = False

    @property
    def is_over(self) -> bool:
        return self.status in _OVER


@dataclasses.dataclass(slots=True, eq=False)
class CaseState:
    """The row of a case as it was read, and as the results since leave it."""

    id: int
    execution_id: int
    case_id: int
    plan_case_id: int | None
    status: int
    retry_count: int
    result_id: str | None
    marked: bool
    started_time: dt.datetime | None
    finished_time: dt.datetime | None
    shard_id: int | None
    shard_index: int | None
    lost_count: int
    #: as it was read.
    was: tuple[int, int] = dataclasses.field(init=False)
    write: Write = Write.NOTHING
    #: a result of its own came after the end, in place of a mark.
    late: bool = False
    #: None: what the row has stays.
    _nodeid: str | None = None
    _report_url: str | None = None
    _result: Result | None = None
    #: where `lost_count` says that there is something: what `ext` keeps whatever comes.
    kept_ext: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.was = (self.status, self.retry_count)

    def record_result(
        self,
        result: Result,
        leg: LegState | None,
        *,
        over: bool,
        now: dt.datetime,
        finished: dt.datetime | None,
    ) -> bool:
        """Record the result if the delivery rules accept it; `leg`: whose it is; `over`: the
        execution has ended."""
        status = result.status
        if not self._accepts(result, over=over):
            if status == _RUNNING:
                self._remember_start(result)
            return False
        if status == _RUNNING:
            self.write = max(self.write, Write.RUNNING)
            self.started_time = result.started_time or self.started_time or now
        else:
            self.write, self._result = Write.OUTCOME, result
            self.late = self.late or (over and self.marked)
            self.started_time = result.started_time or self.started_time
            self.finished_time, self.marked = finished or now, False
            self.result_id = result.result_id
            self._report_url = result.report_url or self._report_url
        self.status, self.retry_count = status, result.retry_count
        if leg is not None:  # one that was lost with it, perhaps, before another leased it
            self.shard_id, self.shard_index = leg.id, leg.shard_index
        self._nodeid = result.pytest_nodeid or self._nodeid
        return True

    def contradicts(self, result: Result) -> bool:
        """Whether one that was refused has another verdict, on no older attempt than the row."""
        is_end = result.status in CASE_OVER and self.status in CASE_OVER
        return is_end and self.status != result.status and self.retry_count <= result.retry_count

    def _accepts(self, result: Result, *, over: bool) -> bool:
        """A case's move: first outcome, newer attempt, or a late real outcome."""
        is_first = self.status in _BEFORE[result.status]
        if result.status == _RUNNING:
            return is_first and self.retry_count <= result.retry_count
        if is_first:
            return True
        if self.result_id is not None and self.result_id == (result.result_id or ""):
            return False
        if self.status in CASE_OVER and self.retry_count < result.retry_count:
            return True
        # a case of a leg is marked while its execution goes on
        may_heal = over or (self.marked and self.shard_id is not None)
        if not may_heal or self.retry_count > result.retry_count:
            return False
        # Canceled while it ran: now it is told how that went.
        was_running = self.marked and self.started_time is not None
        if self.status == result.status == _CANCELED and was_running:
            return True
        # It got its status because the execution ended, not from a test.
        is_mark = self.status == _CANCELED or (self.status == BLOCKED and self.marked)
        # while it goes on, a lost leg's own word that a case was blocked is an outcome too
        is_own_block = self.marked and not over and result.status == BLOCKED
        return is_mark and (result.status in _REAL or is_own_block)

    def _remember_start(self, result: Result) -> None:
        """A `running` that comes after its outcome still knows when the test began."""
        began = result.started_time
        if began is None or self.started_time is not None:
            return
        ends_later = self.finished_time is None or self.finished_time >= began
        if self.retry_count == result.retry_count and ends_later:
            self.started_time = began
            self.write = max(self.write, Write.START)

    @property
    def exchanges(self) -> str | None:
        """What came with the outcome that is to be written."""
        return self._result.exchanges if self._result is not None else None

    def row(self, now: dt.datetime, change_no: int) -> dict[str, Any]:
        """The values of its UPDATE."""
        row: dict[str, Any] = {
            "its_id": self.id,
            "was_status": self.was[0],
            "was_retry_count": self.was[1],
            "new_status": self.status,
            "new_retry_count": self.retry_count,
            "new_started_time": self.started_time,
            "new_pytest_nodeid": self._nodeid,
            "new_updated_time": now,
            "new_change_no": change_no,
        }
        if self._result is not None:
            row["new_result_id"] = self.result_id
            row["new_result_message"] = self._result.result_message or ""
            row["new_error_message"] = self._result.error_message or ""
            row["new_stack_trace"] = self._result.stack_trace or ""
            row["new_report_url"] = self._report_url
            row |= {"new_shard_id": self.shard_id, "new_shard_index": self.shard_index}
            row["new_duration_seconds"] = self._result.duration_seconds
            row["new_finished_time"] = self.finished_time
            row["new_ext"] = {**(self._result.ext or {}), **self.kept_ext}
            row["new_marked"] = False
            for name, value in columns_of(self._result.ext).items():
                row[f"new_{name}"] = value
        return row
