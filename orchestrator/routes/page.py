"""The endpoints of the page: its session, and who is signed in."""

import importlib.metadata
from typing import Any, Final

from starlette.responses import Response

from orchestrator.auth.backends import HeaderAuthBackend, NoAuth, Principal
from orchestrator.clock import iso
from orchestrator.errors import BadRequest, NoToken
from orchestrator.i18n import tr
from orchestrator.routes import sessions
from orchestrator.routes.envelope import ok
from orchestrator.routes.operation import (
    AuthScheme,
    Context,
    Operation,
    PageVisitor,
    authenticate,
    principal_of,
)
from orchestrator.schemas.requests import Nothing, SignIn

_VERSION: Final = importlib.metadata.version("pytest-sisyphus")


def sign_in(context: Context, request: SignIn, visitor: PageVisitor) -> Response:
    """A token like any other's, from now on in a cookie."""
    call, tokens = visitor.call, context.services.auth_backend
    if isinstance(tokens, HeaderAuthBackend):
        raise BadRequest(tr("登录由代理完成：请求头 {header}，无需在此登录", header=tokens.header))
    if isinstance(tokens, NoAuth):
        raise BadRequest(tr("该服务不要求登录"))
    if not sessions.is_short_enough(request.token):
        raise BadRequest(
            tr("登录令牌超过 {most} 字节，浏览器无法保存；请改用请求头", most=sessions.LONGEST)
        )
    principal = authenticate(context.services, call, request.token)
    answer = ok(_me(context, principal))
    secure = sessions.is_secure(call.headers, call.scheme)
    sessions.begin(answer, call.headers, request.token, secure=secure, kept=request.remember)
    return answer


def sign_out(_context: Context, _request: Nothing, visitor: PageVisitor) -> Response:
    answer = ok({})
    sessions.end(answer, visitor.call.headers)
    return answer


def me(context: Context, _request: Nothing, visitor: PageVisitor) -> Any:
    """Who is signed in; for who is not, how to come by a login."""
    try:
        principal = principal_of(context, visitor.call)
    except NoToken as error:
        error.data = _way_in(context)
        raise
    return _me(context, principal)


def _way_in(context: Context) -> dict[str, Any]:
    tokens = context.services.auth_backend
    header = tokens.header if isinstance(tokens, HeaderAuthBackend) else None
    return {
        "auth": context.services.settings.auth,
        "sign_in": header is None and not isinstance(tokens, NoAuth),
        "header": header,
    }


def _me(context: Context, principal: Principal) -> dict[str, Any]:
    services, settings = context.services, context.services.settings
    now = iso(services.clock.now(), settings.timezone) or ""
    return {
        "user_id": principal.user_id,
        "user_name": principal.name,
        "permissions": sorted(principal.permissions),
        **_way_in(context),
        "runner": services.runner.name,
        "slots": settings.slots if settings.runner == "local" else None,
        "lease": settings.lease,
        "sweep": settings.sweep,
        "zone": settings.timezone.key if settings.timezone else now[-len("+08:00") :],
        "server_time": now,
        "version": _VERSION,
        "keep_exchanges": settings.keep_exchanges,
    }


#: of a request that holds nothing but a token.
_BODY_LIMIT: Final = 16 * 1024


def _page(method: str, path: str, request_model: Any, handler: Any) -> Operation[Any]:
    return Operation(
        method=method,
        path=path,
        auth=AuthScheme.PAGE,
        request_model=request_model,
        handler=handler,
        body_limit=_BODY_LIMIT,
    )


OPERATIONS: Final = [
    _page("POST", "/page/session", SignIn, sign_in),
    _page("POST", "/page/session/end", Nothing, sign_out),
    _page("GET", "/page/me", Nothing, me),
]
