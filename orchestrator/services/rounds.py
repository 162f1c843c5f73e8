"""The thread that looks after everything: at once, and then every `interval` seconds."""

import logging
import threading
from collections.abc import Callable, Sequence

log = logging.getLogger("sisyphus.rounds")


class Rounds:
    def __init__(self, duties: Sequence[Callable[[], object]], interval: float) -> None:
        self._duties = duties
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sisyphus-rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stop.is_set():
            for duty in self._duties:
                try:
                    duty()
                except Exception:  # a background loop: the next round must come
                    log.exception("a round failed")
            self._stop.wait(self._interval)
