"""What pytest and Jenkins jobs call."""

import logging
from collections.abc import Awaitable
from typing import Any, Final

from orchestrator import logs
from orchestrator.desk import Desk
from orchestrator.errors import BadRequest, ServiceError
from orchestrator.services.access import Caller
from orchestrator.services.results import Taken
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

from .operation import Call, Context, Door, Operation, with_secret

log = logging.getLogger("sisyphus.results")

#: bytes of a body that is read in the event loop: a second of a hundred such is nothing to others.
_SMALL: Final = 64 * 1024


def pull(context: Context, ask: Pull, _caller: Caller) -> Any:
    return context.views.pull(*context.desk.callbacks.pull(ask))


def queued(context: Context, ask: Queued, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.queued(ask))


def start(context: Context, ask: Start, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.start(ask))


def heartbeat(context: Context, ask: FromRunner, _caller: Caller) -> Any:
    return context.views.heard(context.desk.callbacks.heartbeat(ask))


def case_result(context: Context, ask: OneResult | ManyResults, _caller: Caller) -> Any:
    return _taken(context, ask, context.desk.callbacks.results(ask))


def quick_result(context: Context, call: Call) -> Awaitable[Any] | None:
    """`case_result` where a thread for it would cost more than it does."""
    if call.body is None or len(call.body) > _SMALL:
        return None
    try:
        raw = call.raw()
        door = _opened(context.desk, call, raw)
        ask = Results.parse(raw, context.views.zone) if door is not None else None
    except ServiceError:
        return None
    if door is None or ask is None:
        return None
    logs.execution_id.set(ask.execution_id)
    return _delivered(context, ask, door or None)


def _opened(desk: Desk, call: Call, raw: Any) -> str | None:
    """The hash of the token that opens; empty where the shared secret does; None: not seen yet."""
    number = raw.get("executionId") if isinstance(raw, dict) else None
    token = call.headers.get("x-callback-token", "")
    if not token:
        return "" if with_secret(desk, call) else None
    return desk.door.known(token, number) if type(number) is int else None


async def _delivered(context: Context, ask: OneResult | ManyResults, token_hash: str | None) -> Any:
    return _taken(context, ask, await context.desk.callbacks.deliver(ask, token_hash))


def _taken(context: Context, ask: OneResult | ManyResults, taken: Taken) -> Any:
    sent, lost = len(ask.results) if isinstance(ask, ManyResults) else 1, len(taken.rejected)
    late = taken.status in TERMINAL
    if taken.dropped:
        first, more = taken.dropped[0], len(taken.dropped) - 1
        log.warning(
            "execution %d: case %s: %s%s",
            *(taken.execution_id, first.case_id, first.reason, f" (and {more} more)" * bool(more)),
        )
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
    method: str, path: str, shape: Any, handler: Any, door: Door = Door.CALLBACK, **more: Any
) -> Operation[Any]:
    return Operation(method=method, path=path, door=door, shape=shape, handler=handler, **more)


OPERATIONS: Final = [
    _on("GET", "/automation/execution/case/pull", Pull, pull),
    _on("POST", "/automation/execution/queued", Queued, queued),
    _on("POST", "/automation/execution/start", Start, start),
    _on("POST", "/automation/execution/heartbeat", FromRunner, heartbeat),
    _on("POST", "/automation/execution/case/result", Results, case_result, quick=quick_result),
    _on("POST", "/automation/execution/finish", Finish, finish),
    _on("POST", "/automation/execution/abort", Abort, abort),
    _on("POST", "/automation/case/sync", SyncCases, sync, Door.SECRET),
]
