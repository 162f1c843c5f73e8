"""The endpoints of runners: pytest and Jenkins jobs."""

import functools
import logging
from collections.abc import Awaitable
from typing import Any, Final

from starlette.responses import Response

from orchestrator.auth.backends import Principal
from orchestrator.config import logging as logs
from orchestrator.container import Services
from orchestrator.errors import BadRequest, ServiceError
from orchestrator.executions.results import ResultsAccepted
from orchestrator.routes.envelope import ok
from orchestrator.routes.operation import AuthScheme, Call, Context, Operation, has_shared_secret
from orchestrator.routes.views import Views
from orchestrator.schemas.catalog_requests import SyncCases
from orchestrator.schemas.fast_results import try_parse_fast
from orchestrator.schemas.runner_requests import (
    Abort,
    Finish,
    FromRunner,
    Lease,
    ManyResults,
    OneResult,
    Pull,
    Queued,
    Results,
    Start,
)
from orchestrator.status import TERMINAL, CaseStatus

log = logging.getLogger("sisyphus.results")

#: bytes of a body that is read in the event loop: a second of a hundred such is nothing to others.
_SMALL: Final = 64 * 1024


def pull(context: Context, request: Pull, _principal: Principal) -> Any:
    settings = context.services.settings
    pulled = context.services.callbacks.pull(request)
    return context.views.pull(*pulled, settings.keep_exchanges, settings.lease)


def queued(context: Context, request: Queued, _principal: Principal) -> Any:
    return context.views.callback_ack(context.services.callbacks.queued(request))


def start(context: Context, request: Start, _principal: Principal) -> Any:
    return context.views.started(context.services.callbacks.start(request))


def heartbeat(context: Context, request: FromRunner, _principal: Principal) -> Any:
    return context.views.callback_ack(context.services.callbacks.heartbeat(request))


def lease(context: Context, request: Lease, _principal: Principal) -> Any:
    return context.views.leased(context.services.callbacks.lease(request))


def case_result(context: Context, request: OneResult | ManyResults, _principal: Principal) -> Any:
    taken = context.services.callbacks.results(request)
    _count(context, request, taken)
    return _answer(context, request, taken)


def quick_result(context: Context, call: Call) -> Awaitable[Response] | None:
    """`case_result` where a thread for it would cost more than it does."""
    if call.body is None or len(call.body) > _SMALL:
        return None
    request = try_parse_fast(call.body, context.views.zone)
    if request is None:
        return None
    try:
        token_hash = _token_hash(context.services, call, request.execution_id)
    except ServiceError:
        return None
    if token_hash is None:
        return None
    logs.execution_id.set(request.execution_id)
    return _recorded(context, call, request, token_hash or None)


def _token_hash(services: Services, call: Call, execution_id: int) -> str | None:
    """Of an execution's own token; empty for the shared secret; None: neither is known yet."""
    token = call.headers.get("x-callback-token", "")
    if not token:
        return "" if has_shared_secret(services, call) else None
    known = services.callback_auth.cached_execution(token)
    return known[0] if known is not None and known[1] == execution_id else None


async def _recorded(
    context: Context, call: Call, request: OneResult | ManyResults, token_hash: str | None
) -> Response:
    taken = await context.services.callbacks.deliver(request, token_hash, call.body)
    _count(context, request, taken)
    if taken.is_all:
        return _usual(context.views, taken.execution_id, taken.status, taken.shard_status)
    return ok(_answer(context, request, taken), call.language)


@functools.lru_cache(maxsize=1024)
def _usual(views: Views, execution_id: int, status: int, shard_status: int | None) -> Response:
    """The answer where all was taken, made once for so many results."""
    return ok(views.accepted(ResultsAccepted(execution_id, status, shard_status=shard_status)))


def _count(context: Context, request: OneResult | ManyResults, taken: ResultsAccepted) -> None:
    sent, lost = (
        len(request.results) if isinstance(request, ManyResults) else 1,
        len(taken.rejected),
    )
    late = taken.status in TERMINAL
    if taken.dropped:
        first, more = taken.dropped[0], len(taken.dropped) - 1
        log.warning(
            "execution %d: case %s: %s%s",
            *(taken.execution_id, first.case_id, first.reason, f" (and {more} more)" * bool(more)),
        )
    context.services.metrics.record_results(taken=sent - lost, rejected=lost, late=late)


def _answer(context: Context, request: OneResult | ManyResults, taken: ResultsAccepted) -> Any:
    data = context.views.accepted(taken)
    if taken.rejected and isinstance(request, OneResult):
        is_of_leg, announces = taken.shard_status is not None, request.status == CaseStatus.RUNNING
        if is_of_leg and announces and taken.status in TERMINAL:
            return data  # the leg learns from the status that its execution is over
        raise BadRequest(taken.rejected[0].reason, data=data)
    return data


def finish(context: Context, request: Finish, _principal: Principal) -> Any:
    return context.views.finished(context.services.callbacks.finish(request))


def abort(context: Context, request: Abort, _principal: Principal) -> Any:
    return context.views.callback_ack(context.services.callbacks.abort(request))


def sync(context: Context, request: SyncCases, _principal: Principal) -> Any:
    return context.views.synced(context.services.catalog.sync(request))


def _operation(
    method: str,
    path: str,
    request_model: Any,
    handler: Any,
    auth: AuthScheme = AuthScheme.CALLBACK,
    **more: Any,
) -> Operation[Any]:
    return Operation(
        method=method, path=path, auth=auth, request_model=request_model, handler=handler, **more
    )


OPERATIONS: Final = [
    _operation("GET", "/automation/execution/case/pull", Pull, pull),
    _operation("POST", "/automation/execution/queued", Queued, queued),
    _operation("POST", "/automation/execution/start", Start, start),
    _operation("POST", "/automation/execution/heartbeat", FromRunner, heartbeat),
    _operation("POST", "/automation/execution/case/lease", Lease, lease),
    _operation(
        "POST", "/automation/execution/case/result", Results, case_result, quick=quick_result
    ),
    _operation("POST", "/automation/execution/finish", Finish, finish),
    _operation("POST", "/automation/execution/abort", Abort, abort),
    _operation("POST", "/automation/case/sync", SyncCases, sync, AuthScheme.SECRET),
]
