"""Bodies of requests: read once it is known who sends them, within bounds of size, time and all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.errors import BadRequest, BodyTooLarge, Busy

#: bodies of the largest size that are held at once.
_AT_ONCE: Final = 8
#: seconds for a whole body, and for the rest of one that nobody wants.
_PATIENCE: Final = 60.0
_FAREWELL: Final = 5.0


class Bodies:
    def __init__(self, limit: int, patience: float = _PATIENCE) -> None:
        self._limit = limit
        self._patience = patience
        self._free = limit * _AT_ONCE

    @contextlib.asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """The body, which counts as held for as long as the block lasts.

        `BodyTooLarge`, `Busy` when too much is held already, `BadRequest` for one that is cut off.
        """
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > self._limit:
            raise BodyTooLarge
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self._patience):  # anyio's costs ten times as much
                    await self._fill(body, request)
            except ClientDisconnect as gone:  # nobody hears the answer, but it is no fault of ours
                raise BadRequest("请求体不完整") from gone
            except TimeoutError as late:
                raise BadRequest(f"请求体未在 {self._patience:.0f} 秒内收完") from late
            yield bytes(body)
        finally:
            self._free += len(body)

    async def _fill(self, body: bytearray, request: Request) -> None:
        async for chunk in request.stream():
            body += chunk
            self._free -= len(chunk)
            if len(body) > self._limit:
                raise BodyTooLarge
            if self._free < 0:
                raise Busy


class Refusal(Response):
    """Answers at once, and takes what is still coming without keeping it.

    A sender that is cut off in its body would see a broken connection in place of the answer.
    """

    def __init__(self, answer: Response, limit: int) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer = answer
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def unfinished(message: dict[str, object]) -> None:
            last = message["type"] == "http.response.body"
            await send({**message, "more_body": True} if last else message)

        await self._answer(scope, receive, unfinished)  # type: ignore[arg-type]  # a message is a dict
        with anyio.move_on_after(_FAREWELL):
            await self._drain(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self, receive: Receive) -> None:
        taken = 0
        while taken <= self._limit:
            message = await receive()
            taken += len(message.get("body", b""))
            if not message.get("more_body", False):
                return
