"""Finding the cases that results speak of, and storing what they say: all waiting calls at once."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.errors import Forbidden, NotNow, ServiceError, UnknownExecution
from orchestrator.shapes.internal import CaseResult
from orchestrator.status import ExecutionStatus
from orchestrator.store import outbox, outcomes
from orchestrator.store.outcomes import Head, Standing

from .access import CallbackDoor
from .moments import REVERSED, end_after
from .vetting import vetted

ANOTHER: Final = "executionNo 与该执行不符：是另一个执行"
_MISTIMED: Final = "finishedTime " + REVERSED.format(start="startedTime")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What one call brought of one execution."""

    execution_id: int
    runner_id: str | None
    results: Sequence[CaseResult]
    execution_no: str | None = None
    #: of the execution's own token, where that opened the door.
    token_hash: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    execution_case_id: int | None
    case_id: int | None
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    execution_id: int
    #: of the execution.
    status: int
    rejected: Sequence[Rejected]
    #: stored, but not every word of it.
    warnings: Sequence[Rejected]
    #: another verdict than the one that the case has: not stored.
    dropped: Sequence[Rejected] = ()


class _Directory:
    """The rows that deliveries speak of, by their own id and by their case's."""

    def __init__(self) -> None:
        self._by_id: dict[int, Standing] = {}
        self._by_case: dict[tuple[int, int], list[Standing]] = defaultdict(list)
        self._of_execution: dict[int, list[Standing]] = defaultdict(list)

    @classmethod
    def read(cls, session: Session, deliveries: Iterable[Delivery]) -> "_Directory":
        """Rows that are named by their id are found by it; others by their case."""
        ids: set[int] = set()
        case_ids: dict[int, set[int]] = defaultdict(set)
        for delivery in deliveries:
            for result in delivery.results:
                if result.execution_case_id is not None:
                    ids.add(result.execution_case_id)
                elif result.case_id is not None:
                    case_ids[delivery.execution_id].add(result.case_id)
        directory, connection = cls(), session.connection()
        for row in outcomes.by_id(connection, ids):
            directory._add(row)
        for execution_id, wanted in case_ids.items():
            for row in outcomes.by_case(connection, execution_id, wanted):
                directory._add(row)
        return directory

    def _add(self, row: Standing) -> None:
        if row.id not in self._by_id:
            self._by_id[row.id] = row
            self._by_case[row.execution_id, row.case_id].append(row)
            self._of_execution[row.execution_id].append(row)

    def of(self, execution_id: int) -> Sequence[Standing]:
        return self._of_execution.get(execution_id, ())

    def rows_of(self, execution_id: int, result: CaseResult) -> tuple[Sequence[Standing], str]:
        """The rows that it means, else why there are none.

        A `caseId` without `planCaseId` means every row of that case.
        """
        if result.execution_case_id is None:
            rows = self._rows_of_case(execution_id, result)
            return rows, "" if rows else _unknown(result)
        row = self._by_id.get(result.execution_case_id)
        if row is None or row.execution_id != execution_id:
            return (), _unknown(result)
        contradiction = _contradiction(result, row)
        return ((), contradiction) if contradiction else ((row,), "")

    def _rows_of_case(self, execution_id: int, result: CaseResult) -> list[Standing]:
        rows = self._by_case.get((execution_id, result.case_id or 0), [])
        wanted = result.plan_case_id
        return [row for row in rows if wanted is None or row.plan_case_id == wanted]


class Intake:
    """Work for `Writer.join`: all deliveries that wait, in one transaction.

    Whatever their number: one look at the executions, one at the cases, one UPDATE of each.
    """

    def __init__(self, clock: Clock, lease: dt.timedelta, door: CallbackDoor) -> None:
        self._clock = clock
        self._lease = lease
        self._door = door

    def __call__(
        self, session: Session, deliveries: Sequence[Delivery]
    ) -> tuple[list[Taken | ServiceError], set[int]]:
        """What became of each, and the executions that moved."""
        now, connection = self._clock.now(), session.connection()
        heads = outcomes.held(connection, {one.execution_id for one in deliveries})
        answers = [self._refusal(one, heads.get(one.execution_id), now) for one in deliveries]
        heard = [one for one, no in zip(deliveries, answers, strict=True) if no is None]
        directory = _Directory.read(session, heard)
        lacking = [head for head in heads.values() if _is_lacking(session, head)]
        told = [
            refusal or self._taken(one, heads[one.execution_id], directory, now)
            for one, refusal in zip(deliveries, answers, strict=True)
        ]
        parts = [(head, directory.of(head.id)) for head in heads.values()]
        moved = outcomes.store(connection, parts, now)
        for head in lacking:
            if not _is_lacking(session, head):
                outbox.healed(session, head.id, now)
        return told, moved

    def _refusal(
        self, delivery: Delivery, head: Head | None, now: dt.datetime
    ) -> ServiceError | None:
        """Why it is not heard; else the lease of its runner is renewed."""
        hashed = delivery.token_hash
        if hashed is not None and not self._door.opens(head, hashed):
            return Forbidden()
        if head is None:
            return UnknownExecution()
        if is_another(head, delivery.execution_no):
            return UnknownExecution(ANOTHER)
        if is_others(head, delivery.runner_id, now):
            return other_runner(head)
        if not head.is_over:  # also before its `start`, which may have been lost
            head.runner_id = head.runner_id or delivery.runner_id
            head.lease_until, head.alive = now + self._lease, True
        return None

    @staticmethod
    def _taken(delivery: Delivery, head: Head, directory: _Directory, now: dt.datetime) -> Taken:
        """Store every result of a known case; name the others, and ends that cannot be."""
        rejected: list[Rejected] = []
        warnings: list[Rejected] = []
        dropped: list[Rejected] = []
        for said in delivery.results:
            result, faults = vetted(said, head, now)
            rows, refusal = directory.rows_of(head.id, result)
            for row in rows:
                warnings += [_of(row, fault) for fault in faults]
                end = end_after(result.started_time or row.started_time, result.finished_time, now)
                taken = row.take(result, over=head.is_over, now=now, finished=end.moment)
                if not taken and row.contradicts(result):
                    dropped.append(_of(row, _dropped(row, result)))
                if result.finished_time is not None and not end.certain:
                    warnings.append(_of(row, _MISTIMED))
            if refusal:
                rejected.append(_rejected(result, refusal))
        return Taken(
            execution_id=head.id,
            status=head.status,
            rejected=rejected,
            warnings=warnings,
            dropped=dropped,
        )


class Bound(Protocol):
    """An execution, as far as a runner may have it."""

    @property
    def id(self) -> int | None: ...
    @property
    def status(self) -> int: ...
    @property
    def execution_no(self) -> str: ...
    @property
    def runner_id(self) -> str | None: ...
    @property
    def lease_until(self) -> dt.datetime | None: ...


def is_another(execution: Bound, execution_no: str | None) -> bool:
    """Whether the runner means another execution, which had this id in a database of before."""
    return execution_no is not None and execution_no != execution.execution_no


def is_others(execution: Bound, runner_id: str | None, now: dt.datetime) -> bool:
    """Whether another runner has it: until the lease of the one that bound it has run out."""
    bound = execution.runner_id
    if runner_id is None or bound is None or runner_id == bound:
        return False
    return execution.lease_until is not None and execution.lease_until > now


def other_runner(execution: Bound) -> NotNow:
    return NotNow(
        "该执行已被其他执行机占用", execution_id=execution.id or 0, status=execution.status
    )


def _is_lacking(session: Session, head: Head) -> bool:
    """Whether it ended in 8 and results are still missing."""
    lost = head.status == ExecutionStatus.CALLBACK_LOST
    return lost and outcomes.lacks(session.connection(), head.id)


def _of(row: Standing, reason: str) -> Rejected:
    return Rejected(execution_case_id=row.id, case_id=row.case_id, reason=reason)


def _dropped(row: Standing, result: CaseResult) -> str:
    return (
        f"结果未采用：该用例已有状态 {row.status}（retryCount {row.retry_count}），后到的状态 "
        f"{result.status}（retryCount {result.retry_count}，resultId {result.result_id or '未传'}）"
        "不改变它"
    )


def _rejected(result: CaseResult, reason: str) -> Rejected:
    row, case = result.execution_case_id, result.case_id
    return Rejected(execution_case_id=row, case_id=case, reason=reason)


def _unknown(result: CaseResult) -> str:
    nameless = result.execution_case_id is None and result.case_id is None
    return "executionCaseId、caseId 至少传一个" if nameless else "该用例不在本次执行中"


def _contradiction(result: CaseResult, row: Standing) -> str:
    """Empty where its numbers mean one row."""
    pairs = (
        ("caseId", result.case_id, row.case_id),
        ("planCaseId", result.plan_case_id, row.plan_case_id),
    )
    for name, said, there in pairs:
        if said is not None and there is not None and said != there:
            return f"executionCaseId {row.id} 的 {name} 是 {there}，与上报的 {name} {said} 不一致"
    return ""
