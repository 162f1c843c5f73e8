"""Headers that every answer carries, unless it sets them itself."""

import functools
from collections.abc import Mapping, Sequence
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


@functools.lru_cache
def _lacking(names: tuple[bytes, ...]) -> Sequence[tuple[bytes, bytes]]:
    there = {name.lower() for name in names}
    return [pair for pair in _RAW if pair[0] not in there]


class SecurityHeaders:
    def __init__(self, app: ASGIApp, hot: Mapping[tuple[str, str], ASGIApp]) -> None:
        """`hot`: what comes by the hundred, by method and path; what lies between here and there
        (the router above all) would be a tenth of its cost."""
        self.app = app
        self._hot = hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                message["headers"] = [*headers, *_lacking(tuple([name for name, _ in headers]))]
            await send(message)

        app = self._hot.get((scope["method"], scope["path"]), self.app)
        await app(scope, receive, with_headers)
