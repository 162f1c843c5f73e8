"""One endpoint as a value: method, path, door, shape of the request, and what is done.

An `Operation` is all that an API description needs; `route()` makes it work. A handler is plain
and synchronous: it runs in a thread, gets the parsed request, and returns what becomes `data`.
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator import logs
from orchestrator.clock import tick
from orchestrator.desk import Desk
from orchestrator.errors import (
    BadRequest,
    Forbidden,
    NotNow,
    NoToken,
    ServiceError,
    TriggerFailed,
)
from orchestrator.services.access import Caller, HeaderSource, Permission
from orchestrator.services.feeds import Feeds
from orchestrator.shapes.shape import Shape, execution_id_of

from .bodies import Bodies, Refusal
from .envelope import ok, refused
from .foreign import Sites
from .threads import Threads
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
    #: None: it has none, or nobody has read it yet.
    body: bytes | None = None
    #: the address it came from.
    client: str = ""
    method: str = "GET"

    @property
    def has_body(self) -> bool:
        """Whether one is announced."""
        announced = self.headers.get("content-length", "0").strip("0")
        return bool(announced) or "transfer-encoding" in self.headers

    def raw(self) -> Any:
        """The request's fields; `BadRequest` when the body is not JSON."""
        if self.method != "POST":
            return dict(self.query)
        if not self.body or not self.body.strip():
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
    threads: Threads
    bodies: Bodies
    #: None: tokens of headers keep other sites' pages out.
    sites: Sites | None = None


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
        return Route(prefix + self.path, self.endpoint(context), methods=[self.method])

    def endpoint(self, context: Context) -> ASGIApp:
        return _Endpoint(self, context)

    async def respond(self, context: Context, request: Request) -> Response:
        began = tick()
        response = await self._respond(context, request)
        if self.door in _INTERNAL:
            name = self.path.removeprefix("/automation/")
            context.desk.metrics.called(name, response.status_code, tick() - began)
        return response

    async def _respond(self, context: Context, request: Request) -> Response:
        """Who it is first: of a stranger no body is read."""
        call = Call(
            headers=request.headers,
            query=request.query_params,
            client=_client(request),
            method=self.method,
        )
        try:
            if self.method != "POST":
                return await context.threads.run(self.answer, context, call)
            caller = None
            if not self._is_known(context, call):
                caller = await context.threads.run(self._entered, context, call)
            async with context.bodies.of(request) as body:
                return await self._of_body(context, dataclasses.replace(call, body=body), caller)
        except ServiceError as error:
            answer = self._refused(context, error)
            limit = context.desk.settings.body_limit
            return Refusal(answer, limit) if self.method == "POST" else answer

    def _is_known(self, context: Context, call: Call) -> bool:
        """Whether it is worth a body without a look into the database: that comes with the body."""
        if self.door is not Door.CALLBACK:
            return False
        door, token = context.desk.door, call.headers.get("x-callback-token", "")
        if token:
            return door.is_known(token)
        return door.has_secret(call.headers.get("x-callback-secret", ""))

    async def _of_body(self, context: Context, call: Call, caller: Caller | None) -> Response:
        pending = self.quick(context, call) if self.quick is not None else None
        if pending is None:
            return await context.threads.run(self.answer, context, call, caller)
        try:
            return ok(await pending)
        except ServiceError as error:
            return self._refused(context, error)

    def _entered(self, context: Context, call: Call) -> Caller:
        caller = _DOORS[self.door](context, call)
        caller.must_have(self.permission)
        return caller

    def answer(self, context: Context, call: Call, caller: Caller | None = None) -> Response:
        given: Any = None
        try:
            caller = caller or self._entered(context, call)
            given = self._raw(call)
            _stay_within(context, call, caller, given)
            ask = self.shape.parse(given, context.views.zone)
            logs.execution_id.set(getattr(ask, "execution_id", None))
            data = self.handler(context, ask, caller)
            return data if isinstance(data, Response) else ok(self._warned(data, given))
        except BadRequest as error:
            if error.data is None:  # it is perhaps why something is missing
                error.data = self._warned({}, given) or None
            return self._refused(context, error)
        except ServiceError as error:
            return self._refused(context, error)

    def _warned(self, data: Any, given: Any) -> Any:
        """With the fields named that mean nothing: a frontend's, as a runner may be newer."""
        if self.door is not Door.FRONT or not isinstance(given, dict):
            return data
        unknown = self.shape.unknown(given)
        return {**data, "warnings": [*data.get("warnings", ()), *unknown]} if unknown else data

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


def _front(context: Context, call: Call) -> Caller:
    _keep_out(context, call)
    caller = _logged_in(context.desk, call, _token(context.desk, call))
    key = call.headers.get("idempotency-key", "").strip()
    return dataclasses.replace(caller, idempotency_key=key)


def _stream(context: Context, call: Call) -> Caller:
    """A source with a header of its own never takes a query's word for it."""
    _keep_out(context, call)
    desk = context.desk
    token = _token(desk, call)
    if not token and not isinstance(desk.tokens, HeaderSource):
        token = call.query.get("token", "")
    return _logged_in(desk, call, token)


def _keep_out(context: Context, call: Call) -> None:
    if context.sites is not None:
        context.sites.check(call.headers, has_body=call.has_body)


def _callback(context: Context, call: Call) -> Caller:
    desk = context.desk
    opened = desk.door.opened_by(call.headers.get("x-callback-token", ""))
    if opened is None and not with_secret(desk, call):
        raise Forbidden
    return Caller(execution_id=opened)


def _stay_within(context: Context, call: Call, caller: Caller, given: Any) -> None:
    """`Forbidden` where a token speaks of another execution, unless the shared secret is there.

    Without a readable id any live token may hear what is wrong.
    """
    if caller.execution_id is None or execution_id_of(given) in (None, caller.execution_id):
        return
    if not with_secret(context.desk, call):
        raise Forbidden


def _secret(context: Context, call: Call) -> Caller:
    if not with_secret(context.desk, call):
        raise Forbidden
    return Caller()


_DOORS: Final[Mapping[Door, Callable[[Context, Call], Caller]]] = {
    Door.FRONT: _front,
    Door.CALLBACK: _callback,
    Door.SECRET: _secret,
    Door.STREAM: _stream,
}
_INTERNAL: Final = (Door.CALLBACK, Door.SECRET)
