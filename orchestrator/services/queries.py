"""What the frontend looks at: executions, their cases, the history of a case."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from orchestrator.database import Database
from orchestrator.errors import BadRequest
from orchestrator.models import CatalogCase, Execution, ExecutionCase
from orchestrator.shapes.catalog import CaseHistory, ListCases
from orchestrator.shapes.public import ListExecutionCases, ListExecutions
from orchestrator.status import VERDICTS, CaseStatus
from orchestrator.store import cases, catalog, executions
from orchestrator.store.ranks import Ranks
from orchestrator.store.stability import Stability, stability

from .drafts import NO_CASE

_UNJUDGED: Final = Stability()


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    runs: Sequence[tuple[ExecutionCase, Execution]]
    total: int
    #: passed per verdict × 100; None before the first verdict.
    pass_rate: float | None
    stability: Stability


@dataclasses.dataclass(frozen=True, kw_only=True)
class Catalogued:
    case: CatalogCase
    #: its newest finished run.
    last: ExecutionCase | None
    stability: Stability


class Queries:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._ranks = Ranks()

    def executions(self, ask: ListExecutions) -> tuple[Sequence[Any], int]:
        names = ("project_id", "plan_id", "status", "trigger_type")
        said = {name: getattr(ask, name) for name in names}
        filters = {name: value for name, value in said.items() if value is not None}
        with self._database.reading() as session:
            return self._ranks.page(session, filters, ask)

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

    def detail(self, execution_id: int) -> Any:
        """The row of an execution, for whoever only looks."""
        with self._database.reading() as session:
            return executions.shown(session, execution_id)

    def by_file_key(self, key: str) -> Execution:
        with self._database.reading() as session:
            return executions.by_file_key(session, key)

    def cases(self, ask: ListExecutionCases) -> tuple[Sequence[Any], int]:
        with self._database.reading() as session:
            return cases.listed(session, ask.execution_id, ask.status, ask)

    def catalog(self, ask: ListCases) -> tuple[list[Catalogued], int]:
        with self._database.reading() as session:
            rows, total = catalog.listed(session, ask.project_id, ask.keyword, ask)
            numbers = [row.case_id for row in rows]
            last, known = cases.last_finished(session, numbers), stability(session, numbers)
        return [
            Catalogued(
                case=row,
                last=last.get(row.case_id),
                stability=known.get(row.case_id, _UNJUDGED),
            )
            for row in rows
        ], total

    def history(self, ask: CaseHistory) -> History:
        with self._database.reading() as session:
            runs, total = cases.history(session, ask.case_id, ask)
            if not total and not catalog.found(session, [ask.case_id]):
                raise BadRequest(NO_CASE)
            numbers = cases.judgements(session, ask.case_id)
            steady = stability(session, [ask.case_id]).get(ask.case_id, _UNJUDGED)
        return History(runs=runs, total=total, pass_rate=pass_rate(numbers), stability=steady)


def pass_rate(numbers: dict[int, int]) -> float | None:
    """Of the runs that judged the case (passed, failed, blocked): how many of 100 passed."""
    judged = sum(numbers.get(status, 0) for status in VERDICTS)
    return round(numbers.get(CaseStatus.PASSED, 0) / judged * 100, 2) if judged else None
