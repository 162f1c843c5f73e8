"""What asks a polled runner for each of its runs: soon after a change, then slower.

It takes its work from the rows, so that it goes on after a restart of the service, and so that
several services may do the same without harm.
"""

import dataclasses
import logging
import time
from collections.abc import Callable
from typing import Final

from orchestrator.database import Database
from orchestrator.errors import Unavailable
from orchestrator.models import Execution
from orchestrator.runners.protocol import Pace, Phase, Polled, Sighting
from orchestrator.store import polled

from . import closing
from .background import Background
from .lookout import Lookout
from .watchdog import Watchdog

log = logging.getLogger("sisyphus.poller")

_SLOWER: Final = 1.5
_RUNNING: Final = (Phase.THERE, Phase.SILENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Next:
    """When a run is looked at again."""

    at: float = 0.0
    interval: float = 0.0
    last: Sighting | None = None

    def after(self, sighting: Sighting, now: float, pace: Pace) -> "_Next":
        changed = sighting != self.last
        interval = pace.first if changed else min(self.interval * _SLOWER, pace.last)
        return _Next(at=now + interval, interval=interval, last=sighting)


class Poller:
    def __init__(
        self,
        database: Database,
        watchdog: Watchdog,
        lookout: Lookout,
        runner: Polled,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._watchdog = watchdog
        self._lookout = lookout
        self._runner = runner
        self._monotonic = monotonic
        self._next: dict[int, _Next] = {}
        #: ended executions whose build has ended too: nothing more will become known.
        self._settled: set[int] = set()
        self._trouble = ""
        self._background = Background("sisyphus-poller", [self.round], runner.pace.first)

    def start(self) -> None:
        self._background.start()

    def close(self, patience: float | None = None) -> None:
        self._background.close(patience)

    def round(self) -> None:
        """Look at what is due; when the runner is out of reach, the others wait too."""
        with self._database.reading() as session:
            rows = polled.followed(session, self._runner.name)
        numbers = {row.id or 0 for row in rows}
        self._settled &= numbers
        self._next = {n: self._next.get(n, _Next()) for n in numbers - self._settled}
        now = self._monotonic()
        for row in rows:
            due = self._next.get(row.id or 0)
            if due is None or due.at > now or self._background.closing:
                continue
            sighting = self._looked(row)
            self._next[row.id or 0] = due.after(sighting, now, self._runner.pace)
            if self._is_trouble(sighting):
                break

    def _looked(self, row: Execution) -> Sighting:
        try:
            return self._look(row)
        except Unavailable:
            raise
        except Exception:  # a background loop: one bad row must not stop those behind it
            log.exception("execution %d could not be looked at", row.id)
            return Sighting(phase=Phase.ABSENT)

    def _look(self, row: Execution) -> Sighting:
        sighting = self._lookout.look(row)
        if not closing.is_over(row):
            self._watchdog.judge(row, sighting)
        elif sighting.phase not in _RUNNING:
            self._settled.add(row.id or 0)
        return sighting

    def _is_trouble(self, sighting: Sighting) -> bool:
        """Said once, not at every round."""
        trouble = sighting.reason if sighting.phase is Phase.SILENT else ""
        if trouble != self._trouble:
            log.warning("%s: %s", self._runner.name, trouble or "reachable again")
        self._trouble = trouble
        return bool(trouble)
