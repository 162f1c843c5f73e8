"""Finding the cases that results speak of, and storing what they say."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from orchestrator.models import Execution
from orchestrator.shapes.internal import CaseResult
from orchestrator.status import ExecutionStatus
from orchestrator.store import cases, moves, outbox
from orchestrator.store.cases import Located

from .moments import REVERSED, end_after
from .vetting import vetted

_MISTIMED: Final = "finishedTime " + REVERSED.format(start="startedTime")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rejected:
    execution_case_id: int | None
    case_id: int | None
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    execution: Execution
    rejected: Sequence[Rejected]
    #: stored, but not every word of it.
    warnings: Sequence[Rejected]


class _Directory:
    """The rows of one execution by their own id and by their case's."""

    def __init__(self, session: Session, execution_id: int, results: Sequence[CaseResult]) -> None:
        ids = [r.execution_case_id for r in results if r.execution_case_id is not None]
        case_ids = [r.case_id for r in results if r.case_id is not None]
        self._by_id: dict[int, Located] = {}
        self._by_case: dict[int, list[Located]] = defaultdict(list)
        #: when the case of a row began, by its row's id.
        self.started: dict[int, dt.datetime | None] = {}
        for row in cases.located(session, execution_id, ids=ids, case_ids=case_ids):
            self._by_id[row.id] = row
            self._by_case[row.case_id].append(row)
            self.started[row.id] = row.started_time

    def rows_of(self, result: CaseResult) -> tuple[list[Located], str]:
        """The rows that it means, else why there are none.

        A `caseId` without `planCaseId` means every row of that case.
        """
        if result.execution_case_id is None:
            rows = self._rows_of_case(result)
            return rows, "" if rows else _unknown(result)
        row = self._by_id.get(result.execution_case_id)
        if row is None:
            return [], _unknown(result)
        contradiction = _contradiction(result, row)
        return ([], contradiction) if contradiction else ([row], "")

    def _rows_of_case(self, result: CaseResult) -> list[Located]:
        rows = self._by_case.get(result.case_id or 0, [])
        wanted = result.plan_case_id
        return [row for row in rows if wanted is None or row.plan_case_id == wanted]


def take_all(
    session: Session, execution: Execution, results: Sequence[CaseResult], now: dt.datetime
) -> Taken:
    """Store every result of a known case; name the others, and ends that cannot be."""
    was_lacking = _is_lacking(session, execution)
    taken = _take_each(session, execution, results, now)
    if was_lacking and not _is_lacking(session, execution):
        outbox.healed(session, execution.id or 0, now)
    return taken


def _is_lacking(session: Session, execution: Execution) -> bool:
    """Whether it ended in 8 and results are still missing."""
    lost = execution.status == ExecutionStatus.CALLBACK_LOST
    return lost and bool(cases.without_result(session, execution.id or 0))


def _take_each(
    session: Session, execution: Execution, results: Sequence[CaseResult], now: dt.datetime
) -> Taken:
    execution_id = execution.id or 0
    directory = _Directory(session, execution_id, results)
    rejected, warnings = [], []
    for said in results:
        result, faults = vetted(said, execution, now)
        rows, refusal = directory.rows_of(result)
        for row in rows:
            warnings += [_of(row, fault) for fault in faults]
            started = result.started_time or directory.started[row.id]
            end = end_after(started, result.finished_time, now)
            timed = result.model_copy(update={"finished_time": end.moment})
            if cases.take(session, execution, row.id, timed, now):
                directory.started[row.id] = started
            if result.finished_time is not None and not end.certain:
                warnings.append(_of(row, _MISTIMED))
        if refusal:
            rejected.append(_rejected(result, refusal))
    moves.recount(session, execution_id, now)
    return Taken(execution=execution, rejected=rejected, warnings=warnings)


def _of(row: Located, reason: str) -> Rejected:
    return Rejected(execution_case_id=row.id, case_id=row.case_id, reason=reason)


def _rejected(result: CaseResult, reason: str) -> Rejected:
    row, case = result.execution_case_id, result.case_id
    return Rejected(execution_case_id=row, case_id=case, reason=reason)


def _unknown(result: CaseResult) -> str:
    nameless = result.execution_case_id is None and result.case_id is None
    return "executionCaseId、caseId 至少传一个" if nameless else "该用例不在本次执行中"


def _contradiction(result: CaseResult, row: Located) -> str:
    """Empty where its numbers mean one row."""
    pairs = {
        "caseId": (result.case_id, row.case_id),
        "planCaseId": (result.plan_case_id, row.plan_case_id),
    }
    for name, (said, there) in pairs.items():
        if None not in (said, there) and said != there:
            return f"executionCaseId {row.id} 的 {name} 是 {there}，与上报的 {name} {said} 不一致"
    return ""
