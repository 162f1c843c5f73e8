"""What the frontend reads: executions, their cases, the catalogue, the history of a case."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlmodel import Session

from orchestrator.db.engine import Database
from orchestrator.db.models import CatalogCase, Execution, ExecutionCase, Plan
from orchestrator.errors import BadRequest
from orchestrator.executions.drafts import NO_CASE
from orchestrator.executions.waiting import ExecutionWithWaiting, WaitingReasons
from orchestrator.i18n import recalled, tr
from orchestrator.schemas.catalog_requests import CaseHistory, ListCases, ListPlans
from orchestrator.schemas.fields import storable
from orchestrator.schemas.requests import CaseStability, ListExecutionCases, ListExecutions
from orchestrator.status import CASE_TERMINAL, VERDICTS, CaseStatus, KeepExchanges
from orchestrator.store import cases, catalog, exchanges, executions, plans
from orchestrator.store import search as searching
from orchestrator.store.execution_pages import Ranks
from orchestrator.store.paging import offset_of
from orchestrator.store.search import Search
from orchestrator.store.stability import Stability, recent_outcomes, stability

T = TypeVar("T")

_UNJUDGED: Final = Stability()
#: executions among which environments are looked for.
_NEWEST: Final = 1000
_CHUNK: Final = 500
_UNREADABLE: Final = tr("保留的请求与响应无法读取")
#: filters of executions, by their columns.
_PLAIN: Final = ("project_id", "plan_id", "trigger_type")
_MORE: Final = ("env_code", "trigger_by", "rerun_of")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FoundExecutions:
    rows: Sequence[Any]
    total: int
    #: None: of a plain list, which is always counted whole.
    exact: bool | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    runs: Sequence[tuple[ExecutionCase, Execution]]
    total: int
    #: passed per verdict × 100; None before the first verdict.
    pass_rate: float | None
    stability: Stability


@dataclasses.dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    case: CatalogCase
    #: its newest finished run.
    last: ExecutionCase | None
    stability: Stability


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanSummary:
    plan: Plan
    #: how many cases it holds.
    size: int
    #: its newest execution.
    last: Execution | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseDetail:
    """A case of an execution, looked into."""

    case: ExecutionCase
    #: `steps` and how many are `left_out`; None: `note` says why.
    exchanges: dict[str, Any] | None
    note: str | None
    #: the run of it that passed before in the same environment.
    last_passed: Any | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaseStabilityRow:
    execution_case_id: int
    case_id: int
    stability: Stability
    last_passed: Any | None
    #: (execution, status), oldest first.
    recent: Sequence[tuple[int, int]]


class Queries:
    def __init__(
        self, database: Database, keep: KeepExchanges, waiting_reasons: WaitingReasons
    ) -> None:
        self._keep = keep
        self._waiting_reasons = waiting_reasons
        self._database = database
        self._ranks = Ranks()

    def executions(self, request: ListExecutions) -> "FoundExecutions":
        """The filters of a plain list are counted whole; others cost a search."""
        plain = {name: [value] for name in _PLAIN if (value := getattr(request, name)) is not None}
        plain |= {"status": request.status} if request.status is not None else {}
        more = {name: [value] for name in _MORE if (value := getattr(request, name)) is not None}
        search = Search(
            among=plain | more, keyword=request.keyword, since=request.since, until=request.until
        )
        is_plain = Search(among=plain) == search and request.before_id is None
        with self._database.reading() as session:
            if is_plain and all(len(values) == 1 for values in plain.values()):
                filters = {name: values[0] for name, values in plain.items()}
                rows, total = self._ranks.page(session, filters, request)
                return FoundExecutions(rows=rows, total=total)
            rows, total, exact = searching.page(session, search, request, request.before_id)
            return FoundExecutions(rows=rows, total=total, exact=exact)

    def numbers(self) -> dict[int, int]:
        """How many executions stand in each status."""
        with self._database.reading() as session:
            return executions.tally(session)

    def open_executions(self) -> list[ExecutionWithWaiting]:
        with self._database.reading() as session:
            rows = executions.unfinished(session, after=0, limit=500)
            return [self._waiting_reasons.look(session, row) for row in rows]

    def execution(self, execution_id: int) -> Execution:
        with self._database.reading() as session:
            return executions.get(session, execution_id)

    def detail(self, execution_id: int) -> ExecutionWithWaiting:
        """An execution, for whoever only looks."""
        with self._database.reading() as session:
            row = executions.shown(session, execution_id)
            return self._waiting_reasons.look(session, row)

    def by_file_key(self, key: str) -> Execution:
        with self._database.reading() as session:
            return executions.by_file_key(session, key)

    def cases(self, request: ListExecutionCases) -> tuple[Sequence[Any], int]:
        with self._database.reading() as session:
            return cases.listed(
                session,
                request.execution_id,
                request.status,
                request,
                keyword=request.keyword,
                brief=request.view is not None,
            )

    def case(self, execution_case_id: int) -> "CaseDetail":
        with self._database.reading() as session:
            case = exchanges.row_of(session, execution_case_id)
            passes = exchanges.last_passes(session, [execution_case_id])
            document = exchanges.of(session, execution_case_id)
        kept, note = self._kept_exchanges(case, document)
        last = passes.get(execution_case_id)
        return CaseDetail(case=case, exchanges=kept, note=note, last_passed=last)

    def _kept_exchanges(
        self, case: ExecutionCase, document: str | None
    ) -> tuple[dict[str, Any] | None, str | None]:
        """What its steps exchanged, or why that is not kept."""
        if document is None:
            return None, self._why_none(case)
        try:
            kept = json.loads(document)
            steps, left_out = kept["steps"], kept["left_out"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None, _UNREADABLE
        steps = [storable(step) for step in steps if isinstance(step, dict)]
        note = kept.get("note")
        return {"steps": steps, "left_out": left_out}, note and recalled(str(note))

    def _why_none(self, case: ExecutionCase) -> str | None:
        if case.status not in CASE_TERMINAL or case.marked:
            return None
        if self._keep == "none":
            return tr("服务不保留请求与响应（--keep-exchanges none）")
        if case.status == CaseStatus.PASSED and self._keep == "failed":
            return tr("通过的用例只保留最近一次通过的请求与响应")
        return tr("执行机没有上报请求与响应")

    def case_stability(self, request: CaseStability) -> list["CaseStabilityRow"]:
        """Those of the rows that the execution has."""
        with self._database.reading() as session:
            rows = cases.named(session, request.execution_id, request.execution_case_ids)
            known = stability(session, list(rows.values()))
            passes = exchanges.last_passes(session, list(rows))
            recent = recent_outcomes(session, request.execution_id, list(rows.values()))
        return [
            CaseStabilityRow(
                execution_case_id=number,
                case_id=case_id,
                stability=known.get(case_id, _UNJUDGED),
                last_passed=passes.get(number),
                recent=recent.get(case_id, ()),
            )
            for number, case_id in rows.items()
        ]

    def catalog(self, request: ListCases) -> tuple[list[CatalogEntry], int]:
        with self._database.reading() as session:
            rows, total = self._listed(session, request)
            numbers = [row.case_id for row in rows]
            last, known = cases.last_finished(session, numbers), stability(session, numbers)
        return [
            CatalogEntry(
                case=row,
                last=last.get(row.case_id),
                stability=known.get(row.case_id, _UNJUDGED),
            )
            for row in rows
        ], total

    def _listed(self, session: Session, request: ListCases) -> tuple[Sequence[CatalogCase], int]:
        """By SQL where it can; what it cannot say is looked for among all that match the rest."""
        if request.tag is None and request.flaky is None and request.last_status is None:
            return catalog.listed(session, request, request)
        numbers = [
            number
            for number, tags in catalog.tags(session, request).items()
            if request.tag is None or request.tag in tags
        ]
        if request.last_status is not None:
            last = _of_many(cases.last_finished, session, numbers)
            numbers = [n for n in numbers if n in last and last[n].status in request.last_status]
        if request.flaky is not None:
            known = _of_many(stability, session, numbers)
            numbers = [n for n in numbers if known.get(n, _UNJUDGED).flaky is request.flaky]
        first = offset_of(request)
        found = catalog.found(session, numbers[first : first + request.page_size])
        return [found[number] for number in sorted(found)], len(numbers)

    def projects(self) -> dict[int, int]:
        """How many cases each project has."""
        with self._database.reading() as session:
            return dict(catalog.projects(session))

    def environments(self) -> Sequence[Any]:
        with self._database.reading() as session:
            return executions.environments(session, _NEWEST)

    def plan_summaries(self, request: ListPlans) -> tuple[list[PlanSummary], int]:
        with self._database.reading() as session:
            found, total = plans.summaries(session, request.project_id, request.keyword, request)
            last = executions.last_of_plans(session, [plan.plan_id for plan, _ in found])
        return [
            PlanSummary(plan=plan, size=size, last=last.get(plan.plan_id)) for plan, size in found
        ], total

    def history(self, request: CaseHistory) -> History:
        with self._database.reading() as session:
            runs, total = cases.history(session, request.case_id, request.env_code, request)
            if not total and not catalog.found(session, [request.case_id]):
                raise BadRequest(NO_CASE)
            numbers = cases.judgements(session, request.case_id, request.env_code)
            steady = stability(session, [request.case_id]).get(request.case_id, _UNJUDGED)
        return History(runs=runs, total=total, pass_rate=pass_rate(numbers), stability=steady)


def _of_many(
    look: Callable[[Session, Sequence[int]], dict[int, T]], session: Session, numbers: Sequence[int]
) -> dict[int, T]:
    """A statement names only so many."""
    found: dict[int, T] = {}
    for i in range(0, len(numbers), _CHUNK):
        found |= look(session, numbers[i : i + _CHUNK])
    return found


def pass_rate(numbers: dict[int, int]) -> float | None:
    """Of the runs that judged the case (passed, failed, blocked): how many of 100 passed."""
    judged = sum(numbers.get(status, 0) for status in VERDICTS)
    return round(numbers.get(CaseStatus.PASSED, 0) / judged * 100, 2) if judged else None
