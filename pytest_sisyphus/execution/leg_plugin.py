"""A leg's hooks, over those of every execution: what it says, and how its session ends."""

from typing import Any

import pytest

from pytest_sisyphus.execution.controller import ControllerPlugin
from pytest_sisyphus.execution.leg import LegRun
from pytest_sisyphus.execution.leg_serial import SerialLoop
from pytest_sisyphus.execution.leg_xdist import SchedulerMaker
from pytest_sisyphus.execution.worker_channels import WorkerChannels
from pytest_sisyphus.values.describe import counted


class LegPlugin(ControllerPlugin):
    run: LegRun

    def __init__(
        self, run: LegRun, *, config: pytest.Config, channels: WorkerChannels, **rest: Any
    ) -> None:
        super().__init__(run, config=config, channels=channels, **rest)
        self.leg = run
        run.interrupt = self.interrupter.request
        register = config.pluginmanager.register
        register(SerialLoop(run, self.interrupter), "sisyphus-leg-serial")
        register(SchedulerMaker(run, self.interrupter, channels), "sisyphus-leg-xdist")

    def pytest_report_header(self) -> list[str]:
        total = self.run.execution.shard_total
        which = f"leg {self.run.index} of {total}" if self.run.index else f"one leg of {total}"
        first, *rest = super().pytest_report_header()
        return [first, f"sisyphus: {which}, leases from the queue", *rest]

    def correct_exit(self, session: pytest.Session) -> None:
        run = self.run
        if run.lost_reason and not self.interrupter.reason:
            self.notes.append(f"stopped: {run.lost_reason}")
            session.exitstatus = pytest.ExitCode.INTERRUPTED
        elif run.is_drained and not run.leased_cases:
            self.notes.append("nothing was left for this machine")
            if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                session.exitstatus = pytest.ExitCode.OK
        elif run.ran_any and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK
        if session.exitstatus == pytest.ExitCode.OK and not run.is_over:
            self.notes.append("the session ended before its queue did: no workers were left")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if run.leased_cases:
            self.notes.append(
                f"{counted(run.leased_cases, 'case')} of {len(run.execution.cases)} in "
                f"{counted(run.leases, 'lease')}"
            )
        if run.done_in_all is not None:
            self.notes.append(f"{run.done_in_all} in all were done when this leg last asked")

    def on_conflict(self, reason: str) -> None:
        """What runs just now may end: its outcome is still taken."""
        self.run.lost(f"the orchestrator refused this leg (409): {reason}")
