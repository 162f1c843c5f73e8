"""Following executions live: one reader for each execution that somebody listens to.

A `Feed` holds the newest changes of its execution, ready to be sent; every listener has a position
of its own in them. Who is behind their beginning (a newcomer, a slow one) reads the database, where
each row is once, as it is now: so nothing is queued for anybody, and nothing is lost for anybody.
The reader is woken by the commits of this process, and looks by itself for those of others.
"""

import asyncio
import bisect
import contextlib
import dataclasses
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final

from orchestrator.database import Database
from orchestrator.errors import UnknownExecution
from orchestrator.models import Execution, ExecutionCase
from orchestrator.status import TERMINAL
from orchestrator.store import changes
from orchestrator.store.changes import Position

log = logging.getLogger("sisyphus.feeds")

#: seconds until the changes of another process are seen.
POLL: Final = 1.5
#: entries of a feed, and cases that one look at the database brings.
KEPT: Final = 1000
PAGE: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One changed row, as it is sent."""

    position: Position
    data: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fresh:
    entries: list[Entry]
    #: how far the execution was when this was read.
    head: Position
    #: the execution has ended, and these are the last of it.
    over: bool

    def end(self, position: Position) -> Position:
        """How far somebody is who was at `position` and took these."""
        return self.entries[-1].position if self.entries else position


Render = Callable[[Execution | ExecutionCase, Position], bytes]


class Feed:
    """What lately happened to one execution, for all who listen to it; of one event loop."""

    def __init__(self, read: Callable[[Position], Fresh], base: Position, poll: float) -> None:
        self._read = read
        self._poll = poll
        #: everything after this position, up to `_head`, is in `_entries`.
        self._base = self._head = base
        self._entries: list[Entry] = []
        self._over = False
        self._stirred = asyncio.Event()
        #: set at the next change, and then replaced.
        self.news = asyncio.Event()
        self.listeners = 0
        self.task = asyncio.create_task(self._keep(), name="sisyphus-feed")

    def stir(self) -> None:
        self._stirred.set()

    def tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    def after(self, position: Position) -> Fresh | None:
        """What came after the position, each row once; None when that is not known here."""
        if position < self._base:
            return None
        first = bisect.bisect_right(self._entries, position, key=_position)
        newest = {entry.position.row: entry for entry in self._entries[first:]}
        return Fresh(
            entries=sorted(newest.values(), key=_position), head=self._head, over=self._over
        )

    async def _keep(self) -> None:
        while not self._over:
            self._stirred.clear()
            try:
                await self._look()
            except Exception:  # a background loop: the next look must come
                log.exception("reading the changes of an execution failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), self._poll)

    async def _look(self) -> None:
        try:
            fresh = await asyncio.to_thread(self._read, self._head)
        except UnknownExecution:
            fresh = Fresh(entries=[], head=self._head, over=True)
        self._head, self._over = fresh.end(self._head), fresh.over
        self._entries += fresh.entries
        self._trim()
        if fresh.entries or fresh.over:
            self.tell()
        if self._head < fresh.head:
            self.stir()  # more than a page: go on at once

    def _trim(self) -> None:
        """Forget the oldest; who still needs them finds them in the database."""
        surplus = len(self._entries) - KEPT
        if surplus > 0:
            self._base = self._entries[surplus - 1].position
            del self._entries[:surplus]


def _position(entry: Entry) -> Position:
    return entry.position


class Feeds:
    """The feeds of one application, each there as long as somebody listens."""

    def __init__(self, database: Database, render: Render, *, poll: float = POLL) -> None:
        self._database = database
        self._render = render
        self._poll = poll
        self._feeds: dict[int, Feed] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        #: no new stream will be long.
        self.closed = False

    def __len__(self) -> int:
        return len(self._feeds)

    def listeners(self) -> int:
        return sum(feed.listeners for feed in list(self._feeds.values()))

    def read(self, execution_id: int, position: Position) -> Fresh:
        """What the database has after the position, a page of it; `UnknownExecution`."""
        with self._database.reading() as session:
            found = changes.since(session, execution_id, position, PAGE)
        head = Position(found.execution.change_no)
        entries = [
            self._entry(case, Position(case.change_no, case.id or 0)) for case in found.cases
        ]
        if found.news:
            entries.append(self._entry(found.execution, head))
        over = found.complete and found.execution.status in TERMINAL
        return Fresh(entries=entries, head=head, over=over)

    def _entry(self, row: Execution | ExecutionCase, position: Position) -> Entry:
        return Entry(position, self._render(row, position))

    async def follow(
        self, execution_id: int, position: Position, fresh: Fresh, *, silence: float
    ) -> AsyncGenerator[list[Entry]]:
        """Everything after the position, as it happens; an empty list after `silence` seconds.

        `fresh`: what `read` gave for the position. Ends after the execution's end, or when the
        service closes.
        """
        with self._joined(execution_id, fresh.head) as feed:
            while True:
                if fresh.entries:
                    yield fresh.entries
                if fresh.over or self.closed:
                    return
                position = fresh.end(position)
                news = feed.news
                known = feed.after(position)
                if known is None:
                    known = await asyncio.to_thread(self.read, execution_id, position)
                fresh = known
                if not (fresh.entries or fresh.over or await _set_within(news, silence)):
                    yield []

    @contextlib.contextmanager
    def _joined(self, execution_id: int, base: Position) -> Iterator[Feed]:
        self._loop = asyncio.get_running_loop()
        feed = self._feeds.get(execution_id)
        if feed is None:
            feed = Feed(lambda position: self.read(execution_id, position), base, self._poll)
            self._feeds[execution_id] = feed
        feed.listeners += 1
        try:
            yield feed
        finally:
            feed.listeners -= 1
            if not feed.listeners:
                feed.task.cancel()
                del self._feeds[execution_id]

    def changed(self, executions: frozenset[int]) -> None:
        """After a commit, from any thread: look at these now."""
        loop = self._loop
        if loop is None or not any(number in self._feeds for number in executions):
            return
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens
            loop.call_soon_threadsafe(self._stir, executions)

    def _stir(self, executions: frozenset[int]) -> None:
        for number in executions & self._feeds.keys():
            self._feeds[number].stir()

    def close(self) -> None:
        """End all streams (in the event loop); who reconnects elsewhere misses nothing."""
        self.closed = True
        for feed in self._feeds.values():
            feed.tell()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
