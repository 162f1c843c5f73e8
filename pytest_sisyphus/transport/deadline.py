"""Ends what takes too long, in a driver that has no time limit of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Deadline:
    """After `seconds` `cancel` is called, after `grace` more `cut`: both from another thread.

    When the block is left neither runs any more, so that neither can hit what comes next.
    """

    def __init__(
        self,
        seconds: float,
        *,
        cancel: Callable[[], object],
        cut: Callable[[], object],
        grace: float,
    ) -> None:
        self.expired = False
        #: `cut` was called.
        self.was_cut = False
        self._done = threading.Event()
        self._steps = ((seconds, cancel), (grace, cut))
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
            self.expired, self.was_cut = True, number == 1
            try:
                act()
            except Exception:  # noqa: BLE001, S112 - a background loop: the next step is harder, and the statement tells
                continue
