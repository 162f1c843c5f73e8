"""The description's own addresses: the document for tools, the page for people. Open to all."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from orchestrator.routes.operation import Operation

from .document import SELF, document
from .page import rendered

#: the page brings its own style and needs nothing else.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
#: until there is a page for people.
_HOME: Final = (
    '<!doctype html><html lang="zh"><meta charset="utf-8"><title>pytest-sisyphus</title>'
    "<h1>pytest-sisyphus</h1>"
    '<p>接口文档 / the interface: <a href="/docs">/docs</a></p></html>'
)


def routes(operations: Sequence[Operation[Any]], prefix: str) -> list[Route]:
    described = document(operations, prefix)
    html = rendered(described)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(described)

    async def docs(_request: Request) -> Response:
        return HTMLResponse(html, headers=_PAGE_HEADERS)

    async def home(_request: Request) -> Response:
        return HTMLResponse(_HOME, headers=_PAGE_HEADERS)

    return [
        Route("/", home, methods=["GET"]),
        Route(prefix + SELF, openapi, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
    ]
