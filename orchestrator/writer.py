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
from sqlmodel import Session

from .database import Database, is_conflict, mapped
from .errors import ServiceError, Unavailable
from .store.changes import CHANGED

T = TypeVar("T")
Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)
Work = Callable[[Session], T]

log = logging.getLogger("sisyphus.writer")

#: how often one piece is done before its conflict is its caller's.
_TRIES: Final = 8
_FIRST_PAUSE: Final = 0.01
#: what work of its own weighs: as much as so many results.
_OF_ITS_OWN: Final = 16
#: seconds that a caller waits for its turn and its commit; longer, and it may come again.
PATIENCE: Final = 12.0


class Grouped(Protocol[Item_contra, T_co]):
    """Work on all that waits for it, done with few statements: what becomes of each item in turn
    (an error is that item's only), and the executions that are otherwise now."""

    def __call__(
        self, session: Session, items: Sequence[Item_contra], /
    ) -> tuple[Sequence[T_co | ServiceError], set[int]]: ...


class _Answer(Protocol):
    """A future of a thread or of an event loop."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: Exception, /) -> None: ...


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class _Piece:
    work: Any
    answer: _Answer
    #: what a grouped work is to do it with.
    item: Any = None
    grouped: bool = False
    #: how much of a group it is.
    weight: int = 1
    #: where the answer is waited for; None: in a thread.
    loop: asyncio.AbstractEventLoop | None = None
    #: nobody waits for it any longer than this.
    until: float = dataclasses.field(default_factory=lambda: time.monotonic() + PATIENCE)


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class _Done:
    piece: _Piece
    value: Any = None
    error: Exception | None = None
    #: the executions that are otherwise now.
    changed: frozenset[int] = frozenset()

    def tell(self) -> None:
        answer = self.piece.answer
        if answer.done():  # its caller is gone
            return
        with contextlib.suppress(futures.InvalidStateError):  # gone at this moment
            if self.error is None:
                answer.set_result(self.value)
            else:
                answer.set_exception(self.error)


class Writer:
    def __init__(
        self, database: Database, *, group: int = 1024, info: Mapping[str, Any] | None = None
    ) -> None:
        """`info`: what the store finds in the `info` of every session; `group`: what one
        transaction may weigh, so that nobody waits long for the others."""
        self._database = database
        self._info = dict(info or {})
        self._group = group
        self._queue: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        #: told after each commit which executions it changed; never raises, never waits.
        self.on_change: Callable[[frozenset[int]], None] = _nobody_listens
        self._thread = threading.Thread(target=self._loop, name="sisyphus-writer", daemon=True)
        self._thread.start()

    def run(self, work: Work[T]) -> T:
        """Do `work` in a transaction; return or raise once it is committed or rolled back.

        `Unavailable` after `PATIENCE` seconds: not done if it still waited, else nobody knows yet.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在关闭")
            self._queue.put(_Piece(work, future, weight=_OF_ITS_OWN))
        return _awaited(future)

    def join(self, work: Grouped[Item, T], item: Item, *, weight: int = 1) -> "asyncio.Future[T]":
        """As `run`, from an event loop, and together with all that waits for the same work.

        How long it is waited for is the caller's to say: a cancelled future is not done any more.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在关闭")
            self._queue.put(_Piece(work, future, item, grouped=True, weight=weight, loop=loop))
        return future

    def run_joined(self, work: Grouped[Item, T], item: Item, *, weight: int = 1) -> T:
        """As `join`, from a thread."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在关闭")
            self._queue.put(_Piece(work, future, item, grouped=True, weight=weight))
        return _awaited(future)

    def close(self, patience: float | None = None) -> None:
        """Finish what is waiting, at most so many seconds, then stop."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join(patience)

    def _loop(self) -> None:
        more = True
        while more:
            pieces, more = self._gather()
            if pieces:
                self._together(pieces)

    def _gather(self) -> tuple[list[_Piece], bool]:
        """Wait for one piece, then take what else is there; False after the last one."""
        pieces: list[_Piece] = []
        weight = 0
        while weight < self._group:
            try:
                piece = self._queue.get(block=not pieces)
            except queue.Empty:
                break
            if piece is None:
                return pieces, False
            if not piece.answer.done():  # else its caller gave up
                pieces.append(piece)
                weight += piece.weight
        return pieces, True

    def _together(self, pieces: Sequence[_Piece], tries: int = 1) -> None:
        begun = False
        try:
            with self._database.writing() as connection:
                begun = True
                done = _done(connection, pieces, self._info)
        except Exception as error:  # noqa: BLE001 -- a background loop: the callers get the error
            done = self._again(pieces, error, tries) if begun else _failed(pieces, error)
        _tell(done)
        if changed := frozenset[int]().union(*(one.changed for one in done)):
            self.on_change(changed)

    def _again(self, pieces: Sequence[_Piece], error: Exception, tries: int) -> list[_Done]:
        """Each piece alone, or after a pause; what is given up."""
        if len(pieces) > 1:
            log.warning("a group of %d writes failed (%s), doing each alone", len(pieces), error)
            for piece in pieces:
                self._together([piece])
            return []
        late = time.monotonic() > pieces[0].until
        if late or not _is_conflict(error) or tries >= _TRIES:
            return _failed(pieces, error)
        time.sleep(random.uniform(0, _FIRST_PAUSE * 2**tries))  # noqa: S311 -- so that two do not meet again
        self._together(pieces, tries + 1)
        return []


def _done(connection: Connection, pieces: Sequence[_Piece], info: Mapping[str, Any]) -> list[_Done]:
    """Each single piece, then what is done together."""
    done = [_try(connection, piece, info) for piece in pieces if not piece.grouped]
    groups: dict[Any, list[_Piece]] = {}
    for piece in pieces:
        if piece.grouped:
            groups.setdefault(piece.work, []).append(piece)
    alone = not done and len(groups) == 1
    for group in groups.values():
        done += _grouped(connection, group, info) if alone else _saved(connection, group, info)
    return done


def _grouped(
    connection: Connection, group: Sequence[_Piece], info: Mapping[str, Any]
) -> list[_Done]:
    """In the transaction itself: it fails with the group."""
    session = Session(connection, join_transaction_mode="rollback_only", info=dict(info))
    with mapped(), session:
        outcomes, moved = group[0].work(session, [piece.item for piece in group])
    changed = frozenset(moved)
    return [
        _Done(piece, error=outcome, changed=changed)
        if isinstance(outcome, ServiceError)
        else _Done(piece, outcome, changed=changed)
        for piece, outcome in zip(group, outcomes, strict=True)
    ]


def _saved(connection: Connection, group: Sequence[_Piece], info: Mapping[str, Any]) -> list[_Done]:
    """In a savepoint: when it fails, each alone, and what is beside it stays."""
    try:
        with connection.begin_nested():
            return _grouped(connection, group, info)
    except Exception as error:
        if connection.invalidated or _is_conflict(error):
            raise
        if len(group) == 1:
            return [_Done(group[0], error=error)]
    return [one for piece in group for one in _saved(connection, [piece], info)]


def _tell(done: Sequence[_Done]) -> None:
    """An event loop is woken once for all that wait in it."""
    waiting: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for one in done:
        if one.piece.loop is None:
            one.tell()
        else:
            waiting.setdefault(one.piece.loop, []).append(one)
    for loop, those in waiting.items():
        with contextlib.suppress(RuntimeError):  # it has closed: nobody waits
            loop.call_soon_threadsafe(_tell_all, those)


def _tell_all(done: Sequence[_Done]) -> None:
    for one in done:
        one.tell()


def _try(connection: Connection, piece: _Piece, info: Mapping[str, Any], tries: int = 1) -> _Done:
    session = Session(
        connection,
        join_transaction_mode="create_savepoint",
        expire_on_commit=False,
        info=dict(info),
    )
    try:
        with mapped():
            value = piece.work(session)
            session.commit()
    except Exception as error:
        if connection.invalidated or _is_conflict(error):
            raise  # the savepoint may be gone with the transaction: nothing to roll back to
        session.rollback()
        if isinstance(error, IntegrityError) and tries < _TRIES:
            return _try(connection, piece, info, tries + 1)
        return _Done(piece, error=error)
    finally:
        session.expunge_all()
    return _Done(piece, value, changed=frozenset(session.info.get(CHANGED, ())))


def _awaited(future: "Future[T]") -> T:
    futures.wait([future], PATIENCE)
    if future.cancel():  # and so not done, or nobody knows yet
        raise Unavailable
    return future.result()


def _nobody_listens(_changed: frozenset[int]) -> None:
    pass


def _is_conflict(error: BaseException) -> bool:
    return is_conflict(error) or is_conflict(error.__cause__)


def _failed(pieces: Sequence[_Piece], error: Exception) -> list[_Done]:
    return [_Done(piece, error=error) for piece in pieces]
