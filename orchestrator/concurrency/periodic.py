"""Work in the background: at once, and then again `interval` seconds after its end."""

import logging
import threading
from collections.abc import Callable, Sequence

from orchestrator.concurrency.outage import Outage
from orchestrator.errors import Unavailable
from orchestrator.i18n import in_language

log = logging.getLogger("sisyphus.background")


class Background:
    def __init__(self, name: str, tasks: Sequence[Callable[[], object]], interval: float) -> None:
        self._tasks = tasks
        self._interval = interval
        self._outage = Outage(log, f"{name}: a round failed")
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
            is_well = True
            for duty in self._tasks:
                try:
                    duty()
                except Unavailable as error:  # an outage is no fault of ours: no trace
                    is_well = False
                    self._outage.failed(in_language(error.message, "en"))
                except Exception:  # a background loop: the next round must come
                    is_well = False
                    log.exception("%s: a round failed", self._thread.name)
            if is_well:
                self._outage.succeeded()
            self._stop.wait(self._interval)
