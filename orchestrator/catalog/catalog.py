"""The catalogue of cases that projects sync, and the plans made of it."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.db.models import CatalogCase, Plan, PlanCase
from orchestrator.errors import BadRequest
from orchestrator.executions.results import Rejected
from orchestrator.i18n import tr
from orchestrator.schemas.catalog_requests import (
    ListPlans,
    OfPlan,
    SavePlan,
    SyncCases,
    SyncedCase,
    UnusableCase,
)
from orchestrator.store import catalog, plans
from orchestrator.store.writer import Writer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Synced:
    created: int
    updated: int
    #: number and title.
    disabled_cases: Sequence[tuple[int, str]]
    rejected: Sequence[Rejected]

    @property
    def disabled(self) -> int:
        return len(self.disabled_cases)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanWithCases:
    plan: Plan
    cases: Sequence[tuple[PlanCase, CatalogCase]]


class Catalog:
    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def sync(self, request: SyncCases) -> Synced:
        def work(session: Session) -> Synced:
            now = self._clock.now()
            named: dict[int, SyncedCase] = {}
            cases = [case for case in request.cases if isinstance(case, SyncedCase)]
            unusable = [case for case in request.cases if isinstance(case, UnusableCase)]
            rejected = [_rejected(case.case_id, case.reason) for case in unusable]
            registry = _Registry(session, request.project_id, cases)
            for case in cases:
                number, reason = registry.number_of(case)
                if number is not None and number in named:
                    reason = tr("caseId 重复")
                if number is None or reason:
                    rejected.append(_rejected(number, reason))
                else:
                    named[number] = case
            created, updated = catalog.upsert(session, request.project_id, named.items(), now)
            disabled: list[tuple[int, str]] = []
            there = {*named, *(case.case_id for case in unusable if case.case_id is not None)}
            # a row that names no case may be any of them
            if request.complete and all(case.case_id is not None for case in unusable):
                disabled = catalog.disable_others(session, request.project_id, there, now)
            return Synced(
                created=created, updated=updated, disabled_cases=disabled, rejected=rejected
            )

        return self._writer.run(work)

    def save_plan(self, request: SavePlan) -> PlanWithCases:
        def work(session: Session) -> PlanWithCases:
            held = plans.get(session, request.plan_id) if request.plan_id is not None else None
            if held is not None and held.project_id != request.project_id:
                raise BadRequest(
                    tr(
                        "计划 {plan} 属于项目 {project}，不能改为其他项目",
                        plan=held.plan_id,
                        project=held.project_id,
                    )
                )
            _check_entries(session, request)
            plan = plans.save(
                session,
                request.plan_id,
                self._clock.now(),
                plan_name=request.plan_name,
                project_id=request.project_id,
                jenkins_job_name=request.jenkins_job_name,
                shards=request.shards,
                retry_lost=request.retry_lost,
            )
            plans.replace_cases(session, plan.plan_id, request.cases)
            return PlanWithCases(plan=plan, cases=plans.cases(session, [plan.plan_id]))

        return self._writer.run(work)

    def plan(self, request: OfPlan) -> PlanWithCases:
        with self._database.reading() as session:
            plan = _plan(session, request.plan_id)
            return PlanWithCases(plan=plan, cases=plans.cases(session, [plan.plan_id]))

    def plans(self, request: ListPlans) -> list[PlanWithCases]:
        with self._database.reading() as session:
            found = plans.listed(session, request.project_id)
            held = defaultdict(list)
            for entry, case in plans.cases(session, [plan.plan_id for plan in found]):
                held[entry.plan_id].append((entry, case))
        return [PlanWithCases(plan=plan, cases=held[plan.plan_id]) for plan in found]

    def delete_plan(self, request: OfPlan) -> None:
        def work(session: Session) -> None:
            plans.remove(session, _plan(session, request.plan_id), self._clock.now())

        self._writer.run(work)


class _Registry:
    """What is known of the cases of one sync, looked up for all of them at once."""

    def __init__(self, session: Session, project: int, cases: Sequence[SyncedCase]) -> None:
        keys = [c.case_key for c in cases if c.case_id is None and c.case_key is not None]
        numbers = [case.case_id for case in cases if case.case_id is not None]
        self._of_key = catalog.ids_of_keys(session, project, keys)
        self._owner = {
            number: case.project_id
            for number, case in catalog.found(session, numbers).items()
            if case.missing_since is None and case.project_id != project
        }

    def number_of(self, case: SyncedCase) -> tuple[int | None, str]:
        """The case's number, and why it cannot be taken."""
        if case.case_id is not None:
            owner = self._owner.get(case.case_id)
            if not owner:
                return case.case_id, ""
            return case.case_id, tr(
                "caseId {case} 已属于项目 {project}", case=case.case_id, project=owner
            )
        if case.case_key is None:
            return None, tr("caseId、caseKey 至少传一个")
        numbers = self._of_key.get(case.case_key, [])
        if len(numbers) > 1:
            return None, tr("caseKey {key} 对应多个用例，需传 caseId", key=case.case_key)
        if not numbers:
            return None, tr("caseKey {key} 未登记，需传 caseId", key=case.case_key)
        return numbers[0], ""


def _rejected(case_id: int | None, reason: str) -> Rejected:
    return Rejected(execution_case_id=None, case_id=case_id, reason=reason)


def _plan(session: Session, plan_id: int) -> Plan:
    plan = plans.get(session, plan_id)
    if plan is None:
        raise BadRequest(tr("该计划不存在"))
    return plan


def _check_entries(session: Session, request: SavePlan) -> None:
    """`BadRequest` that names the first case that is unknown, another project's, or there twice."""
    owners = catalog.owners(session, [entry.case_id for entry in request.cases])
    seen: set[tuple[str, object]] = set()
    for entry in request.cases:
        owner = owners.get(entry.case_id)
        if owner is None:
            raise BadRequest(
                tr("cases 中的 caseId {case} 不存在或未接入自动化", case=entry.case_id)
            )
        if owner != request.project_id:
            raise BadRequest(
                tr("cases 中的 caseId {case} 属于项目 {project}", case=entry.case_id, project=owner)
            )
        names = {("caseId", (entry.case_id, entry.round_no)), ("planCaseId", entry.plan_case_id)}
        twice = sorted(name for name, value in names & seen if value is not None)
        if twice:
            raise BadRequest(
                tr("cases 中的 {field} 重复（caseId {case}）", field=twice[0], case=entry.case_id)
            )
        seen |= names
