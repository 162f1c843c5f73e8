"""`/page/open?key=…`: a link of `serve` or `demo` opens the page's session, once."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from orchestrator.errors import TooManyAttempts, Unavailable
from orchestrator.i18n import tr
from orchestrator.page.serving import Page, is_a_person
from orchestrator.routes import sessions
from orchestrator.routes.envelope import in_text, refused_in_text
from orchestrator.routes.operation import Context, client_of

PATH: Final = "/page/open"
#: where the page begins.
_PAGE: Final = "/executions"
_DEAD: Final = tr(
    "该链接已使用过，或已过期；请在 /sign-in 登录，令牌由 sisyphus-orchestrator token add 生成"
)


def routes(context: Context, page: Page) -> list[Route]:
    async def opened(request: Request) -> Response:
        if request.method == "HEAD":  # looks, and must not use it up
            return Response()
        try:
            return await context.threads.run(_opened, context, page, request)
        except (TooManyAttempts, Unavailable) as error:
            return refused_in_text(error, request.headers)

    return [Route(PATH, opened, methods=["GET"])]


def _opened(context: Context, page: Page, request: Request) -> Response:
    services, client = context.services, client_of(request.scope)
    services.login_throttle.check(client)
    token = services.links.redeem(request.query_params.get("key", ""))
    if token is None:
        services.login_throttle.record_failure(
            client, "the link is unknown, was used, or has expired"
        )
        if is_a_person(request):  # whom the page asks to sign in, and says why
            return page.shell(request, 410)
        return in_text(_DEAD, request.headers, 410)
    answer = RedirectResponse(_PAGE, 303)
    secure = sessions.is_secure(request.headers, request.url.scheme)
    sessions.begin(answer, request.headers, token.reveal(), secure=secure, kept=False)
    return answer
