"""`/page/open?key=…`: a link of `serve` or `demo` opens the page's session, once."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from orchestrator.errors import TooManyAttempts, Unavailable
from orchestrator.routes import sessions
from orchestrator.routes.operation import Context, client_of

PATH: Final = "/page/open"
#: where the page begins.
_PAGE: Final = "/executions"
_DEAD: Final = (
    "该链接已使用过，或已过期；请在 /sign-in 登录，凭证由 sisyphus-orchestrator token add 生成\n"
    "This link was used before, or is too old; sign in at /sign-in with a token of "
    "sisyphus-orchestrator token add\n"
)


def routes(context: Context) -> list[Route]:
    async def opened(request: Request) -> Response:
        if request.method == "HEAD":  # looks, and must not use it up
            return Response()
        try:
            return await context.threads.run(_opened, context, request)
        except (TooManyAttempts, Unavailable) as error:
            return PlainTextResponse(f"{error}\n", error.status, error.headers)

    return [Route(PATH, opened, methods=["GET"])]


def _opened(context: Context, request: Request) -> Response:
    services, client = context.services, client_of(request.scope)
    services.login_throttle.check(client)
    token = services.links.redeem(request.query_params.get("key", ""))
    if token is None:
        services.login_throttle.record_failure(client)
        return PlainTextResponse(_DEAD, 410)
    answer = RedirectResponse(_PAGE, 303)
    secure = sessions.is_secure(request.headers, request.url.scheme)
    sessions.begin(answer, request.headers, token.reveal(), secure=secure, kept=False)
    return answer
