"""pytest's loop over items, for a leg: the queue says what comes next."""

import pytest

from pytest_sisyphus.execution.interrupt import Interrupter
from pytest_sisyphus.execution.leg import LegRun
from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.park import Park


class SerialLoop:
    def __init__(self, run: LegRun, interrupter: Interrupter) -> None:
        self._run = run
        self._interrupter = interrupter

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.config.pluginmanager.hasplugin("dsession"):
            return None  # xdist's loop, with a scheduler of ours
        run = self._run
        park, items = Park.of(session), {item.nodeid: item for item in session.items}
        current = self._next()
        while current is not None:
            upcoming = self._take(is_idle=False)  # announced while the current one runs
            nextitem = items[upcoming.nodeid] if upcoming else park
            while current.execution_case_ids[0] not in run.permits and not run.lost_reason:
                run.wait()  # until the orchestrator knows of it
            if not run.lost_reason and not run.is_rejected(current):
                item = items[current.nodeid]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            elif not run.lost_reason:
                run.skip(current)
                park.unwind(nextitem)
            _stop_where_asked(session, run.lost_reason)
            current = upcoming or self._next()
        _stop_where_asked(session, run.lost_reason)
        park.unwind(None)
        return True

    def _take(self, *, is_idle: bool) -> CollectedItem | None:
        with self._interrupter.deferred():
            return self._run.take(is_idle=is_idle)

    def _next(self) -> CollectedItem | None:
        """Wait for a lease. None: the leg is over."""
        while (item := self._take(is_idle=True)) is None and not self._run.is_over:
            self._run.wait()
        return item


def _stop_where_asked(session: pytest.Session, lost_reason: str) -> None:
    """End the session where pytest's own loop would, after each item."""
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop or lost_reason:
        raise session.Interrupted(session.shouldstop or lost_reason)
