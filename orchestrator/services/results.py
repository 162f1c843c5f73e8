"""Finding the cases that results speak of, and storing what they say."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session

from orchestrator.models import Execution
from orchestrator.shapes.internal import CaseResult
from orchestrator.store import cases, moves


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rejected:
    execution_case_id: int | None
    case_id: int | None
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Taken:
    execution: Execution
    rejected: Sequence[Rejected]


class _Directory:
    """The rows of one execution by their own id and by their case's."""

    def __init__(self, session: Session, execution_id: int, results: Sequence[CaseResult]) -> None:
        ids = [r.execution_case_id for r in results if r.execution_case_id is not None]
        case_ids = [r.case_id for r in results if r.case_id is not None]
        self._ids: set[int] = set()
        self._by_case: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
        for row_id, case_id, plan_case_id in cases.located(
            session, execution_id, ids=ids, case_ids=case_ids
        ):
            self._ids.add(row_id)
            self._by_case[case_id].append((row_id, plan_case_id))

    def rows_of(self, result: CaseResult) -> list[int]:
        """A `caseId` without `planCaseId` means every row of that case."""
        if result.execution_case_id is not None:
            return [result.execution_case_id] if result.execution_case_id in self._ids else []
        rows = self._by_case.get(result.case_id or 0, [])
        wanted = result.plan_case_id
        return [row for row, number in rows if wanted is None or number == wanted]


def take_all(
    session: Session, execution: Execution, results: Sequence[CaseResult], now: dt.datetime
) -> list[Rejected]:
    """Store every result of a known case; name the others."""
    execution_id = execution.id or 0
    directory, rejected = _Directory(session, execution_id, results), []
    for result in results:
        rows = directory.rows_of(result)
        for row in rows:
            cases.take(session, execution, row, result, now)
        if not rows:
            rejected.append(_unknown(result))
    moves.recount(session, execution_id, now)
    return rejected


def _unknown(result: CaseResult) -> Rejected:
    nameless = result.execution_case_id is None and result.case_id is None
    return Rejected(
        execution_case_id=result.execution_case_id,
        case_id=result.case_id,
        reason="executionCaseId、caseId 至少传一个" if nameless else "该用例不在本次执行中",
    )
