"""Server-sent events: an execution and its cases as they move, for as long as it lasts.

`id` is how far the listener is: `<change>-<case row>` while the cases of a change go out, and
`<change>` with its execution. It comes from the database: any process goes on from it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any, Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from orchestrator.auth.backends import Principal
from orchestrator.executions.event_feed import ChangesPage, Entry, Feeds, Render
from orchestrator.executions.waiting import ExecutionWithWaiting
from orchestrator.routes.operation import AuthScheme, Context, Operation
from orchestrator.routes.views import Views
from orchestrator.schemas.requests import FollowExecution
from orchestrator.store.changes import START, Position

HEARTBEAT: Final = 15.0
#: seconds after which a listener must come again: so a revoked token ends too.
LONGEST: Final = 900.0
#: bytes that are handed over at once.
_BLOCK: Final = 32 * 1024
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def renderer(views: Views, *, brief: bool = False) -> Render:
    shown = views.brief_case if brief else views.case

    def render(row: Any, position: Position) -> bytes:
        if isinstance(row, ExecutionWithWaiting):
            return _event("execution", f"{position.number}", views.detail(row))
        return _event("case", f"{position.number}-{position.row}", shown(row))

    return render


def _event(name: str, identity: str, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"event: {name}\nid: {identity}\ndata: {text}\n\n".encode()


def _comment(text: str) -> bytes:
    return f": {text}\n\n".encode()


class EventStream(StreamingResponse):
    media_type = "text/event-stream"
    body_iterator: AsyncGenerator[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await Response(headers=self.headers)(scope, receive, send)
            return
        async with contextlib.aclosing(self.body_iterator):
            await super().__call__(scope, receive, send)


def events(context: Context, request: FollowExecution, _principal: Principal) -> Response:
    """204, which ends a browser's reconnecting, when it is over and the listener knows it all."""
    last = request.last_event_id
    position = Position(*map(int, last.split("-"))) if last else START
    feeds = context.feeds if request.view is None else context.brief_feeds
    page = feeds.read(request.execution_id, position)
    if page.over and not page.entries:
        return Response(status_code=204)
    stream = encoded(feeds, request.execution_id, position, page)
    return EventStream(stream, headers=_HEADERS)


async def encoded(
    feeds: Feeds,
    execution_id: int,
    position: Position,
    page: ChangesPage,
    *,
    heartbeat: float = HEARTBEAT,
    longest: float = LONGEST,
) -> AsyncGenerator[bytes]:
    yield b"retry: 2000\n\n"
    deadline = asyncio.get_running_loop().time() + longest
    batches = feeds.follow(execution_id, position, page, silence=heartbeat)
    async with contextlib.aclosing(batches):
        async for batch in batches:
            for block in _blocks(batch):
                yield block
            if asyncio.get_running_loop().time() > deadline:
                yield _comment("come again")
                return
    yield _comment("closing" if feeds.closed else "end")


def _blocks(batch: Sequence[Entry]) -> Iterator[bytes]:
    block = bytearray()
    for entry in batch:
        block += entry.data
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    if block or not batch:
        yield bytes(block) or _comment("heartbeat")


OPERATIONS: Final = [
    Operation(
        method="GET",
        path="/automation/execution/events",
        auth=AuthScheme.STREAM,
        request_model=FollowExecution,
        handler=events,
        headers={"last-event-id": "lastEventId"},
    )
]
