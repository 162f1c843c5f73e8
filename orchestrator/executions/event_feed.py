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
import operator
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Final

from orchestrator.db.engine import Database
from orchestrator.errors import UnknownExecution
from orchestrator.executions.waiting import WaitingReasons
from orchestrator.status import TERMINAL
from orchestrator.store import changes
from orchestrator.store.changes import Position

log = logging.getLogger("sisyphus.feeds")

#: seconds until the changes of another process are seen.
POLL: Final = 1.5
#: entries of a feed, and cases that one look at the database brings.
MOST_ENTRIES: Final = 1000
PAGE: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One changed row, as it is sent."""

    position: Position
    data: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangesPage:
    entries: list[Entry]
    #: how far the execution was when this was read.
    latest: Position
    #: the execution has ended, and these are the last of it.
    over: bool

    def end(self, position: Position) -> Position:
        """How far somebody is who was at `position` and took these."""
        return self.entries[-1].position if self.entries else position


_POSITION: Final = operator.attrgetter("position")

#: of an `ExecutionWithWaiting`, or of the row of one of its cases.
Render = Callable[[Any, Position], bytes]


class Feed:
    """What lately happened to one execution, for all who listen to it; of one event loop."""

    def __init__(
        self, read: Callable[[Position], ChangesPage], base: Position, poll: float
    ) -> None:
        self._read = read
        self._poll = poll
        #: everything after this position, up to `_latest`, is in `_entries`.
        self._base = self._latest = base
        self._entries: list[Entry] = []
        self._over = False
        self._woken = asyncio.Event()
        #: set at the next change, and then replaced.
        self.changed = asyncio.Event()
        self.listeners = 0
        self.task = asyncio.create_task(self._run(), name="sisyphus-feed")

    def wake(self) -> None:
        self._woken.set()

    def notify(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def after(self, position: Position) -> ChangesPage | None:
        """What came after the position, each row once; None when that is not known here."""
        if position < self._base:
            return None
        first = bisect.bisect_right(self._entries, position, key=_POSITION)
        newest = {entry.position.row: entry for entry in self._entries[first:]}
        return ChangesPage(
            entries=sorted(newest.values(), key=_POSITION), latest=self._latest, over=self._over
        )

    async def _run(self) -> None:
        while not self._over:
            self._woken.clear()
            try:
                await self._read_changes()
            except Exception:  # a background loop: the next look must come
                log.exception("reading the changes of an execution failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._poll)

    async def _read_changes(self) -> None:
        try:
            page = await asyncio.to_thread(self._read, self._latest)
        except UnknownExecution:
            page = ChangesPage(entries=[], latest=self._latest, over=True)
        self._latest, self._over = page.end(self._latest), page.over
        self._entries += page.entries
        surplus = len(self._entries) - MOST_ENTRIES
        if surplus > 0:  # who still needs the oldest finds them in the database
            self._base = self._entries[surplus - 1].position
            del self._entries[:surplus]
        if page.entries or page.over:
            self.notify()
        if self._latest < page.latest:
            self.wake()  # more than a page: go on at once


class Feeds:
    """The feeds of one application, each there as long as somebody listens.

    `brief`: cases are told of by as much of their rows as `render` needs for a list.
    """

    def __init__(
        self,
        database: Database,
        render: Render,
        waiting_reasons: WaitingReasons,
        *,
        poll: float = POLL,
        brief: bool = False,
    ) -> None:
        self._database = database
        self._waiting_reasons = waiting_reasons
        self._render = render
        self._brief = brief
        self._poll = poll
        self._feeds: dict[int, Feed] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        #: no new stream will be long.
        self.closed = False

    def __len__(self) -> int:
        return len(self._feeds)

    def listeners(self) -> int:
        return sum(feed.listeners for feed in list(self._feeds.values()))

    def read(self, execution_id: int, position: Position) -> ChangesPage:
        """What the database has after the position, a page of it; `UnknownExecution`."""
        with self._database.reading() as session:
            found = changes.since(session, execution_id, position, PAGE, brief=self._brief)
            looked = (
                self._waiting_reasons.look(session, found.execution)
                if found.execution_changed
                else None
            )
        latest = Position(found.execution.change_no)
        entries = [self._entry(case, Position(case.change_no, case.id)) for case in found.cases]
        if looked is not None:
            entries.append(self._entry(looked, latest))
        over = found.complete and found.execution.status in TERMINAL
        return ChangesPage(entries=entries, latest=latest, over=over)

    def _entry(self, row: Any, position: Position) -> Entry:
        return Entry(position, self._render(row, position))

    async def follow(
        self, execution_id: int, position: Position, page: ChangesPage, *, silence: float
    ) -> AsyncGenerator[list[Entry]]:
        """Everything after the position, as it happens; an empty list after `silence` seconds.

        `page`: what `read` gave for the position. Ends after the execution's end, or when the
        service closes.
        """
        with self._joined(execution_id, page.latest) as feed:
            while True:
                if page.entries:
                    yield page.entries
                if page.over or self.closed:
                    return
                position = page.end(position)
                changed = feed.changed
                known = feed.after(position)
                if known is None:
                    known = await asyncio.to_thread(self.read, execution_id, position)
                page = known
                if page.entries or page.over:
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), silence)
                except TimeoutError:
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
        """Look at these executions now; from any thread, after a commit."""
        loop = self._loop
        if loop is None or not any(number in self._feeds for number in executions):
            return

        def wake() -> None:
            for number in executions & self._feeds.keys():
                self._feeds[number].wake()

        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens
            loop.call_soon_threadsafe(wake)

    def close(self) -> None:
        """End all streams (in the event loop); who reconnects elsewhere misses nothing."""
        self.closed = True
        for feed in self._feeds.values():
            feed.notify()
