"""One thread that writes: whatever waits is done in one transaction and answered after its commit.

A commit (an fsync) costs far more than the statements in it, so concurrent callers share one.
Each piece of work runs in its own SAVEPOINT: what it raises goes to its own caller only. When the
transaction itself fails, every piece is done again alone, so work must bear being repeated.

Here, and nowhere else, is what several service processes do to each other on one server undone: a
deadlock or serialization failure (the transaction is lost) is tried again after a random pause; a
unique key that another process was quicker to insert is looked at again by the same work.
"""

import asyncio
import contextlib
import dataclasses
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from concurrent.futures import Future
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from orchestrator.db.engine import Database, is_conflict, translated_errors
from orchestrator.errors import ServiceError, Unavailable
from orchestrator.i18n import tr
from orchestrator.store.session import Subscribers, WriteSession

T = TypeVar("T")
Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)
Work = Callable[[WriteSession], T]

log = logging.getLogger("sisyphus.writer")
ends_log = logging.getLogger("sisyphus.executions")

#: how often one piece is done before its conflict is its caller's.
_TRIES: Final = 8
_FIRST_PAUSE: Final = 0.01
#: what work of its own weighs: as much as so many results.
_OF_ITS_OWN: Final = 16
#: seconds, and how often, that a group waits for those who are likely to come, while some come.
_LULL: Final = 0.0005
_LULLS: Final = 8
#: seconds that a caller waits for its turn and its commit; longer, and it may come again.
PATIENCE: Final = 12.0


class Grouped(Protocol[Item_contra, T_co]):
    """Work on all that waits for it, done with few statements: what becomes of each item in turn
    (an error is that item's only), and the executions that are otherwise now."""

    def __call__(
        self, session: WriteSession, items: Sequence[Item_contra], /
    ) -> tuple[Sequence[T_co | ServiceError], set[int]]: ...


class _AnyFuture(Protocol):
    """A future of a thread or of an event loop."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...


@dataclasses.dataclass(eq=False, slots=True)  # frozen, it would take three times as long to make
class _Task:
    work: Any
    answer: _AnyFuture
    #: what a grouped work is to do it with.
    item: Any = None
    grouped: bool = False
    #: how much of a group it is.
    weight: int = 1
    #: where the answer is waited for; None: in a thread.
    loop: asyncio.AbstractEventLoop | None = None
    #: nobody waits for it any longer than this.
    until: float = dataclasses.field(default_factory=lambda: time.monotonic() + PATIENCE)


@dataclasses.dataclass(eq=False, slots=True)
class _TaskResult:
    task: _Task
    value: Any = None
    error: Exception | None = None
    #: the executions that are otherwise now.
    changed: frozenset[int] = frozenset()
    #: lines of log, with their level, by execution.
    ends: Mapping[int, tuple[int, str]] = dataclasses.field(default_factory=dict)

    def deliver(self) -> None:
        answer = self.task.answer
        if answer.done():  # its caller is gone
            return
        with contextlib.suppress(futures.InvalidStateError):  # gone at this moment
            if self.error is None:
                answer.set_result(self.value)
            else:
                answer.set_exception(self.error)


class Writer:
    def __init__(
        self,
        database: Database,
        *,
        group: int = 1024,
        subscribers: Subscribers | None = None,
        on_change: Callable[[frozenset[int]], None] = lambda _changed: None,
    ) -> None:
        """`subscribers`: who hears of ends; `group`: what one transaction may weigh, so that
        nobody waits long for the others; `on_change`: told after each commit which executions it
        changed; it never raises and never waits."""
        self._database = database
        self._subscribers = subscribers
        self._group = group
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        #: pieces of the last group.
        self._before = 0
        self._on_change = on_change
        self._thread = threading.Thread(target=self._loop, name="sisyphus-writer", daemon=True)
        self._thread.start()

    def run(self, work: Work[T]) -> T:
        """Do `work` in a transaction; return or raise once it is committed or rolled back.

        `Unavailable` after `PATIENCE` seconds: not done if it still waited, else nobody knows yet.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable(tr("服务正在关闭"))
            self._queue.put(_Task(work, future, weight=_OF_ITS_OWN))
        return _wait_for(future)

    def submit_batched(
        self, work: Grouped[Item, T], item: Item, *, weight: int = 1
    ) -> "asyncio.Future[T]":
        """As `run`, from an event loop, and together with all that waits for the same work.

        How long it is waited for is the caller's to say: a cancelled future is not done any more.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            if self._closed:
                raise Unavailable(tr("服务正在关闭"))
            self._queue.put(_Task(work, future, item, grouped=True, weight=weight, loop=loop))
        return future

    def run_joined(self, work: Grouped[Item, T], item: Item, *, weight: int = 1) -> T:
        """As `submit_batched`, from a thread."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable(tr("服务正在关闭"))
            self._queue.put(_Task(work, future, item, grouped=True, weight=weight))
        return _wait_for(future)

    def close(self, patience: float | None = None) -> None:
        """Finish what is waiting, at most so many seconds, then stop."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join(patience)

    def _loop(self) -> None:
        more = True
        while more:
            tasks, more = self._next_group()
            if tasks:
                self._commit_group(tasks)

    def _next_group(self) -> tuple[list[_Task], bool]:
        """Wait for one piece, then take what else is there; False after the last one.

        Whom the last group answered, they come again: the first of them waits a little for the
        others, and so do those who came during its commit, or both would commit in turns for ever.
        """
        tasks: list[_Task] = []
        weight, waits, came = 0, _LULLS, 0
        expected = self._before + self._queue.qsize()
        while weight < self._group:
            try:
                task = self._queue.get(block=not tasks)
            except queue.Empty:
                if not waits or len(tasks) >= expected or len(tasks) == came:
                    break
                came = len(tasks)
                time.sleep(_LULL)
                waits -= 1
                continue
            if task is None:
                return tasks, False
            if not task.answer.done():  # else its caller gave up
                tasks.append(task)
                weight += task.weight
        self._before = len(tasks)
        return tasks, True

    def _commit_group(self, tasks: Sequence[_Task], tries: int = 1) -> None:
        begun = False
        try:
            with self._database.writing() as connection:
                begun = True
                done = _run_tasks(connection, tasks, self._subscribers)
        except Exception as error:  # noqa: BLE001 -- a background loop: the callers get the error
            done = self._retry(tasks, error, tries) if begun else _all_failed(tasks, error)
        _deliver(done)
        if changed := frozenset[int]().union(*(one.changed for one in done)):
            self._on_change(changed)
        for execution_id, (level, line) in [end for one in done for end in one.ends.items()]:
            ends_log.log(level, "%s", line, extra={"execution_id": execution_id})

    def _retry(self, tasks: Sequence[_Task], error: Exception, tries: int) -> list[_TaskResult]:
        """Each piece alone, or after a pause; what is given up."""
        if len(tasks) > 1:
            log.warning("a group of %d writes failed (%s), doing each alone", len(tasks), error)
            for task in tasks:
                self._commit_group([task])
            return []
        late = time.monotonic() > tasks[0].until
        if late or not _is_conflict(error) or tries >= _TRIES:
            return _all_failed(tasks, error)
        time.sleep(random.uniform(0, _FIRST_PAUSE * 2**tries))  # noqa: S311 -- so that two do not meet again
        self._commit_group(tasks, tries + 1)
        return []


def _run_tasks(
    connection: Connection, tasks: Sequence[_Task], subscribers: Subscribers | None
) -> list[_TaskResult]:
    """Each single piece, then what is done together."""
    done = [_run_alone(connection, task, subscribers) for task in tasks if not task.grouped]
    groups: dict[Any, list[_Task]] = {}
    for task in tasks:
        if task.grouped:
            groups.setdefault(task.work, []).append(task)
    alone = not done and len(groups) == 1
    for group in groups.values():
        done += (
            _run_group(connection, group, subscribers)
            if alone
            else _run_in_savepoint(connection, group, subscribers)
        )
    return done


def _run_alone(
    connection: Connection, task: _Task, subscribers: Subscribers | None, tries: int = 1
) -> _TaskResult:
    session = WriteSession(
        connection,
        join_transaction_mode="create_savepoint",
        expire_on_commit=False,
        subscribers=subscribers,
    )
    try:
        with translated_errors():
            value = task.work(session)
            session.commit()
    except Exception as error:
        if connection.invalidated or _is_conflict(error):
            raise  # the savepoint may be gone with the transaction: nothing to roll back to
        session.rollback()
        if isinstance(error, IntegrityError) and tries < _TRIES:
            return _run_alone(connection, task, subscribers, tries + 1)
        return _TaskResult(task, error=error)
    finally:
        session.expunge_all()
    changed = frozenset(session.changed_executions)
    return _TaskResult(task, value, changed=changed, ends=session.ends)


def _run_group(
    connection: Connection, group: Sequence[_Task], subscribers: Subscribers | None
) -> list[_TaskResult]:
    """Do it in the transaction itself, which fails with it."""
    session = WriteSession(
        connection, join_transaction_mode="rollback_only", subscribers=subscribers
    )
    with translated_errors(), session:
        outcomes, moved = group[0].work(session, [task.item for task in group])
    changed = frozenset(moved)
    return [
        _TaskResult(task, error=outcome, changed=changed)
        if isinstance(outcome, ServiceError)
        else _TaskResult(task, outcome, changed=changed)
        for task, outcome in zip(group, outcomes, strict=True)
    ]


def _run_in_savepoint(
    connection: Connection, group: Sequence[_Task], subscribers: Subscribers | None
) -> list[_TaskResult]:
    """Do it in a savepoint: when it fails, each piece alone, and what is beside it stays."""
    savepoint = connection.begin_nested()
    try:
        done = _run_group(connection, group, subscribers)
    except Exception as error:
        if connection.invalidated or _is_conflict(error):
            raise  # as in `_run_alone`: there may be nothing to roll back to
        savepoint.rollback()
        if len(group) == 1:
            return [_TaskResult(group[0], error=error)]
    else:
        savepoint.commit()
        return done
    return [one for task in group for one in _run_in_savepoint(connection, [task], subscribers)]


def _deliver(done: Sequence[_TaskResult]) -> None:
    """An event loop is woken once for all that wait in it."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[_TaskResult]] = {}
    for one in done:
        by_loop.setdefault(one.task.loop, []).append(one)
    for loop, those in by_loop.items():
        if loop is None:
            _deliver_all(those)
            continue
        with contextlib.suppress(RuntimeError):  # it has closed: nobody waits
            loop.call_soon_threadsafe(_deliver_all, those)


def _deliver_all(done: Sequence[_TaskResult]) -> None:
    for one in done:
        one.deliver()


def _wait_for(future: "Future[T]") -> T:
    futures.wait([future], PATIENCE)
    if future.cancel():  # and so not done, or nobody knows yet
        raise Unavailable
    return future.result()


def _is_conflict(error: BaseException) -> bool:
    return is_conflict(error) or is_conflict(error.__cause__)


def _all_failed(tasks: Sequence[_Task], error: Exception) -> list[_TaskResult]:
    return [_TaskResult(task, error=error) for task in tasks]
