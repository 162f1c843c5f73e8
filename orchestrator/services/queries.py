"""What the frontend looks at: executions, their cases, the history of a case."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Final

from orchestrator.database import Database
from orchestrator.errors import BadRequest
from orchestrator.models import CatalogCase, Execution, ExecutionCase
from orchestrator.shapes.catalog import CaseHistory, ListCases
from orchestrator.shapes.public import ListExecutionCases, ListExecutions
from orchestrator.status import CaseStatus
from orchestrator.store import cases, catalog, executions

from .drafts import NO_CASE

#: outcomes that judge the case; skipped, not found and canceled do not.
_VERDICTS: Final = (CaseStatus.PASSED, CaseStatus.FAILED, CaseStatus.BLOCKED)
_FLAKY_WINDOW: Final = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    runs: Sequence[tuple[ExecutionCase, Execution]]
    total: int
    #: passed per verdict × 100; None before the first verdict.
    pass_rate: float | None
    flaky: bool


class Queries:
    def __init__(self, database: Database) -> None:
        self._database = database

    def executions(self, ask: ListExecutions) -> tuple[list[Execution], int]:
        with self._database.reading() as session:
            return executions.listed(
                session,
                ask,
                project_id=ask.project_id,
                plan_id=ask.plan_id,
                status=ask.status,
                trigger_type=ask.trigger_type,
            )

    def numbers(self) -> dict[int, int]:
        """How many executions stand in each status."""
        with self._database.reading() as session:
            return executions.tally(session)

    def open_executions(self) -> list[Execution]:
        with self._database.reading() as session:
            return executions.unfinished(session, after=0, limit=500)

    def execution(self, execution_id: int) -> Execution:
        with self._database.reading() as session:
            return executions.get(session, execution_id)

    def by_file_key(self, key: str) -> Execution:
        with self._database.reading() as session:
            return executions.by_file_key(session, key)

    def cases(self, ask: ListExecutionCases) -> tuple[list[ExecutionCase], int]:
        with self._database.reading() as session:
            executions.get(session, ask.execution_id)
            return cases.listed(session, ask.execution_id, ask.status, ask)

    def catalog(self, ask: ListCases) -> tuple[list[tuple[CatalogCase, ExecutionCase | None]], int]:
        with self._database.reading() as session:
            rows, total = catalog.listed(session, ask.project_id, ask.keyword, ask)
            last = cases.last_finished(session, [row.case_id for row in rows])
            return [(row, last.get(row.case_id)) for row in rows], total

    def history(self, ask: CaseHistory) -> History:
        with self._database.reading() as session:
            runs, total = cases.history(session, ask.case_id, ask)
            if not total and not catalog.found(session, [ask.case_id]):
                raise BadRequest(NO_CASE)
            numbers = cases.tally(session, ask.case_id)
            recent = cases.outcomes(session, ask.case_id, _FLAKY_WINDOW)
        return History(runs=runs, total=total, pass_rate=pass_rate(numbers), flaky=is_flaky(recent))


def pass_rate(numbers: dict[int, int]) -> float | None:
    """Of the runs that judged the case (passed, failed, blocked): how many of 100 passed."""
    judged = sum(numbers.get(status, 0) for status in _VERDICTS)
    return round(numbers.get(CaseStatus.PASSED, 0) / judged * 100, 2) if judged else None


def is_flaky(recent: Sequence[tuple[int, int]]) -> bool:
    """Whether a case changes its mind. `recent`: `(status, retry_count)` of its last 20 runs.

    Flaky is a case that passed only after a retry, or whose verdicts (passed against failed or
    blocked) flipped at least twice: one flip may be a bug that came, or one that was repaired.
    """
    passed = [status == CaseStatus.PASSED for status, _ in recent if status in _VERDICTS]
    flips = sum(a != b for a, b in itertools.pairwise(passed))
    healed = any(status == CaseStatus.PASSED and retries > 0 for status, retries in recent)
    return healed or flips >= 2
