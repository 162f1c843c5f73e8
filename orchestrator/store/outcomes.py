"""What results do to cases and counters, a group of calls at a time.

The rows are held: whoever moves cases holds their execution first. So the delivery rules are judged
in Python on what was read, each row is written once whatever was said of it, and the counters move
by the difference. What was read stands in the UPDATE's WHERE all the same.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, Final, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    select,
    update,
)

from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.status import (
    CASE_TERMINAL,
    COUNTERS,
    REAL_OUTCOMES,
    TERMINAL,
    CaseStatus,
    case_before,
)
from orchestrator.store.exchanges import Kept
from orchestrator.store.prepared_statements import PreparedSelect, PreparedUpdate
from orchestrator.store.reported_ext import NOTHING, columns_of

_BEFORE: Final = {int(status): frozenset(map(int, case_before(status))) for status in CaseStatus}
_OVER: Final = frozenset(map(int, TERMINAL))
_CASE_OVER: Final = frozenset(map(int, CASE_TERMINAL))
_REAL: Final = frozenset(map(int, REAL_OUTCOMES))
_RUNNING, _BLOCKED = int(CaseStatus.RUNNING), int(CaseStatus.BLOCKED)
_CANCELED: Final = int(CaseStatus.CANCELED)
_PASSED: Final = int(CaseStatus.PASSED)
_RAN: Final = frozenset(map(int, CASE_TERMINAL - {CaseStatus.SKIPPED, CaseStatus.NOT_FOUND}))


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


class StaleRowError(RuntimeError):
    """Rows that were held are not as they were read: somebody wrote without holding them."""


class _Write(IntEnum):
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
    write: _Write = _Write.NOTHING
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
        self, result: Result, *, over: bool, now: dt.datetime, finished: dt.datetime | None
    ) -> bool:
        """Record the result if the delivery rules accept it; `over`: the execution has ended."""
        status = result.status
        if not self._accepts(result, over=over):
            if status == _RUNNING:
                self._remember_start(result)
            return False
        if status == _RUNNING:
            self.write = max(self.write, _Write.RUNNING)
            self.started_time = result.started_time or self.started_time or now
        else:
            self.write, self._result = _Write.OUTCOME, result
            self.late = self.late or (over and self.marked)
            self.started_time = result.started_time or self.started_time
            self.finished_time, self.marked = finished or now, False
            self.result_id = result.result_id
            self._report_url = result.report_url or self._report_url
        self.status, self.retry_count = status, result.retry_count
        self._nodeid = result.pytest_nodeid or self._nodeid
        return True

    def contradicts(self, result: Result) -> bool:
        """Whether one that was refused has another verdict, on no older attempt than the row."""
        is_end = result.status in _CASE_OVER and self.status in _CASE_OVER
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
        if self.status in _CASE_OVER and self.retry_count < result.retry_count:
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
        is_mark = self.status == _CANCELED or (self.status == _BLOCKED and self.marked)
        # while it goes on, a lost leg's own word that a case was blocked is an outcome too
        is_own_block = self.marked and not over and result.status == _BLOCKED
        return is_mark and (result.status in _REAL or is_own_block)

    def _remember_start(self, result: Result) -> None:
        """A `running` that comes after its outcome still knows when the test began."""
        began = result.started_time
        if began is None or self.started_time is not None:
            return
        ends_later = self.finished_time is None or self.finished_time >= began
        if self.retry_count == result.retry_count and ends_later:
            self.started_time = began
            self.write = max(self.write, _Write.START)

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
            row["new_duration_seconds"] = self._result.duration_seconds
            row["new_finished_time"] = self.finished_time
            row["new_ext"] = {**(self._result.ext or {}), **self.kept_ext}
            row["new_marked"] = False
            for name, value in columns_of(self._result.ext).items():
                row[f"new_{name}"] = value
        return row


_CASES: Final = ExecutionCase.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it
_EXECUTIONS: Final = Execution.__table__.c  # type: ignore[attr-defined]


def _new(column: ColumnElement[Any]) -> BindParameter[Any]:
    return bindparam(f"new_{column.key}", type_=column.type)


def _case_update(*columns: str, kept: Sequence[str] = ()) -> PreparedUpdate:
    """`kept`: columns that keep what they have where the new value is NULL."""
    values: dict[str, Any] = {
        name: _new(_CASES[name]) for name in ("started_time", "change_no", *columns)
    }
    values |= {name: func.coalesce(_new(_CASES[name]), _CASES[name]) for name in kept}
    lock = (
        _CASES[name] == bindparam(bind, type_=_CASES[name].type)
        for bind, name in (
            ("its_id", "id"),
            ("was_status", "status"),
            ("was_retry_count", "retry_count"),
        )
    )
    return PreparedUpdate(update(ExecutionCase).where(*lock).values(**values))


_HEARD: Final = ("status", "retry_count", "updated_time")
_ENDED: Final = (
    *("result_id", "result_message", "error_message", "stack_trace"),
    *("duration_seconds", "finished_time", "ext", "marked", *NOTHING),
)
_CASE_UPDATES: Final = {
    _Write.START: _case_update(),
    _Write.RUNNING: _case_update(*_HEARD, kept=["pytest_nodeid"]),
    _Write.OUTCOME: _case_update(*_HEARD, *_ENDED, kept=["pytest_nodeid", "report_url"]),
}


_RENEWS: Final = ("updated_time", "heard_time", "lease_until", "runner_id")


def _execution_update(**values: ColumnElement[Any]) -> PreparedUpdate:
    """Of the row with `its_id`."""
    its_row = _EXECUTIONS.id == bindparam("its_id", type_=_EXECUTIONS.id.type)
    fixed = {name: _new(_EXECUTIONS[name]) for name in _RENEWS}
    return PreparedUpdate(update(Execution).where(its_row).values(**fixed, **values))


_RENEWED: Final = _execution_update()
_COUNTED: Final = _execution_update(
    change_no=_new(_EXECUTIONS.change_no),
    **{
        name: _EXECUTIONS[name] + bindparam(f"more_{name}", type_=_EXECUTIONS[name].type)
        for name in (*COUNTERS.values(), "late_count")
    },
)

_LOCKED: Final = PreparedSelect(
    lambda numbers: (
        select(
            *(
                _EXECUTIONS[field.name]
                for field in dataclasses.fields(LockedExecution)
                if field.name != "alive"
            )
        )
        .where(_EXECUTIONS.id.in_(numbers))
        .order_by(_EXECUTIONS.id)  # one order for all processes: no two wait for each other
        .with_for_update()
    )
)
_READ: Final = (
    *("id", "execution_id", "case_id", "plan_case_id", "status", "retry_count"),
    *("result_id", "marked", "started_time", "finished_time"),
    *("shard_id", "shard_index", "lost_count"),
)
_STANDINGS: Final = select(*(_CASES[name] for name in _READ)).order_by(_CASES.id)
_BY_ID: Final = PreparedSelect(lambda numbers: _STANDINGS.where(_CASES.id.in_(numbers)))
_BY_CASE: Final = PreparedSelect(
    lambda numbers: _STANDINGS.where(
        _CASES.execution_id == bindparam("execution_id"), _CASES.case_id.in_(numbers)
    )
)


def lock(connection: Connection, execution_ids: Collection[int]) -> dict[int, LockedExecution]:
    """Lock the executions that there are until the transaction ends; by id."""
    return {
        row[0]: LockedExecution(*row) for row in _LOCKED.rows(connection, sorted(execution_ids))
    }


def by_id(connection: Connection, ids: Iterable[int]) -> list[CaseState]:
    return [CaseState(*row) for row in _BY_ID.rows(connection, sorted(set(ids)))]


def by_case(connection: Connection, execution_id: int, case_ids: Iterable[int]) -> list[CaseState]:
    numbers = sorted(set(case_ids))
    rows = _BY_CASE.rows(connection, numbers, execution_id=execution_id)
    return [CaseState(*row) for row in rows]


def store(
    connection: Connection,
    taken: Iterable[tuple[LockedExecution, Iterable[CaseState]]],
    now: dt.datetime,
) -> set[int]:
    """Write the accepted results of each execution, its counters, its lease; the ids that moved."""
    rows: dict[_Write, list[dict[str, Any]]] = {write: [] for write in _CASE_UPDATES}
    counted, renewed, moved = [], [], set()
    for execution, cases in taken:
        news = [case for case in cases if case.write]
        for case in news:
            rows[case.write].append(case.row(now, execution.change_no + 1))
        row: dict[str, Any] = {
            "its_id": execution.id,
            "new_updated_time": now,
            "new_heard_time": now,
        }
        row |= {"new_lease_until": execution.lease_until, "new_runner_id": execution.runner_id}
        if news:
            moved.add(execution.id)
            counted.append(row | _difference(news) | {"new_change_no": execution.change_no + 1})
        elif execution.alive:
            renewed.append(row)
    for write, prepared in _CASE_UPDATES.items():
        if prepared.run(connection, rows[write]) != len(rows[write]):
            raise StaleRowError("a case moved although its execution is held")
    _COUNTED.run(connection, counted)
    _RENEWED.run(connection, renewed)
    return moved


def exchanges_of(taken: Iterable[tuple[LockedExecution, Iterable[CaseState]]]) -> Iterator[Kept]:
    """What came with the outcomes of a test that ran."""
    for execution, cases in taken:
        for case in cases:
            if case.exchanges and case.status in _RAN:
                yield Kept(
                    execution_id=execution.id,
                    execution_case_id=case.id,
                    case_id=case.case_id,
                    env_code=execution.env_code,
                    passed=case.status == _PASSED,
                    document=case.exchanges,
                    again=case.was[0] in _CASE_OVER,
                )


def _difference(moved: Iterable[CaseState]) -> dict[str, int]:
    """How much more there is of each status, and of late results."""
    more: Counter[int] = Counter()
    late = 0
    for case in moved:
        more[case.was[0]] -= 1
        more[case.status] += 1
        late += case.late
    by_status = {f"more_{name}": more[status] for status, name in COUNTERS.items()}
    return by_status | {"more_late_count": late}


def lacks_results(connection: Connection, execution_id: int) -> bool:
    """Whether some case has no result of its own."""
    its = select(_CASES.id).where(_CASES.execution_id == execution_id).limit(1)
    is_open = _CASES.status.in_([status for status in CaseStatus if status not in CASE_TERMINAL])
    is_mark = and_(_CASES.status == _BLOCKED, _CASES.marked)
    return any(connection.execute(its.where(one)).first() for one in (is_open, is_mark))
