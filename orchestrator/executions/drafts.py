"""What an execution will be: which cases, of what, where — before there is a row."""

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlmodel import Session

from orchestrator.db.models import CatalogCase, Execution, PlanCase
from orchestrator.errors import BadRequest
from orchestrator.executions import shard_queue
from orchestrator.i18n import marked, tr
from orchestrator.schemas.requests import Rerun, RunCase, RunPlan
from orchestrator.status import RERUN_OUTCOMES, CaseStatus
from orchestrator.store import cases, catalog, executions, plans

SINGLE: Final = 1
PLAN: Final = 2
NO_CASE: Final = tr("该用例不存在或未接入自动化")
NOTHING_TO_RUN: Final = tr("计划下无可执行自动化用例")
NOTHING_TO_RERUN: Final = tr("没有需要重跑的用例")
_SERIAL_LEGS: Final = marked(
    "runMode 1 与 shards {shards} 不能同时使用：跨执行机无法保证顺序；请用 runMode 2，或 shards 1"
)
#: seconds of work for which a machine's start is worth it.
_WORTH_A_LEG: Final = 120.0
_SHORT_LEGS: Final = marked(
    "按历史耗时，{total} 台执行机每台只有约 {seconds} 秒的用例；不足 2 分钟时，更少的执行机不会更慢"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Draft:
    trigger_type: int
    project_id: int | None
    env_code: str
    run_mode: int
    jenkins_job_name: str | None
    active_key: str
    ext: dict[str, Any]
    #: the cases in order, each with its number in the plan.
    cases: Sequence[tuple[CatalogCase, int | None]]
    plan_id: int | None = None
    plan_name: str | None = None
    plan_round_no: int | None = None
    source_case_id: int | None = None
    case_title: str | None = None
    rerun_of: int | None = None
    shard_total: int = 1
    retry_lost: bool = False
    #: seconds that each case may take, where there is a queue of them.
    weights: Sequence[float] = ()
    #: for who asked.
    warnings: Sequence[str] = ()

    def columns(self) -> dict[str, Any]:
        names = {field.name for field in dataclasses.fields(self)} - _OF_NO_COLUMN
        return {name: getattr(self, name) for name in names}

    def rows(self, execution_id: int, now: dt.datetime) -> list[dict[str, Any]]:
        """For `cases.add`."""
        same: dict[str, Any] = {"execution_id": execution_id, "status": int(CaseStatus.PENDING)}
        same |= {"created_time": now, "updated_time": now}
        queue = self._queue()
        return [
            {
                **same,
                **(queue[order - 1] if queue else {}),
                "plan_case_id": plan_case_id,
                "case_id": case.case_id,
                "case_key": case.case_key,
                "case_title": case.case_title,
                "pytest_nodeid": case.pytest_nodeid,
                "run_order": order,
            }
            for order, (case, plan_case_id) in enumerate(self.cases, start=1)
        ]

    def _queue(self) -> list[dict[str, Any]]:
        """The columns of each case's place in it; none without legs."""
        if self.shard_total == 1:
            return []
        files = [(case.pytest_nodeid or "").partition("::")[0] for case, _ in self.cases]
        ranks = shard_queue.ranked(self.weights, files, self.shard_total)
        return [
            {"queue_rank": rank, "weight_seconds": seconds}
            for rank, seconds in zip(ranks, self.weights, strict=True)
        ]

    def in_legs(self, session: Session, shards: int, *, retry_lost: bool) -> "Draft":
        """The same in as many legs, but no more than there are cases."""
        total = min(shards, len(self.cases))
        if total == 1:
            return self
        numbers = [case.case_id for case, _ in self.cases]
        known = cases.last_durations(session, numbers)
        weights = shard_queue.weights(numbers, known)
        part, warnings = sum(weights) / total, []
        if known and part < _WORTH_A_LEG:
            warnings.append(tr(_SHORT_LEGS, total=total, seconds=math.ceil(part)))
        return dataclasses.replace(
            self, shard_total=total, retry_lost=retry_lost, weights=weights, warnings=warnings
        )


#: fields of a draft that its execution's row has not.
_OF_NO_COLUMN: Final = frozenset({"cases", "weights", "warnings"})


def _ext(remark: str | None) -> dict[str, Any]:
    return {} if remark is None else {"remark": remark}


def of_case(session: Session, request: RunCase) -> Draft:
    case = catalog.found(session, [request.case_id]).get(request.case_id)
    if case is None or not case.enabled:
        raise BadRequest(NO_CASE)
    return Draft(
        trigger_type=SINGLE,
        project_id=case.project_id,
        source_case_id=request.case_id,
        case_title=case.case_title,
        env_code=request.env_code,
        run_mode=request.run_mode,
        jenkins_job_name=request.jenkins_job_name,
        active_key=executions.active_key("case", request.case_id, request.env_code),
        ext=_ext(request.remark),
        cases=[(case, None)],
    )


def of_plan(session: Session, request: RunPlan) -> Draft:
    plan = plans.get(session, request.plan_id)
    if plan is None:
        raise BadRequest(tr("该计划不存在"))
    shards = plan.shards if request.shards is None else request.shards
    is_serial = request.run_mode == 1 and "run_mode" in request.model_fields_set
    if shards > 1 and is_serial:
        raise BadRequest(tr(_SERIAL_LEGS, shards=shards))
    chosen = _chosen(request, plans.cases(session, [request.plan_id]))
    if not chosen:
        raise BadRequest(NOTHING_TO_RUN)
    draft = Draft(
        trigger_type=PLAN,
        project_id=plan.project_id,
        plan_id=request.plan_id,
        plan_name=plan.plan_name,
        plan_round_no=request.round_no,
        env_code=request.env_code,
        run_mode=2 if shards > 1 else request.run_mode,
        jenkins_job_name=request.jenkins_job_name or plan.jenkins_job_name,
        active_key=executions.active_key(
            "plan", request.plan_id, request.round_no, request.env_code
        ),
        ext=_ext(request.remark),
        cases=chosen,
    )
    retry_lost = plan.retry_lost if request.retry_lost is None else request.retry_lost
    return draft.in_legs(session, shards, retry_lost=retry_lost)


def _chosen(
    request: RunPlan, held: Iterable[tuple[PlanCase, CatalogCase]]
) -> list[tuple[CatalogCase, int | None]]:
    """The round's enabled cases in the plan's order, each once: one run runs a case once."""
    round_cases: dict[int, tuple[CatalogCase, int | None]] = {}
    for entry, case in held:
        if request.round_no is None or entry.round_no in (None, request.round_no):
            round_cases.setdefault(case.case_id, (case, entry.plan_case_id))
    wanted = round_cases.keys() if request.case_ids is None else set(request.case_ids)
    outside = sorted(set(wanted) - round_cases.keys())
    if outside:
        raise BadRequest(tr("caseIds 中的 {case} 不在该计划（轮次）内", case=outside[0]))
    return [
        (case, number)
        for case, number in round_cases.values()
        if case.enabled and case.case_id in wanted
    ]


def of_rerun(session: Session, request: Rerun) -> Draft:
    """The same cases (or the chosen, or those that did not pass) where the catalogue has them."""
    old = executions.get(session, request.execution_id)
    rows, _ = cases.listed(session, request.execution_id, None, None)
    chosen_ids = (
        {row.case_id for row in rows} if request.case_ids is None else set(request.case_ids)
    )
    outside = sorted(chosen_ids - {row.case_id for row in rows})
    if outside:
        raise BadRequest(tr("caseIds 中的 {case} 不在该执行内", case=outside[0]))
    wanted = [
        row
        for row in rows
        if row.case_id in chosen_ids and (not request.only_failed or row.status in RERUN_OUTCOMES)
    ]
    known = catalog.found(session, [row.case_id for row in wanted])
    chosen = [
        (known[row.case_id], row.plan_case_id)
        for row in wanted
        if row.case_id in known and known[row.case_id].enabled
    ]
    if not chosen:
        raise BadRequest(NOTHING_TO_RERUN)
    draft = _like(session, old, chosen)
    return draft.in_legs(session, old.shard_total, retry_lost=old.retry_lost)


def _like(
    session: Session, old: Execution, chosen: Sequence[tuple[CatalogCase, int | None]]
) -> Draft:
    single = old.trigger_type == SINGLE
    subject = [old.source_case_id] if single else [old.plan_id, old.plan_round_no]
    return Draft(
        trigger_type=old.trigger_type,
        project_id=old.project_id,
        plan_id=old.plan_id,
        plan_name=plans.name_of(session, old.plan_id),
        plan_round_no=old.plan_round_no,
        source_case_id=old.source_case_id,
        case_title=chosen[0][0].case_title if single else None,
        rerun_of=old.id,
        env_code=old.env_code,
        run_mode=old.run_mode,
        jenkins_job_name=old.jenkins_job_name,
        active_key=executions.active_key("case" if single else "plan", *subject, old.env_code),
        ext={**_ext(old.ext.get("remark")), "rerun_of": old.id},
        cases=chosen,
    )
