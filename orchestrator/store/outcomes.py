"""Reads and writes what results change: cases and counters, a group of calls at a time.

The rows are held: whoever moves cases holds their execution first. So the delivery rules are judged
in Python on what was read (`case_state`), each row is written once whatever was said of it, and the
counters move by the difference. What was read stands in the UPDATE's WHERE all the same.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

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
from orchestrator.status import CASE_TERMINAL, COUNTERS, CaseStatus
from orchestrator.store.case_state import BLOCKED, CASE_OVER, CaseState, LockedExecution, Write
from orchestrator.store.exchanges import Kept
from orchestrator.store.prepared_statements import PreparedSelect, PreparedUpdate
from orchestrator.store.reported_ext import NOTHING

_PASSED: Final = int(CaseStatus.PASSED)
_RAN: Final = frozenset(map(int, CASE_TERMINAL - {CaseStatus.SKIPPED, CaseStatus.NOT_FOUND}))


class StaleRowError(RuntimeError):
    """Rows that were held are not as they were read: somebody wrote without holding them."""


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
    Write.START: _case_update(),
    Write.RUNNING: _case_update(*_HEARD, kept=["pytest_nodeid"]),
    Write.OUTCOME: _case_update(
        *_HEARD, *_ENDED, kept=["pytest_nodeid", "report_url", "shard_id", "shard_index"]
    ),
}


_RENEWS: Final = ("updated_time", "heard_time", "lease_until", "runner_id")


def _execution_update(**values: ColumnElement[Any]) -> PreparedUpdate:
    """An UPDATE of the row with `its_id`."""
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
    rows: dict[Write, list[dict[str, Any]]] = {write: [] for write in _CASE_UPDATES}
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
                    again=case.was[0] in CASE_OVER,
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
    is_mark = and_(_CASES.status == BLOCKED, _CASES.marked)
    return any(connection.execute(its.where(one)).first() for one in (is_open, is_mark))
