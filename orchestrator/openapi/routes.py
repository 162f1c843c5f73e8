"""The description's own addresses: the document for tools, the page for people. Open to all."""

import functools
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from orchestrator.openapi.document import SELF, document
from orchestrator.openapi.page import rendered
from orchestrator.routes.operation import Operation

#: the page brings its own style and needs nothing else.
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


def routes(operations: Sequence[Operation[Any]], prefix: str) -> list[Route]:
    """Both are made when they are first asked for; in a thread, because that takes a while."""
    described = functools.cache(lambda: document(operations, prefix))
    html = functools.cache(lambda: rendered(described()))

    def openapi(_request: Request) -> Response:
        return JSONResponse(described())

    def docs(_request: Request) -> Response:
        return HTMLResponse(html(), headers=_PAGE_HEADERS)

    return [
        Route(prefix + SELF, openapi, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
    ]
