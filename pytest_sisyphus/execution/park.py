"""The item behind the last leased one: what comes next is not known, and fixtures shall not wait.

As `nextitem` of a test it keeps the fixtures of the session and ends all others. It runs nothing,
and no report and no other plugin hears of it.
"""

from pathlib import Path
from typing import Any

import pytest


class Park(pytest.Item):
    @classmethod
    def of(cls, session: pytest.Session) -> "Park":
        park: Park = cls.from_parent(session, name="the queue", nodeid="the queue")
        return park

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.config.rootpath, None, self.name

    def runtest(self) -> None:
        raise AssertionError("the park item runs nothing")

    def unwind(self, nextitem: pytest.Item | None) -> None:
        """End the fixtures that `nextitem` does not need; None: all. What fails is reported as an
        error of this item, for no test's teardown would say it."""
        runner: Any = self.config.pluginmanager.get_plugin("runner")
        call = pytest.CallInfo.from_call(
            lambda: runner.pytest_runtest_teardown(self, nextitem),
            when="teardown",
            reraise=(KeyboardInterrupt, pytest.exit.Exception),
        )
        if call.excinfo is not None:
            report = pytest.TestReport.from_item_and_call(self, call)
            self.config.hook.pytest_runtest_logreport(report=report)
