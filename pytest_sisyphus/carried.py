"""Documents are let go when their test is over: pytest keeps its items and reports to the end."""

from collections.abc import Generator
from typing import Any

import pytest


class Carried:
    """A plugin object. Who wants a document takes it in `logreport` or `logfinish`; what an
    interrupt cut short keeps its own, for `sessionfinish`."""

    def __init__(self) -> None:
        self._reports: dict[str, list[pytest.TestReport]] = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        answer = yield
        if hasattr(item, "sisyphus_document"):
            item.sisyphus_document = None
        return answer

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "sisyphus"):
            self._reports.setdefault(report.nodeid, []).append(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> Generator[None, Any, Any]:
        answer = yield
        for report in self._reports.pop(nodeid, ()):
            vars(report).pop("sisyphus", None)
        return answer
