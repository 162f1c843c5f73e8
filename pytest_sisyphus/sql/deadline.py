"""Ends what takes too long, in a driver that has no time limit of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Deadline:
    """After `seconds` `cancel` is called, after `grace` more `abort`: both from another thread.

    When the block is left neither runs any more, so that neither can hit what comes next.
    """

    def __init__(
        self,
        seconds: float,
        *,
        cancel: Callable[[], object],
        abort: Callable[[], object],
        grace: float,
    ) -> None:
        self.expired = False
        #: `abort` was called.
        self.was_aborted = False
        self._done = threading.Event()
        self._steps = ((seconds, cancel), (grace, abort))
        self._thread = threading.Thread(target=self._watch, name="sisyphus-deadline", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        for number, (seconds, act) in enumerate(self._steps):
            if self._done.wait(seconds):
                return
            self.expired, self.was_aborted = True, number == 1
            try:
                act()
            except Exception:  # noqa: BLE001, S112 - a background loop: the next step is harder, and the statement tells
                continue
