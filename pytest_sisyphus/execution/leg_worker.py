"""A leg's worker: a test begins when the controller says that the orchestrator knows of it."""

import queue
from collections import Counter
from collections.abc import Generator
from typing import Any, Final

import pytest

from pytest_sisyphus.execution.interrupt import Interrupter
from pytest_sisyphus.execution.park import Park

#: seconds that the park item takes at most: xdist's scheduler is woken by its end.
_PARKED_SECONDS: Final = 0.5


class _PassedOver(Exception):  # noqa: N818  named for what happened
    """Ends the protocol of an item of which nothing is run."""


class Gate:
    def __init__(self, interrupter: Interrupter) -> None:
        self._interrupter = interrupter
        self._messages: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._permits: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._closed = ""

    def hear(self, kind: str, what: Any) -> None:
        """Take a message of the controller, in execnet's thread."""
        self._messages.put((kind, what))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """After xdist has said what was collected: the park item is not counted."""
        session.items.append(Park.of(session))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, Any, Any]:
        if isinstance(item, Park):
            if nextitem is None:
                item.unwind(None)
            elif nextitem is item:
                self._listen(_PARKED_SECONDS)
        elif self.may_begin(item.nodeid):
            return (yield)
        elif self._closed:
            item.session.shouldstop = self._closed
        else:
            Park.of(item.session).unwind(nextitem)
        raise _PassedOver

    def may_begin(self, nodeid: str) -> bool:
        while not self._messages.empty():  # a "close" that has come takes back every permit
            self._listen(None)
        while not (self._closed or self._permits[nodeid] or self._refused[nodeid]):
            self._listen(None)
        if self._closed:
            return False
        if self._refused[nodeid]:
            self._refused[nodeid] -= 1
            return False
        self._permits[nodeid] -= 1
        return True

    def _listen(self, seconds: float | None) -> None:
        """The controller ends every wait: it says so when it closes the leg, and kills a worker
        that does not end."""
        with self._interrupter.interruptible():
            try:
                kind, what = self._messages.get(timeout=seconds)
            except queue.Empty:
                return
        if kind == "close":
            self._closed = what
        elif kind == "permit":
            self._permits[what] += 1
        elif kind == "refuse":
            self._refused[what] += 1


class PassOver:
    """Registered after the gate, and so around it: xdist learns that the item was seen to, and no
    plugin in between was asked."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        try:
            return (yield)
        except _PassedOver:
            return True
