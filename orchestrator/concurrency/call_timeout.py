"""Calls of code that may never come back: whoever waits for one is let go after a while."""

import contextvars
import threading
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class OverdueError(Exception):
    """It did not answer in time, or an earlier call of its kind still has not."""


class Limited:
    """`seconds` for each call; where `most` are overdue already, no other is begun."""

    def __init__(self, name: str, seconds: float, *, most: int) -> None:
        self._name = name
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._overdue: set[Future[Any]] = set()

    def call(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises; `OverdueError`."""
        with self._lock:
            self._overdue = {one for one in self._overdue if not one.done()}
            if len(self._overdue) >= self._most:
                raise OverdueError(f"{self._name}() still waits")
        future: Future[T] = Future()
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(_into, future, work), name="sisyphus-call", daemon=True
        ).start()
        futures.wait([future], self._seconds)
        if not future.done():
            with self._lock:
                self._overdue.add(future)
            raise OverdueError(f"{self._name}() did not answer within {self._seconds:g} s")
        return future.result()


def _into(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 -- its caller raises it
        future.set_exception(error)
