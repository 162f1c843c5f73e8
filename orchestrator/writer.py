"""One thread that writes: whatever waits is done in one transaction and answered after its commit.

A commit (an fsync) costs far more than the statements in it, so concurrent callers share one.
Each piece of work runs in its own SAVEPOINT: what it raises goes to its own caller only. When the
transaction itself fails, every piece is done again alone, so work must bear being repeated.

Here, and nowhere else, is what several service processes do to each other on one server undone: a
deadlock or serialization failure (the transaction is lost) is tried again after a random pause; a
unique key that another process was quicker to insert is looked at again by the same work.
"""

import dataclasses
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from .database import Database, is_conflict, mapped
from .errors import Unavailable
from .store.changes import CHANGED

T = TypeVar("T")
Work = Callable[[Session], T]

log = logging.getLogger("sisyphus.writer")

#: how often one piece is done before its conflict is its caller's.
_TRIES: Final = 8
_FIRST_PAUSE: Final = 0.01


@dataclasses.dataclass(frozen=True, eq=False)
class _Piece:
    work: Work[Any]
    future: "Future[Any]"


@dataclasses.dataclass(frozen=True, eq=False)
class _Done:
    piece: _Piece
    value: Any = None
    error: Exception | None = None
    #: the executions that are otherwise now.
    changed: frozenset[int] = frozenset()

    def tell(self) -> None:
        if self.error is None:
            self.piece.future.set_result(self.value)
        else:
            self.piece.future.set_exception(self.error)


class Writer:
    def __init__(
        self, database: Database, *, group: int = 64, info: Mapping[str, Any] | None = None
    ) -> None:
        """`info`: what the store finds in the `info` of every session."""
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
        """Do `work` in a transaction; return or raise once it is committed or rolled back."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("服务正在关闭")
            self._queue.put(_Piece(work, future))
        return future.result()

    def close(self) -> None:
        """Finish what is waiting, then stop."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        more = True
        while more:
            pieces, more = self._gather()
            if pieces:
                self._together(pieces)

    def _gather(self) -> tuple[list[_Piece], bool]:
        """Wait for one piece, then take what else is there; False after the last one."""
        pieces: list[_Piece] = []
        while len(pieces) < self._group:
            try:
                piece = self._queue.get(block=not pieces)
            except queue.Empty:
                break
            if piece is None:
                return pieces, False
            pieces.append(piece)
        return pieces, True

    def _together(self, pieces: Sequence[_Piece], tries: int = 1) -> None:
        begun = False
        try:
            with self._database.writing() as connection:
                begun = True
                done = [_try(connection, piece, self._info) for piece in pieces]
        except Exception as error:  # noqa: BLE001 -- a background loop: the callers get the error
            done = self._again(pieces, error, tries) if begun else _failed(pieces, error)
        for one in done:
            one.tell()
        if changed := frozenset[int]().union(*(one.changed for one in done)):
            self.on_change(changed)

    def _again(self, pieces: Sequence[_Piece], error: Exception, tries: int) -> list[_Done]:
        """Each piece alone, or after a pause; what is given up."""
        if len(pieces) > 1:
            log.warning("a group of %d writes failed (%s), doing each alone", len(pieces), error)
            for piece in pieces:
                self._together([piece])
            return []
        if not _is_conflict(error) or tries >= _TRIES:
            return _failed(pieces, error)
        time.sleep(random.uniform(0, _FIRST_PAUSE * 2**tries))  # noqa: S311 -- so that two do not meet again
        self._together(pieces, tries + 1)
        return []


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
        if _is_conflict(error):
            raise  # the savepoint may be gone with the transaction: nothing to roll back to
        session.rollback()
        if isinstance(error, IntegrityError) and tries < _TRIES:
            return _try(connection, piece, info, tries + 1)
        return _Done(piece, error=error)
    finally:
        session.expunge_all()
    return _Done(piece, value, changed=frozenset(session.info.get(CHANGED, ())))


def _nobody_listens(_changed: frozenset[int]) -> None:
    pass


def _is_conflict(error: BaseException) -> bool:
    return is_conflict(error) or is_conflict(error.__cause__)


def _failed(pieces: Sequence[_Piece], error: Exception) -> list[_Done]:
    return [_Done(piece, error=error) for piece in pieces]
