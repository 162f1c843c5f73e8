"""Headers that every answer carries, unless it has its own word on the matter."""

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


_RAW: Final = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


class Shield:
    def __init__(self, app: ASGIApp, hot: Mapping[tuple[str, str], ASGIApp]) -> None:
        """`hot`: what comes by the hundred, by method and path; what lies between here and there
        (the router above all) would be a tenth of its cost."""
        self.app = app
        self._hot = hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers += [pair for pair in _RAW if pair[0] not in there]
                message["headers"] = headers
            await send(message)

        app = self._hot.get((scope["method"], scope["path"]), self.app)
        await app(scope, receive, shielded)
