"""The endpoints of the frontend."""

import dataclasses
from typing import Any, Final

from orchestrator.auth.backends import Permission, Principal
from orchestrator.routes.operation import AuthScheme, Context, Operation
from orchestrator.routes.views import paged
from orchestrator.runners.local import LOCAL
from orchestrator.schemas.base import OfExecution
from orchestrator.schemas.catalog_requests import (
    CaseHistory,
    ListCases,
    ListPlans,
    OfPlan,
    SavePlan,
)
from orchestrator.schemas.requests import (
    CaseStability,
    ListExecutionCases,
    ListExecutions,
    Nothing,
    OfExecutionCase,
    Poll,
    ReadConsole,
    Rerun,
    RunCase,
    RunPlan,
)


def run_case(context: Context, request: RunCase, principal: Principal) -> Any:
    return context.views.execution(context.services.trigger.run_case(request, principal))


def run_plan(context: Context, request: RunPlan, principal: Principal) -> Any:
    return context.views.launched(context.services.trigger.run_plan(request, principal))


def rerun(context: Context, request: Rerun, principal: Principal) -> Any:
    return context.views.launched(context.services.trigger.rerun(request, principal))


def cancel(context: Context, request: OfExecution, principal: Principal) -> Any:
    return context.views.execution(context.services.trigger.cancel(request.execution_id, principal))


def fresh_token(context: Context, request: OfExecution, _principal: Principal) -> Any:
    execution, token = context.services.trigger.fresh_token(request.execution_id)
    return context.views.execution_ref(execution) | {
        "execution_no": execution.execution_no,
        "status": execution.status,
        "callback_token": token.reveal(),
        "token": token.reveal(),
    }


def list_executions(context: Context, request: ListExecutions, _principal: Principal) -> Any:
    found = context.services.queries.executions(request)
    page = paged([context.views.execution(row) for row in found.rows], found.total)
    return page if found.exact is None else page | {"total_exact": found.exact}


def detail(context: Context, request: OfExecution, _principal: Principal) -> Any:
    return context.views.detail(context.services.queries.detail(request.execution_id))


def poll(context: Context, request: Poll, _principal: Principal) -> Any:
    """Look at the runner now; without an id at all of them, answering with what is still open."""
    if request.execution_id is None:
        context.services.watchdog.sweep()
        rows = context.services.queries.open_executions()
        return paged([context.views.detail(row) for row in rows], len(rows))
    execution = context.services.queries.execution(request.execution_id)
    context.services.watchdog.check(execution)
    if execution.shard_total > 1:
        context.services.leg_watch.look_at(request.execution_id)
    return context.views.detail(context.services.queries.detail(request.execution_id))


def list_execution_cases(
    context: Context, request: ListExecutionCases, _principal: Principal
) -> Any:
    rows, total = context.services.queries.cases(request)
    shown = context.views.case if request.view is None else context.views.brief_case
    return paged([shown(row) for row in rows], total)


def case_detail(context: Context, request: OfExecutionCase, _principal: Principal) -> Any:
    return context.views.case_detail(context.services.queries.case(request.execution_case_id))


def case_stability(context: Context, request: CaseStability, _principal: Principal) -> Any:
    rows = context.views.case_stability(context.services.queries.case_stability(request))
    return paged(rows, len(rows))


def console(context: Context, request: ReadConsole, _principal: Principal) -> Any:
    """A part of the console; of a run that is elsewhere only the address is known."""
    services, execution = context.services, context.services.queries.execution(request.execution_id)
    growing = services.may_still_write(execution)
    is_elsewhere = execution.runner != LOCAL or execution.shard_total > 1  # its legs have theirs
    if is_elsewhere and not services.artifacts.console(request.execution_id).is_file():
        nothing = {"text": None, "offset": 0, "next": 0, "size": 0, "line": None}
        return nothing | {"over": not growing, "url": execution.console_url}
    of = request.execution_id
    if request.tail is not None:
        piece = services.consoles.last(of, request.tail, growing=growing)
    elif request.line is not None:
        piece = services.consoles.at_line(of, request.line, request.limit, growing=growing)
    else:
        piece = services.consoles.read(of, request.offset, request.limit, growing=growing)
    over = not growing and piece.next == piece.size
    return dataclasses.asdict(piece) | {"over": over, "url": execution.console_url}


def list_cases(context: Context, request: ListCases, _principal: Principal) -> Any:
    rows, total = context.services.queries.catalog(request)
    return paged([context.views.catalog_case(row) for row in rows], total)


def case_history(context: Context, request: CaseHistory, _principal: Principal) -> Any:
    return context.views.history(context.services.queries.history(request))


def save_plan(context: Context, request: SavePlan, _principal: Principal) -> Any:
    return context.views.plan(context.services.catalog.save_plan(request))


def list_projects(context: Context, _request: Nothing, _principal: Principal) -> Any:
    names, sizes = context.services.settings.project_names, context.services.queries.projects()
    rows = [
        {"project_id": n, "project_name": names.get(n), "case_count": sizes.get(n, 0)}
        for n in sorted({*names, *sizes})
    ]
    return paged(rows, len(rows))


def list_environments(context: Context, _request: Nothing, _principal: Principal) -> Any:
    """Those that were used lately, the last one first, then those that are only configured."""
    rows = [context.views.environment(row) for row in context.services.queries.environments()]
    used, nothing = {row["env_code"] for row in rows}, ("last_execution_id", "last_used_at")
    configured = [one for one in context.services.settings.environments if one not in used]
    rows += [{"env_code": one, **dict.fromkeys(nothing)} for one in configured]
    return paged(rows, len(rows))


def list_plans(context: Context, request: ListPlans, _principal: Principal) -> Any:
    if request.view is not None:
        summaries, total = context.services.queries.plan_summaries(request)
        return paged([context.views.plan_summary(one) for one in summaries], total)
    plans = context.services.catalog.plans(request)
    return paged([context.views.plan(plan) for plan in plans], len(plans))


def plan_detail(context: Context, request: OfPlan, _principal: Principal) -> Any:
    return context.views.plan(context.services.catalog.plan(request))


def delete_plan(context: Context, request: OfPlan, _principal: Principal) -> Any:
    context.services.catalog.delete_plan(request)
    return {"plan_id": request.plan_id}


def _get(path: str, request_model: Any, handler: Any) -> Operation[Any]:
    return Operation(
        method="GET",
        path=path,
        auth=AuthScheme.FRONTEND,
        request_model=request_model,
        handler=handler,
    )


def _post(
    path: str, request_model: Any, handler: Any, permission: Permission = Permission.RUN
) -> Operation[Any]:
    return Operation(
        method="POST",
        path=path,
        auth=AuthScheme.FRONTEND,
        request_model=request_model,
        handler=handler,
        permission=permission,
    )


OPERATIONS: Final = [
    _post("/automation/case/run", RunCase, run_case),
    _post("/automation/plan/run", RunPlan, run_plan),
    _get("/automation/execution/list", ListExecutions, list_executions),
    _get("/automation/execution/detail", OfExecution, detail),
    _get("/automation/execution/case/list", ListExecutionCases, list_execution_cases),
    _get("/automation/execution/case/detail", OfExecutionCase, case_detail),
    _get("/automation/execution/case/stability", CaseStability, case_stability),
    _get("/automation/execution/console", ReadConsole, console),
    _post("/automation/execution/cancel", OfExecution, cancel),
    _post("/automation/execution/rerun", Rerun, rerun),
    _post("/automation/execution/token", OfExecution, fresh_token),
    _post("/automation/execution/poll", Poll, poll, Permission.VIEW),
    _get("/automation/case/list", ListCases, list_cases),
    _get("/automation/case/history", CaseHistory, case_history),
    _get("/automation/project/list", Nothing, list_projects),
    _get("/automation/environment/list", Nothing, list_environments),
    _post("/automation/plan/save", SavePlan, save_plan, Permission.MANAGE),
    _get("/automation/plan/list", ListPlans, list_plans),
    _get("/automation/plan/detail", OfPlan, plan_detail),
    _post("/automation/plan/delete", OfPlan, delete_plan, Permission.MANAGE),
]
