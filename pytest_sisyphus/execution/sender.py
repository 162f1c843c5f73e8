"""The courier's thread: the session hands over and goes on, whatever the network does."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from .courier import Body, Courier, Tally
from .pace import Pace

#: beyond its deadline a call may still hang in the socket; then its thread is left behind.
GRACE_SECONDS: Final = 1.0
#: how long the waiting goes on after a signal: enough for an orchestrator that is there.
CUT_SECONDS: Final = 2.0
JOIN_SECONDS: Final = 0.1


class Sender:
    def __init__(self, courier: Courier, pace: Pace) -> None:
        self._courier = courier
        self._pace = pace
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._nudge = threading.Event()
        self._is_cut = False
        self._thread = threading.Thread(target=self._work, name="sisyphus-sender", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def start(self, body: Body) -> None:
        self._order(lambda: self._courier.start(body))

    def result(self, body: Body) -> None:
        self._order(lambda: self._courier.result(body))

    def end(self, path: str, body: Body) -> None:
        self._order(lambda: self._courier.end(path, body))

    def flush(self, seconds: float) -> Tally:
        """Wait until everything is delivered, at most so long; `cut` ends it early."""
        self._order(lambda: self._courier.hurry(seconds))
        end = self._pace.tick() + seconds + GRACE_SECONDS
        while self._thread.is_alive() and self._pace.tick() < end:
            self._thread.join(JOIN_SECONDS)
            if self._is_cut:
                self._is_cut = False
                end = min(end, self._pace.tick() + CUT_SECONDS + GRACE_SECONDS)
                self._order(lambda: self._courier.hurry(CUT_SECONDS))
        return self._courier.tally

    def cut(self) -> None:
        """From a signal, which may have interrupted this very object: takes no lock."""
        self._is_cut = True

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.put(order)
        self._nudge.set()

    def _work(self) -> None:
        pause: float | None = 0.0
        while pause is not None:
            if pause:
                self._pace.wait(self._nudge, pause)
            self._nudge.clear()
            try:
                self._take_orders()
                pause = self._courier.turn()
            except Exception as error:  # noqa: BLE001  a background loop must outlive any answer
                self._courier.broke(error)

    def _take_orders(self) -> None:
        while not self._orders.empty():
            self._orders.get()()
