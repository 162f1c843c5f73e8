"""Bodies of requests: read once it is known who sends them, within bounds of size, time and all."""

import asyncio
from typing import Final

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.errors import BadRequest, BodyTooLarge, Busy
from orchestrator.i18n import tr

#: bodies of the largest size that are held at once.
_AT_ONCE: Final = 8
#: seconds for a whole body, and for the rest of one that nobody wants.
_PATIENCE: Final = 60.0
_FAREWELL: Final = 5.0


class BodyReader:
    def __init__(self, limit: int, patience: float = _PATIENCE) -> None:
        self._limit = limit
        self._patience = patience
        self._free = limit * _AT_ONCE

    async def read(self, announced: str, receive: Receive, limit: int | None = None) -> bytes:
        """The body, which counts as held until it is `release` with; `limit`: of this one.

        `BodyTooLarge`, `Busy` when too much is held already, `BadRequest` for one that is cut off.
        """
        limit = self._limit if limit is None else min(limit, self._limit)
        if announced.isdigit() and int(announced[:20]) > limit:
            raise BodyTooLarge
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):  # anyio's costs ten times as much
                await self._receive(body, receive, limit)
        except BaseException as error:
            self.release(body)
            if isinstance(error, TimeoutError):
                raise BadRequest(
                    tr("请求体未在 {seconds} 秒内收完", seconds=f"{self._patience:.0f}")
                ) from error
            raise
        return bytes(body)

    def release(self, body: bytes | bytearray) -> None:
        self._free += len(body)

    async def _receive(self, body: bytearray, receive: Receive, limit: int) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise BadRequest(tr("请求体不完整"))  # nobody hears it, but it is no fault of ours
            chunk, more = message.get("body", b""), message.get("more_body", False)
            body += chunk
            self._free -= len(chunk)
            if len(body) > limit:
                raise BodyTooLarge
            if self._free < 0:
                raise Busy


class DrainingResponse(Response):
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
            taken, more = 0, True
            while more and taken <= self._limit:
                message = await receive()
                taken += len(message.get("body", b""))
                more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
