"""One endpoint as a value: method, path, door, shape of the request, and what is done.

An `Operation` is all that an API description needs; `route()` makes it work. A handler is plain
and synchronous: it runs in a thread, gets the parsed request, and returns what becomes `data`.
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from orchestrator import logs
from orchestrator.clock import tick
from orchestrator.desk import Desk
from orchestrator.errors import (
    BadRequest,
    BodyTooLarge,
    Forbidden,
    NotNow,
    NoToken,
    ServiceError,
    TriggerFailed,
)
from orchestrator.services.access import Caller, HeaderSource, Permission
from orchestrator.services.feeds import Feeds
from orchestrator.shapes.shape import Shape, execution_id_of

from .envelope import ok, refused
from .views import Views

S = TypeVar("S", bound=Shape)


class Door(Enum):
    FRONT = "front"  # the platform's login token
    CALLBACK = "callback"  # an execution's own token, or the shared secret
    SECRET = "secret"  # noqa: S105 -- the name of a door: the shared secret only
    STREAM = "stream"  # the login token, which may be in the query: a browser's EventSource


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """What came over the wire."""

    headers: Headers
    query: QueryParams
    body: bytes | None
    #: the address it came from.
    client: str = ""

    def raw(self) -> Any:
        """The request's fields; `BadRequest` when the body is not JSON."""
        if self.body is None:
            return dict(self.query)
        if not self.body.strip():
            return {}
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise BadRequest("请求体不是合法的 JSON") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """Everything that a handler may ask."""

    desk: Desk
    views: Views
    feeds: Feeds


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation(Generic[S]):
    method: str
    path: str
    door: Door
    shape: type[S]
    handler: Callable[[Context, S, Caller], Any]
    #: what the frontend's caller must be allowed.
    permission: Permission = Permission.VIEW
    #: fields of the shape that may come as a header: field by header.
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: for calls that come by the hundred: what is done in the event loop, without a thread, where
    #: door and body are as usual; else None, and the way of all others finds the right refusal.
    quick: Callable[[Context, Call], Awaitable[Any] | None] | None = None

    def route(self, context: Context, prefix: str) -> Route:
        return Route(prefix + self.path, _Endpoint(self, context), methods=[self.method])

    async def respond(self, context: Context, request: Request) -> Response:
        try:
            limit = context.desk.settings.body_limit
            body = await _read(request, limit) if self.method == "POST" else None
        except (BodyTooLarge, BadRequest) as error:
            return refused(error, None, by_status=True)
        call = Call(
            headers=request.headers,
            query=request.query_params,
            body=body,
            client=_client(request),
        )
        began = tick()
        pending = self.quick(context, call) if self.quick is not None else None
        if pending is None:
            response = await run_in_threadpool(self.answer, context, call)
        else:
            response = await self._told(context, pending)
        self._measure(context, response, tick() - began)
        return response

    def _measure(self, context: Context, response: Response, seconds: float) -> None:
        if self.door in _INTERNAL:
            name = self.path.removeprefix("/automation/")
            context.desk.metrics.called(name, response.status_code, seconds)

    async def _told(self, context: Context, pending: Awaitable[Any]) -> Response:
        try:
            return ok(await pending)
        except ServiceError as error:
            return self._refused(context, error)

    def answer(self, context: Context, call: Call) -> Response:
        try:
            caller = _DOORS[self.door](context.desk, call)
            caller.must_have(self.permission)
            ask = self.shape.parse(self._raw(call), context.views.zone)
            logs.execution_id.set(getattr(ask, "execution_id", None))
            data = self.handler(context, ask, caller)
            return data if isinstance(data, Response) else ok(data)
        except ServiceError as error:
            return self._refused(context, error)

    def _refused(self, context: Context, error: ServiceError) -> Response:
        internal = self.door in _INTERNAL
        return refused(error, _data(error, context.views, internal), by_status=internal)

    def _raw(self, call: Call) -> Any:
        given = {
            field: call.headers[name]
            for name, field in self.headers.items()
            if name in call.headers
        }
        return {**call.raw(), **given} if given else call.raw()


class _Endpoint:
    """An operation as an ASGI application: Starlette wraps a function for each request anew."""

    def __init__(self, operation: Operation[Any], context: Context) -> None:
        self._operation = operation
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await self._operation.respond(self._context, request)
        await response(scope, receive, send)


def _data(error: ServiceError, views: Views, internal: bool) -> Any:
    if isinstance(error, TriggerFailed):
        return views.execution(error.execution)
    if internal and isinstance(error, NotNow):  # named as in all answers to runners
        return {**error.told, "execution_status": error.told["status"]}
    return error.data


async def _read(request: Request, limit: int) -> bytes:
    """The body, as long as it stays within the limit; `BadRequest` when its sender broke off."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:20]) > limit:
        raise BodyTooLarge
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge
    except ClientDisconnect as gone:  # nobody hears the answer, but it is no fault of ours
        raise BadRequest("请求体不完整") from gone
    return bytes(body)


def frontend_token(headers: Headers) -> str:
    """`Authorization: Bearer T`, `accessToken: T`, `accesstoken: T` or `token: T`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("accesstoken") or headers.get("token") or ""


def _token(desk: Desk, call: Call) -> str:
    if isinstance(desk.tokens, HeaderSource):
        return call.headers.get(desk.tokens.header, "")
    return frontend_token(call.headers)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _logged_in(desk: Desk, call: Call, token: str) -> Caller:
    """A wrong token counts; none at all is nobody's guess."""
    if token:
        desk.attempts.check(call.client)
    try:
        return desk.tokens.caller_of(token)
    except NoToken:
        if token:
            desk.attempts.wrong(call.client)
        raise


def with_secret(desk: Desk, call: Call) -> bool:
    """Whether the shared secret opens. A runner with its own token never waits for a guesser."""
    secret = call.headers.get("x-callback-secret", "")
    if not secret:
        return False
    desk.attempts.check(call.client)
    opens = desk.door.has_secret(secret)
    if not opens:
        desk.attempts.wrong(call.client)
    return opens


def _front(desk: Desk, call: Call) -> Caller:
    caller = _logged_in(desk, call, _token(desk, call))
    key = call.headers.get("idempotency-key", "").strip()
    return dataclasses.replace(caller, idempotency_key=key)


def _stream(desk: Desk, call: Call) -> Caller:
    """A source with a header of its own never takes a query's word for it."""
    token = _token(desk, call)
    if not token and not isinstance(desk.tokens, HeaderSource):
        token = call.query.get("token", "")
    return _logged_in(desk, call, token)


def _callback(desk: Desk, call: Call) -> Caller:
    try:
        execution_id = execution_id_of(call.raw())
    except BadRequest:
        execution_id = None
    try:
        desk.door.open(call.headers.get("x-callback-token", ""), execution_id)
    except Forbidden:
        if not with_secret(desk, call):
            raise
    return Caller()


def _secret(desk: Desk, call: Call) -> Caller:
    if not with_secret(desk, call):
        raise Forbidden
    return Caller()


_DOORS: Final[Mapping[Door, Callable[[Desk, Call], Caller]]] = {
    Door.FRONT: _front,
    Door.CALLBACK: _callback,
    Door.SECRET: _secret,
    Door.STREAM: _stream,
}
_INTERNAL: Final = (Door.CALLBACK, Door.SECRET)
