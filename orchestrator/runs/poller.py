"""Asks a polled runner for each of its runs: soon after a change, then slower.

The work is taken from the rows, so that it goes on after a restart of the service, and so that
several services may do the same without harm.
"""

import dataclasses
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from orchestrator.concurrency.periodic import Background
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution
from orchestrator.errors import Unavailable
from orchestrator.executions import finalize
from orchestrator.executions.leg_runs import run_of_leg
from orchestrator.runners.protocol import PolledRunner, PollInterval, RunKey, RunPhase, RunState
from orchestrator.runs.leg_watch import LegWatch
from orchestrator.runs.status import RunnerStatus
from orchestrator.runs.watchdog import Watchdog
from orchestrator.status import OPEN
from orchestrator.store import executions, leg_runs
from orchestrator.store.leg_runs import Followed

log = logging.getLogger("sisyphus.poller")

_SLOWER: Final = 1.5
_RUNNING: Final = (RunPhase.ACTIVE, RunPhase.UNREACHABLE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Next:
    """When a run is looked at again."""

    at: float = 0.0
    interval: float = 0.0
    last: RunState | None = None

    def after(self, state: RunState, now: float, poll_interval: PollInterval) -> "_Next":
        changed = state != self.last
        interval = (
            poll_interval.first if changed else min(self.interval * _SLOWER, poll_interval.last)
        )
        return _Next(at=now + interval, interval=interval, last=state)


class Poller:
    def __init__(
        self,
        database: Database,
        watchdog: Watchdog,
        runner_status: RunnerStatus,
        runner: PolledRunner,
        legs: LegWatch,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._watchdog = watchdog
        self._runner_status = runner_status
        self._runner = runner
        self._legs = legs
        self._monotonic = monotonic
        self._next: dict[RunKey, _Next] = {}
        #: what has ended as its build has: nothing more will become known.
        self._settled: set[RunKey] = set()
        self._trouble = ""
        self._background = Background("sisyphus-poller", [self.round], runner.poll_interval.first)

    def start(self) -> None:
        self._background.start()

    def close(self, patience: float | None = None) -> None:
        self._background.close(patience)

    def round(self) -> None:
        """Look at what is due; when the runner is out of reach, the others wait too."""
        with self._database.reading() as session:
            rows = executions.polled(session, self._runner.name)
            legs = leg_runs.polled(session, self._runner.name)
        runs = {RunKey(row.id): partial(self._refresh, row) for row in rows}
        runs |= {run_of_leg(leg).key: partial(self._refresh_leg, leg) for leg in legs}
        self._settled &= runs.keys()
        self._next = {key: self._next.get(key, _Next()) for key in runs.keys() - self._settled}
        now = self._monotonic()
        for key, refresh in runs.items():
            due = self._next.get(key)
            if due is None or due.at > now or self._background.closing:
                continue
            state = refresh()
            self._next[key] = due.after(state, now, self._runner.poll_interval)
            trouble = state.reason if state.phase is RunPhase.UNREACHABLE else ""
            if trouble != self._trouble:  # said once, not at every round
                log.warning("%s: %s", self._runner.name, trouble or "reachable again")
            self._trouble = trouble
            if trouble:
                break

    def _refresh(self, row: Execution) -> RunState:
        try:
            state = self._runner_status.refresh(row)
            if not finalize.is_over(row):
                self._watchdog.close_if_gone(row, state)
            elif state.phase not in _RUNNING:
                self._settled.add(RunKey(row.id))
        except Unavailable:
            raise
        except Exception:  # a background loop: one bad row must not stop those behind it
            log.exception("execution %d could not be looked at", row.id)
            return RunState(phase=RunPhase.NOT_FOUND)
        return state

    def _refresh_leg(self, leg: Followed) -> RunState:
        state = self._legs.look(leg) or RunState(phase=RunPhase.UNKNOWN)
        if leg.leg.status not in OPEN and state.phase not in _RUNNING:
            self._settled.add(run_of_leg(leg).key)
        return state
