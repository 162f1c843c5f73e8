"""One endpoint as a value: method, path, who may call it, its request, and its handler.

An `Operation` is all that an API description needs; `route()` makes it work. A handler is plain
and synchronous: it runs in a thread, gets the parsed request, and returns what becomes `data`.
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.auth.backends import HeaderAuthBackend, Permission, Principal
from orchestrator.clock import tick
from orchestrator.concurrency.thread_pool import Threads
from orchestrator.config import logging
from orchestrator.container import Services
from orchestrator.errors import (
    BadRequest,
    Conflict,
    InvalidCallbackCredentials,
    NoToken,
    ServiceError,
    TriggerFailed,
)
from orchestrator.executions.event_feed import Feeds
from orchestrator.i18n import Language, tr
from orchestrator.routes import sessions
from orchestrator.routes.bodies import BodyReader, DrainingResponse
from orchestrator.routes.envelope import asked_language, compressed, ok, refused
from orchestrator.routes.middleware.cross_site import CrossSiteGuard
from orchestrator.routes.views import Views
from orchestrator.schemas.base import RequestModel, execution_id_of

S = TypeVar("S", bound=RequestModel)


class AuthScheme(Enum):
    """How the principal of an operation is authenticated."""

    FRONTEND = "front"  # the platform's login token
    CALLBACK = "callback"  # an execution's own token, or the shared secret
    SECRET = "secret"  # noqa: S105 -- the name of a scheme: the shared secret only
    STREAM = "stream"  # the login token, which may be in the query: a browser's EventSource
    PAGE = "page"  # open, but not to pages of other sites: it is where people sign in

    @property
    def is_internal(self) -> bool:
        """Whether runners call it, who tell by the HTTP status what became of a call."""
        return self in (AuthScheme.CALLBACK, AuthScheme.SECRET)


class Call:
    """One HTTP request; its body is read only once it is known who sends it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.method: str = scope["method"]
        self.headers = Headers(scope=scope)
        #: None: it has none, or it is not read yet.
        self.body: bytes | None = None

    @property
    def query(self) -> QueryParams:
        return QueryParams(self._scope["query_string"])

    @property
    def scheme(self) -> str:
        scheme: str = self._scope.get("scheme", "http")
        return scheme

    @property
    def client(self) -> str:
        """The address it came from."""
        return client_of(self._scope)

    def note(self, **values: Any) -> None:
        """For the request's line of log."""
        self._scope.setdefault("state", {}).update(values)

    @property
    def language(self) -> Language:
        """The one that it wants to be answered in."""
        return asked_language(self.headers)

    @property
    def has_body(self) -> bool:
        """Whether one is announced."""
        announced = self.headers.get("content-length", "0").strip("0")
        return bool(announced) or "transfer-encoding" in self.headers

    @cached_property
    def fields(self) -> Any:
        """Of the query, or of the JSON body, decoded once; `BadRequest` when it is not JSON."""
        if self.method != "POST":
            return dict(self.query)
        if not self.body or not self.body.strip():
            return {}
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise BadRequest(tr("请求体不是合法的 JSON")) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """What handlers work with."""

    services: Services
    views: Views
    feeds: Feeds
    brief_feeds: Feeds
    threads: Threads
    bodies: BodyReader
    cross_site: CrossSiteGuard
    #: a token of the request keeps other sites' pages out; else what is known of the site does.
    asks_nobody: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class PageVisitor(Principal):
    """Whoever calls an operation of the page, signed in or not."""

    call: Call


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation(Generic[S]):
    method: str
    path: str
    auth: AuthScheme
    request_model: type[S]
    handler: Callable[[Context, S, Principal], Any]
    #: the permission that the frontend's user needs.
    permission: Permission = Permission.VIEW
    #: bytes of a body; None: the service's own limit.
    body_limit: int | None = None
    #: fields of the request that may come as a header: field by header.
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: for calls that come by the hundred: what is done in the event loop, without a thread. None
    #: for a call with anything unusual, which then takes the way of all others.
    quick: Callable[[Context, Call], Awaitable[Response] | None] | None = None

    def route(self, context: Context, prefix: str) -> Route:
        return Route(prefix + self.path, self.endpoint(context), methods=[self.method])

    def endpoint(self, context: Context) -> ASGIApp:
        return _Endpoint(self, context)

    async def respond(self, context: Context, call: Call, receive: Receive) -> Response:
        began = tick()
        response = await self._respond(context, call, receive)
        if self.auth.is_internal:
            name = self.path.removeprefix("/automation/")
            context.services.metrics.record_call(name, response.status_code, tick() - began)
        return response

    async def _respond(self, context: Context, call: Call, receive: Receive) -> Response:
        """Authenticate first: no body of a stranger is read."""
        try:
            if self.method != "POST":
                return await context.threads.run(self.answer, context, call)
            principal = None
            if not self._is_known(context, call):
                principal = await context.threads.run(self._authenticated, context, call)
            announced = call.headers.get("content-length", "")
            call.body = body = await context.bodies.read(announced, receive, self.body_limit)
            try:
                return await self._of_body(context, call, principal)
            finally:
                context.bodies.release(body)
        except ServiceError as error:
            refusal = self._refused(context, call, error)
            limit = context.services.settings.body_limit
            return DrainingResponse(refusal, limit) if self.method == "POST" else refusal

    def _is_known(self, context: Context, call: Call) -> bool:
        """Whether its credentials were right before; they are checked again with its execution."""
        if self.auth is not AuthScheme.CALLBACK:
            return False
        auth, token = context.services.callback_auth, call.headers.get("x-callback-token", "")
        if token:
            return auth.cached_execution(token) is not None
        return auth.has_secret(call.headers.get("x-callback-secret", ""))

    async def _of_body(self, context: Context, call: Call, principal: Principal | None) -> Response:
        pending = self.quick(context, call) if self.quick is not None else None
        if pending is None:
            return await context.threads.run(self.answer, context, call, principal)
        try:
            return await pending
        except ServiceError as error:
            return self._refused(context, call, error)

    def _authenticated(self, context: Context, call: Call) -> Principal:
        principal = _principal(self.auth, context, call)
        principal.require(self.permission)
        return principal

    def answer(self, context: Context, call: Call, principal: Principal | None = None) -> Response:
        given: Any = None
        try:
            principal = principal or self._authenticated(context, call)
            as_headers = {
                field: call.headers[name]
                for name, field in self.headers.items()
                if name in call.headers
            }
            given = {**call.fields, **as_headers} if as_headers else call.fields
            _check_execution(context, call, principal, given)
            request = self.request_model.parse(given, context.views.zone)
            logging.execution_id.set(execution_id := getattr(request, "execution_id", None))
            call.note(execution_id=execution_id)
            data = self.handler(context, request, principal)
            if isinstance(data, Response):
                return data
            answer = ok(self._warned(data, given), call.language)
            is_read = self.auth is AuthScheme.FRONTEND and self.method == "GET"
            return compressed(answer, call.headers) if is_read else answer
        except BadRequest as error:
            if error.data is None:  # it is perhaps why something is missing
                error.data = self._warned({}, given) or None
            return self._refused(context, call, error)
        except ServiceError as error:
            return self._refused(context, call, error)

    def _warned(self, data: Any, given: Any) -> Any:
        """With a warning for each unknown field of a frontend; runners may be newer than this."""
        if self.auth is not AuthScheme.FRONTEND or not isinstance(given, dict):
            return data
        unknown = self.request_model.unknown(given)
        return {**data, "warnings": [*data.get("warnings", ()), *unknown]} if unknown else data

    def _refused(self, context: Context, call: Call, error: ServiceError) -> Response:
        call.note(code=error.code)
        internal, data = self.auth.is_internal, error.data
        if isinstance(error, TriggerFailed):
            data = context.views.execution(error.execution)
        elif internal and isinstance(error, Conflict):  # named as in all answers to runners
            data = {**error.execution, "execution_status": error.execution["status"]}
        return refused(error, data, by_status=internal, language=call.language)


class _Endpoint:
    """An operation as an ASGI application: Starlette wraps a function for each request anew."""

    def __init__(self, operation: Operation[Any], context: Context) -> None:
        self._operation = operation
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._operation.respond(self._context, Call(scope), receive)
        await response(scope, receive, send)


def frontend_token(headers: Headers) -> str:
    """`Authorization: Bearer T`, `accessToken: T`, `accesstoken: T` or `token: T`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("accesstoken") or headers.get("token") or ""


def client_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def authenticate(services: Services, call: Call, token: str) -> Principal:
    """Who the token stands for; a wrong one counts against the caller's address, none does not."""
    if token:
        services.login_throttle.check(call.client)
    try:
        return services.auth_backend.authenticate(token)
    except NoToken as error:
        if token:
            why = error.reason or "the token is unknown, was revoked, or has expired"
            services.login_throttle.record_failure(call.client, why)
        raise


def has_shared_secret(services: Services, call: Call) -> bool:
    """Whether the call has the right shared secret; a wrong one counts against its address."""
    secret = call.headers.get("x-callback-secret", "")
    if not secret:
        return False
    services.login_throttle.check(call.client)
    is_right = services.callback_auth.has_secret(secret)
    if not is_right:
        services.login_throttle.record_failure(call.client, "the shared secret is another one")
    return is_right


def principal_of(context: Context, call: Call, queried: str = "") -> Principal:
    """By a header's token, else by that of the page's session, else by `queried`.

    A source with a header of its own never takes another's word for it.
    """
    services, backend = context.services, context.services.auth_backend
    if isinstance(backend, HeaderAuthBackend):
        token = call.headers.get(backend.header, "")
    else:
        token = frontend_token(call.headers)
    if context.asks_nobody:
        context.cross_site.check(call.headers, has_body=call.has_body)
    elif not token and not isinstance(backend, HeaderAuthBackend):
        token = sessions.token_of(call.headers)
        if token:
            context.cross_site.check(call.headers, has_body=call.has_body, page=True)
        token = token or queried
    return authenticate(services, call, token)


_NO_SECRET: Final = tr("回调密钥缺失或错误，同步用例须使用服务的 --callback-secret")


def _principal(scheme: AuthScheme, context: Context, call: Call) -> Principal:
    match scheme:
        case AuthScheme.FRONTEND:
            key = call.headers.get("idempotency-key", "").strip()
            return dataclasses.replace(principal_of(context, call), idempotency_key=key)
        case AuthScheme.STREAM:
            return principal_of(context, call, call.query.get("token", ""))
        case AuthScheme.PAGE:
            if call.method == "POST":
                context.cross_site.check(call.headers, has_body=call.has_body, page=True)
            return PageVisitor(call=call)
        case AuthScheme.CALLBACK:
            token = call.headers.get("x-callback-token", "")
            execution_id = context.services.callback_auth.execution_of(token)
        case AuthScheme.SECRET:
            execution_id = None
    if execution_id is None and not has_shared_secret(context.services, call):
        raise InvalidCallbackCredentials(_NO_SECRET if scheme is AuthScheme.SECRET else "")
    return Principal(execution_id=execution_id)


def _check_execution(context: Context, call: Call, principal: Principal, given: Any) -> None:
    """Raises InvalidCallbackCredentials where the token is of another execution than the body, and
    no shared secret is given.

    Without a readable id any live token may hear what is wrong.
    """
    if principal.execution_id is None or execution_id_of(given) in (None, principal.execution_id):
        return
    if not has_shared_secret(context.services, call):
        raise InvalidCallbackCredentials
