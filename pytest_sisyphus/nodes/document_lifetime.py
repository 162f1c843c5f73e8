"""Documents ride on pytest's reports: no pass without one, and none is kept longer than its test.

pytest keeps its items and reports to the end.
"""

from collections.abc import Generator
from typing import Any, Final

import pytest

from pytest_sisyphus.i18n import marked, tr


class ReleaseDocuments:
    """A plugin object. Plugins read a document in `logreport` or `logfinish`; an interrupted
    test keeps its own for `sessionfinish`."""

    def __init__(self) -> None:
        self._reports: dict[str, list[pytest.TestReport]] = {}
        #: node ids of the YAML cases that this process runs.
        self._cases: frozenset[str] = frozenset()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._cases = frozenset(item.nodeid for item in session.items if _is_case(item))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        answer = yield
        if _is_case(item):
            item.sisyphus_release()  # type: ignore[attr-defined] # a case has it
        return answer

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        """Before pytest itself counts it, and before xdist sends it."""
        if hasattr(report, "sisyphus"):
            self._reports.setdefault(report.nodeid, []).append(report)
        elif (
            report.nodeid in self._cases
            and type(report) is pytest.TestReport  # others, as of pytest's subtests, say less
            and report.when == "call"
            and report.outcome == "passed"
        ):
            report.outcome = "failed"
            report.longrepr = tr(UNRUN)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> Generator[None, Any, Any]:
        answer = yield
        for report in self._reports.pop(nodeid, ()):
            vars(report).pop("sisyphus", None)
        return answer


#: of a case that another plugin reported as passed.
UNRUN: Final = marked(
    "the case did not run, so this is no pass: another plugin (or a "
    "conftest.py) ran or reported the test in its own way"
)


def _is_case(item: pytest.Item) -> bool:
    return hasattr(item, "sisyphus_release")
