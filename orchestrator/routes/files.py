"""Consoles and reports of local executions, and the probes. Outside the envelope.

The address holds a random key of the execution: whoever was shown `console_url` may read it, as a
link in a browser carries no token. The key is looked up; no part of the address becomes a path.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from orchestrator.db import schema
from orchestrator.errors import Unavailable, UnknownExecution
from orchestrator.i18n import tr
from orchestrator.metrics import CONTENT_TYPE
from orchestrator.routes.envelope import asked_language, in_text, in_words, refused_in_text
from orchestrator.routes.legs_page import legs_page
from orchestrator.routes.operation import Context
from orchestrator.runners.artifacts import blocks, size_of
from orchestrator.runners.protocol import RunKey
from orchestrator.secrets import masked

_KEY: Final = re.compile("[0-9a-f]{32}")
#: an index, and the attempt where it is not the first.
_LEG: Final = re.compile("[1-9][0-9]?(-[1-9][0-9]{0,2})?")
#: a report is written by tests: it may run its own scripts, but as nobody.
_REPORT_HEADERS: Final = {
    "Content-Security-Policy": "sandbox allow-scripts allow-downloads allow-popups",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _run(context: Context, request: Request) -> RunKey:
    """Of an execution, or of one of its legs, that the address names."""
    key, leg = request.path_params["key"], request.path_params.get("leg", "")
    if not _KEY.fullmatch(key) or (leg and not _LEG.fullmatch(leg)):
        raise HTTPException(404)
    try:
        return RunKey(context.services.queries.by_file_key(key).id, leg=leg)
    except UnknownExecution as error:
        raise HTTPException(404) from error


def console(context: Context, request: Request) -> Response:
    path = context.services.artifacts.console(_run(context, request))
    if not path.is_file():  # it waits, never ran, or was removed
        return in_text(tr("该执行尚无控制台输出与报告"), request.headers, 404, _REPORT_HEADERS)
    return _served(context, path, "text/plain")


def _served(context: Context, path: Path, kind: str) -> Response:
    """Tests may print their token, and what they found of the service's: stars take its place."""
    size = size_of(path)
    return StreamingResponse(
        masked(blocks(path, size), context.services.secrets),
        media_type=f"{kind}; charset=utf-8",
        headers={**_REPORT_HEADERS, "Content-Length": str(size)},
    )


def report(context: Context, request: Request) -> Response:
    """The HTML report; while there is none, the console."""
    path = context.services.artifacts.report(_run(context, request))
    if not path.is_file():
        return console(context, request)
    return _served(context, path, "text/html")


def legs(context: Context, request: Request) -> Response:
    """Each leg, with its own console and report; 404 where an execution has none."""
    looked = context.services.queries.detail(_run(context, request).execution_id)
    if not looked.legs:
        raise HTTPException(404)
    language = asked_language(request.headers)
    page = legs_page(looked.execution, looked.legs, language)
    return HTMLResponse(page, headers=in_words(language, _REPORT_HEADERS))


def readyz(context: Context, _request: Request) -> Response:
    try:
        revision = schema.current(context.services.database)
    except Unavailable:
        return PlainTextResponse("database not reachable\n", 503, {"Retry-After": "5"})
    if revision != schema.newest():
        return PlainTextResponse("database not migrated\n", 503, {"Retry-After": "5"})
    if context.services.database.is_refusing:
        return PlainTextResponse("database not writable\n", 503, {"Retry-After": "5"})
    return PlainTextResponse("ready\n")


def metrics(context: Context, _request: Request) -> Response:
    return Response(context.services.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


_PATHS: Final[dict[str, Callable[[Context, Request], Response]]] = {
    "/files/{key}/console": console,
    "/files/{key}/report": report,
    "/files/{key}/legs": legs,
    "/files/{key}/legs/{leg}/console": console,
    "/files/{key}/legs/{leg}/report": report,
    "/readyz": readyz,
    "/metrics": metrics,
}


async def healthz(_request: Request) -> Response:
    """In the event loop: it answers while every thread waits for the database."""
    return PlainTextResponse("ok\n")


def routes(context: Context) -> list[Route]:
    def serve(path: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return await context.threads.run(_PATHS[path], context, request)
            except Unavailable as error:
                return refused_in_text(error, request.headers)

        return Route(path, endpoint)

    return [*map(serve, _PATHS), Route("/healthz", healthz)]
