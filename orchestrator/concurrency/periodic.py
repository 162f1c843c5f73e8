"""Work in the background: at once, and then again `interval` seconds after its end."""

import logging
import threading
from collections.abc import Callable, Sequence

log = logging.getLogger("sisyphus.background")


class Background:
    def __init__(self, name: str, tasks: Sequence[Callable[[], object]], interval: float) -> None:
        self._tasks = tasks
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def closing(self) -> bool:
        """A long duty looks here, and breaks off."""
        return self._stop.is_set()

    def close(self, patience: float | None = None) -> None:
        """Wait for the duty at work, at most so many seconds."""
        self._stop.set()
        self._thread.join(patience)

    def _loop(self) -> None:
        while not self._stop.is_set():
            for duty in self._tasks:
                try:
                    duty()
                except Exception:  # a background loop: the next round must come
                    log.exception("%s: a round failed", self._thread.name)
            self._stop.wait(self._interval)
