"""The thread that delivers: the session hands over and goes on, whatever the network does."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.execution.batches import Body
from pytest_sisyphus.execution.delivery import DeliveryQueue, DeliveryStats

#: beyond its deadline a call may still hang in the socket; then its thread is left behind.
GRACE_SECONDS: Final = 1.0
#: how long `flush` goes on after a signal: enough for an orchestrator that is there.
CUT_SECONDS: Final = 2.0
JOIN_SECONDS: Final = 0.1


class Sender:
    """Runs the steps of a DeliveryQueue in a daemon thread, which alone touches the queue."""

    def __init__(self, delivery: DeliveryQueue, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._is_cut = False
        self._thread = threading.Thread(target=self._run, name="sisyphus-sender", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def start(self, body: Body) -> None:
        self._submit(lambda: self._delivery.start(body))

    def result(self, body: Body) -> None:
        self._submit(lambda: self._delivery.result(body))

    def lease(self, lease_id: str) -> None:
        self._submit(lambda: self._delivery.lease(lease_id))

    def end(self, path: str, body: Body) -> None:
        self._submit(lambda: self._delivery.end(path, body))

    def flush(self, seconds: float) -> DeliveryStats:
        """Wait until everything is delivered, at most so long; `cut` ends it early."""
        self._submit(lambda: self._delivery.drain(seconds))
        end = self._clock.tick() + seconds + GRACE_SECONDS
        while self._thread.is_alive() and self._clock.tick() < end:
            self._thread.join(JOIN_SECONDS)
            if self._is_cut:
                self._is_cut = False
                end = min(end, self._clock.tick() + CUT_SECONDS + GRACE_SECONDS)
                self._submit(lambda: self._delivery.drain(CUT_SECONDS))
        return self._delivery.stats

    def cut(self) -> None:
        """From a signal handler, which may have interrupted this very object: takes no lock."""
        self._is_cut = True

    def _submit(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        self._wake.set()

    def _run(self) -> None:
        pause: float | None = 0.0
        while pause is not None:
            if pause:
                self._clock.wait(self._wake, pause)
            self._wake.clear()
            try:
                while not self._commands.empty():
                    self._commands.get()()
                pause = self._delivery.step()
            except Exception as error:  # noqa: BLE001  a background loop must outlive any answer
                self._delivery.record_failure(error)
