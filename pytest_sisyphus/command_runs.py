"""What the commands want of the pytest run that they start: a plugin object for each."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from .clock import SystemClock
from .dialect.reading import SisyphusWarning
from .dialect.schema import dialect_schema
from .discovery import NotCollected
from .options import OPTIONS
from .parts import gather
from .reasons import reason_of, trace_of
from .reporters.console import Console
from .reporters.writer import NAME, Report, ReportWriter

PASSED, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)

#: a broken file outweighs these.
_OUTWEIGHED: Final = frozenset([PASSED, FAILED, NOTHING])


class EngineRun:
    def __init__(self, *, verbose: bool, answer: Path) -> None:
        """`answer`: a report there goes to standard output afterwards."""
        self._verbose = verbose
        self._answer = str(answer)
        self._is_broken = False
        self._is_unwritten = False
        #: files that nearly look like cases, each with its place.
        self.not_collected: list[str] = []

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        if issubclass(warning_message.category, NotCollected):
            self.not_collected.append(str(warning_message.message))

    def pytest_configure(self, config: pytest.Config) -> None:
        clock = SystemClock()
        console = Console(config, clock, verbose=self._verbose)
        writer = ReportWriter([Report("", console)], config.stash[OPTIONS], clock)
        config.pluginmanager.register(console, "sisyphus-console")
        config.pluginmanager.register(writer, "sisyphus-console-writer")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        for report in _reports(session.config):
            report.name = report.name.replace(self._answer, "on standard output")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._is_broken |= report.failed

    def pytest_terminal_summary(self, config: pytest.Config) -> None:
        self._is_unwritten = any(report.problem for report in _reports(config))

    def exit_code(self, code: int) -> int:
        """A green run whose report could not be written must not look as if all were well."""
        if self._is_broken and code in _OUTWEIGHED:
            return USAGE
        return INTERNAL if self._is_unwritten and code == PASSED else code


def _reports(config: pytest.Config) -> Sequence[Report]:
    writer = config.pluginmanager.get_plugin(NAME)
    return writer.reports if isinstance(writer, ReportWriter) else ()


class SchemaRun:
    """Collects nothing: only asks which parts there are, those of the root's conftest too."""

    def __init__(self) -> None:
        self.schema: dict[str, Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        parts = gather(session, session.config.stash[OPTIONS])
        self.schema = dialect_schema(parts.steps, parts.checks, parts.extractors)
        return True


class ValidationRun:
    def __init__(self) -> None:
        self.complaints: list[str] = []
        #: what runs, but not as its author may think.
        self.warnings: list[str] = []
        self._cases = 0
        self._bug = ""

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        text = str(warning_message.message)
        if issubclass(warning_message.category, NotCollected):
            self.complaints.append(text)
        elif issubclass(warning_message.category, SisyphusWarning):
            self.warnings.append(text)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._bug = str(excinfo.value).strip() or excinfo.typename

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file's complaints name their places themselves; an exception is some plugin's bug."""
        if report.failed and getattr(report.longrepr, "reprcrash", None) is None:
            self.complaints += trace_of(report).splitlines()
        elif report.failed:
            self.complaints.append(f"{report.nodeid}: {reason_of(report)}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._cases = len(session.items)

    def summary(self, code: int) -> str:
        if self._bug:
            return f"not validated: {self._bug}"
        if self.complaints:
            return _counted(len(self.complaints), "complaint")
        if code in {PASSED, NOTHING}:
            cases = _counted(self._cases, "case")
            return f"{cases}, no complaints" if self._cases else "no case found"
        return f"not validated: pytest ended with exit code {code}"

    def exit_code(self, code: int) -> int:
        return 0 if code == PASSED and self._cases and not self.complaints else 1


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
