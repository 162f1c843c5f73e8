"""What pytest and Jenkins jobs call."""

from typing import Any, Final

from orchestrator.errors import BadRequest
from orchestrator.services.access import Caller
from orchestrator.shapes.catalog import SyncCases
from orchestrator.shapes.internal import (
    Abort,
    Finish,
    FromRunner,
    ManyResults,
    OneResult,
    Pull,
    Queued,
    Results,
    Start,
)
from orchestrator.status import TERMINAL

from .operation import Context, Door, Operation


def pull(context: Context, ask: Pull, _caller: Caller) -> Any:
    return context.views.pull(*context.desk.callbacks.pull(ask))


def queued(context: Context, ask: Queued, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.queued(ask))


def start(context: Context, ask: Start, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.start(ask))


def heartbeat(context: Context, ask: FromRunner, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.heartbeat(ask))


def case_result(context: Context, ask: OneResult | ManyResults, _caller: Caller) -> Any:
    taken = context.desk.callbacks.results(ask)
    sent, lost = len(ask.results) if isinstance(ask, ManyResults) else 1, len(taken.rejected)
    late = taken.status in TERMINAL
    context.desk.metrics.results(taken=sent - lost, rejected=lost, late=late)
    data = context.views.taken(taken)
    if taken.rejected and isinstance(ask, OneResult):
        raise BadRequest(taken.rejected[0].reason, data=data)
    return data


def finish(context: Context, ask: Finish, _caller: Caller) -> Any:
    return context.views.finished(context.desk.callbacks.finish(ask))


def abort(context: Context, ask: Abort, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.abort(ask))


def sync(context: Context, ask: SyncCases, _caller: Caller) -> Any:
    return context.views.synced(context.desk.catalog.sync(ask))


def _on(
    method: str, path: str, shape: Any, handler: Any, door: Door = Door.CALLBACK
) -> Operation[Any]:
    return Operation(method=method, path=path, door=door, shape=shape, handler=handler)


OPERATIONS: Final = [
    _on("GET", "/automation/execution/case/pull", Pull, pull),
    _on("POST", "/automation/execution/queued", Queued, queued),
    _on("POST", "/automation/execution/start", Start, start),
    _on("POST", "/automation/execution/heartbeat", FromRunner, heartbeat),
    _on("POST", "/automation/execution/case/result", Results, case_result),
    _on("POST", "/automation/execution/finish", Finish, finish),
    _on("POST", "/automation/execution/abort", Abort, abort),
    _on("POST", "/automation/case/sync", SyncCases, sync, Door.SECRET),
]
