"""A leg's hooks, over those of every execution: what it says, and how its session ends."""

from typing import Any

import pytest

from pytest_sisyphus.execution.controller import ControllerPlugin
from pytest_sisyphus.execution.exit_code import leg_exit_code
from pytest_sisyphus.execution.leg import LegRun
from pytest_sisyphus.execution.leg_serial import SerialLoop
from pytest_sisyphus.execution.leg_xdist import SchedulerMaker
from pytest_sisyphus.execution.worker_channels import WorkerChannels
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.describe import counted


class LegPlugin(ControllerPlugin):
    run: LegRun

    def __init__(
        self, run: LegRun, *, config: pytest.Config, channels: WorkerChannels, **rest: Any
    ) -> None:
        super().__init__(run, config=config, channels=channels, **rest)
        self.leg = run
        run.interrupt = self.interrupter.request
        run.tell = self._tell
        register = config.pluginmanager.register
        register(SerialLoop(run, self.interrupter), "sisyphus-leg-serial")
        register(SchedulerMaker(run, self.interrupter, channels), "sisyphus-leg-xdist")

    def pytest_report_header(self) -> list[str]:
        total = self.run.execution.shard_total
        which = (
            tr("leg {index} of {total}", index=self.run.index, total=total)
            if self.run.index
            else tr("one leg of {total}", total=total)
        )
        first, *rest = super().pytest_report_header()
        return [first, tr("sisyphus: {which}, leases from the queue", which=which), *rest]

    def _tell(self, line: str) -> None:
        """Where pytest shows how far it is."""
        config = self._config
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or config.option.verbose < 0 or config.option.capture == "no":
            return
        if config.getini("console_output_style") != "classic":
            reporter.ensure_newline()
            if config.get_terminal_writer().width_of_current_line:  # dots of xdist's workers
                reporter.line("")
            reporter.line(f"sisyphus: {line}")

    def exit_code(self, code: int) -> int:
        run, is_interrupted = self.run, bool(self.interrupter.reason)
        code, notes = leg_exit_code(super().exit_code(code), run, is_interrupted=is_interrupted)
        self.notes += notes
        if run.leased_cases:
            self.notes.append(
                tr(
                    "{cases} of {total} in {leases}",
                    cases=counted(run.leased_cases, "case"),
                    total=run.total_in_all,
                    leases=counted(run.leases, "lease"),
                )
            )
        if run.done_in_all is not None:
            self.notes.append(
                tr("{count} in all were done when this leg last asked", count=run.done_in_all)
            )
        return code

    def on_conflict(self, reason: str) -> None:
        """What runs just now may end, and counts: unless it runs again elsewhere."""
        self.run.refused(tr("the orchestrator refused this leg (409): {reason}", reason=reason))
