"""What the frontend calls."""

from typing import Any, Final

from orchestrator.services.access import Caller, Permission
from orchestrator.shapes.catalog import CaseHistory, ListCases, ListPlans, OfPlan, SavePlan
from orchestrator.shapes.public import (
    ListExecutionCases,
    ListExecutions,
    Poll,
    Rerun,
    RunCase,
    RunPlan,
)
from orchestrator.shapes.shape import OfExecution

from .operation import Context, Door, Operation
from .views import paged


def run_case(context: Context, ask: RunCase, caller: Caller) -> Any:
    return context.views.execution(context.desk.trigger.run_case(ask, caller))


def run_plan(context: Context, ask: RunPlan, caller: Caller) -> Any:
    return context.views.execution(context.desk.trigger.run_plan(ask, caller))


def rerun(context: Context, ask: Rerun, caller: Caller) -> Any:
    return context.views.execution(context.desk.trigger.rerun(ask, caller))


def cancel(context: Context, ask: OfExecution, _caller: Caller) -> Any:
    return context.views.execution(context.desk.trigger.cancel(ask.execution_id))


def fresh_token(context: Context, ask: OfExecution, _caller: Caller) -> Any:
    execution, token = context.desk.trigger.fresh_token(ask.execution_id)
    return context.views.standing(execution) | {
        "execution_no": execution.execution_no,
        "status": execution.status,
        "callback_token": token.reveal(),
        "token": token.reveal(),
    }


def list_executions(context: Context, ask: ListExecutions, _caller: Caller) -> Any:
    rows, total = context.desk.queries.executions(ask)
    return paged([context.views.execution(row) for row in rows], total)


def detail(context: Context, ask: OfExecution, _caller: Caller) -> Any:
    return context.views.detail(context.desk.queries.detail(ask.execution_id))


def poll(context: Context, ask: Poll, _caller: Caller) -> Any:
    """Look at the runner now; without an id at all of them, answering with what is still open."""
    if ask.execution_id is None:
        context.desk.watchdog.sweep()
        rows = context.desk.queries.open_executions()
        return paged([context.views.detail(row) for row in rows], len(rows))
    context.desk.watchdog.look(context.desk.queries.execution(ask.execution_id))
    return context.views.detail(context.desk.queries.execution(ask.execution_id))


def list_execution_cases(context: Context, ask: ListExecutionCases, _caller: Caller) -> Any:
    rows, total = context.desk.queries.cases(ask)
    return paged([context.views.case(row) for row in rows], total)


def list_cases(context: Context, ask: ListCases, _caller: Caller) -> Any:
    rows, total = context.desk.queries.catalog(ask)
    return paged([context.views.catalog_case(row) for row in rows], total)


def case_history(context: Context, ask: CaseHistory, _caller: Caller) -> Any:
    return context.views.history(context.desk.queries.history(ask))


def save_plan(context: Context, ask: SavePlan, _caller: Caller) -> Any:
    return context.views.plan(context.desk.catalog.save_plan(ask))


def list_plans(context: Context, ask: ListPlans, _caller: Caller) -> Any:
    plans = context.desk.catalog.plans(ask)
    return paged([context.views.plan(plan) for plan in plans], len(plans))


def plan_detail(context: Context, ask: OfPlan, _caller: Caller) -> Any:
    return context.views.plan(context.desk.catalog.plan(ask))


def delete_plan(context: Context, ask: OfPlan, _caller: Caller) -> Any:
    context.desk.catalog.delete_plan(ask)
    return {"plan_id": ask.plan_id}


def _get(path: str, shape: Any, handler: Any) -> Operation[Any]:
    return Operation(method="GET", path=path, door=Door.FRONT, shape=shape, handler=handler)


def _post(
    path: str, shape: Any, handler: Any, permission: Permission = Permission.RUN
) -> Operation[Any]:
    return Operation(
        method="POST",
        path=path,
        door=Door.FRONT,
        shape=shape,
        handler=handler,
        permission=permission,
    )


OPERATIONS: Final = [
    _post("/automation/case/run", RunCase, run_case),
    _post("/automation/plan/run", RunPlan, run_plan),
    _get("/automation/execution/list", ListExecutions, list_executions),
    _get("/automation/execution/detail", OfExecution, detail),
    _get("/automation/execution/case/list", ListExecutionCases, list_execution_cases),
    _post("/automation/execution/cancel", OfExecution, cancel),
    _post("/automation/execution/rerun", Rerun, rerun),
    _post("/automation/execution/token", OfExecution, fresh_token),
    _post("/automation/execution/poll", Poll, poll, Permission.VIEW),
    _get("/automation/case/list", ListCases, list_cases),
    _get("/automation/case/history", CaseHistory, case_history),
    _post("/automation/plan/save", SavePlan, save_plan, Permission.MANAGE),
    _get("/automation/plan/list", ListPlans, list_plans),
    _get("/automation/plan/detail", OfPlan, plan_detail),
    _post("/automation/plan/delete", OfPlan, delete_plan, Permission.MANAGE),
]
