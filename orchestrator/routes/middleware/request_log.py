"""One line of log per request; never the query, a header, a body, or the key of a file."""

import json
import logging
import random
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.clock import tick
from orchestrator.config.logging import REQUESTS, request_id
from orchestrator.routes.operation import client_of

log = logging.getLogger(REQUESTS)

_SECRET_PATHS: Final = "/files/"  # noqa: S105 -- a path


class RequestLog:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # no secret: a system call for it would cost more than the whole rest of this
        number = scope.setdefault("state", {})["request_id"] = f"{random.getrandbits(64):016x}"
        request_id.set(number)
        began, status = tick(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            took = (tick() - began) * 1000
            path: str = scope["path"]
            shown = _SECRET_PATHS + "…" if path.startswith(_SECRET_PATHS) else path
            # as JSON text, so that no path can forge a line
            line = (number, scope["method"], json.dumps(shown), status, took)
            noted = scope["state"]
            code, about = noted.get("code"), {"execution_id": noted.get("execution_id")}
            if code is not None:
                refusal = (code, client_of(scope))
                log.info("%s %s %s %d %.1fms code=%d client=%s", *line, *refusal, extra=about)
            elif status >= HTTPStatus.BAD_REQUEST:
                log.info("%s %s %s %d %.1fms client=%s", *line, client_of(scope), extra=about)
            else:
                log.info("%s %s %s %d %.1fms", *line, extra=about)
