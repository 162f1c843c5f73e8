"""The plugin that each command adds to the pytest run that it starts."""

import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.config.stash import OPTIONS
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.nodes.discovery import NotCollected
from pytest_sisyphus.nodes.extensions import extensions_of
from pytest_sisyphus.nodes.file import NOT_READ, TOLD_BEFORE
from pytest_sisyphus.nodes.project_file import ProjectFileNode
from pytest_sisyphus.nodes.report_text import reason_of, trace_of
from pytest_sisyphus.reporters.console import Console
from pytest_sisyphus.reporters.writer import NAME, ReportWriter, RequestedReport
from pytest_sisyphus.spec.context import SisyphusWarning
from pytest_sisyphus.spec.json_schema import dialect_schema
from pytest_sisyphus.values.describe import counted

PASSED, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = range(6)

#: a broken file outweighs these.
_OUTWEIGHED: Final = frozenset([PASSED, FAILED, NOTHING])


class EnginePlugin:
    def __init__(self, *, verbose: bool, answer: Path) -> None:
        """`answer`: the report that is written there goes to standard output afterwards."""
        self._verbose = verbose
        self._answer = str(answer)
        self._has_broken_file = False
        self._has_failed_report = False
        #: files that nearly look like cases, each with its place.
        self.not_collected: list[str] = []

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        if issubclass(warning_message.category, NotCollected):
            self.not_collected.append(str(warning_message.message))

    def pytest_configure(self, config: pytest.Config) -> None:
        clock = SystemClock()
        console = Console(config, clock, verbose=self._verbose)
        writer = ReportWriter([RequestedReport("", console)], config.stash[OPTIONS], clock)
        config.pluginmanager.register(console, "sisyphus-console")
        config.pluginmanager.register(writer, "sisyphus-console-writer")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        for report in _reports(session.config):
            report.name = report.name.replace(self._answer, tr("on standard output"))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._has_broken_file |= report.failed

    def pytest_terminal_summary(self, config: pytest.Config) -> None:
        self._has_failed_report = any(report.problem for report in _reports(config))

    def exit_code(self, code: int) -> int:
        """A green run whose report could not be written must not look as if all were well."""
        if self._has_broken_file and code in _OUTWEIGHED:
            return USAGE
        return INTERNAL if self._has_failed_report and code == PASSED else code


def _reports(config: pytest.Config) -> Sequence[RequestedReport]:
    writer = config.pluginmanager.get_plugin(NAME)
    return writer.reports if isinstance(writer, ReportWriter) else ()


class SchemaPlugin:
    """Collects nothing: only asks which extensions there are, those of the root's conftest too."""

    def __init__(self) -> None:
        self.schema: dict[str, Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        extensions = extensions_of(session, session.config.stash[OPTIONS])
        self.schema = dialect_schema(extensions.steps, extensions.checks, extensions.extractors)
        return True


class ValidationPlugin:
    def __init__(self) -> None:
        self.complaints: list[str] = []
        #: what runs, but not as its author may think.
        self.warnings: list[str] = []
        self._cases = self._project_files = 0
        self._internal_error = ""
        #: what the complaints' paths are relative to.
        self.root = Path()

    def pytest_configure(self, config: pytest.Config) -> None:
        self.root = config.rootpath

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        text = str(warning_message.message)
        if issubclass(warning_message.category, NotCollected):
            self.complaints.append(text)
        elif issubclass(warning_message.category, SisyphusWarning) and text not in self.warnings:
            self.warnings.append(text)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[Any], list[Any]]:
        """Project configuration is checked as well, also where no case is."""
        found = yield
        if file_path.name != PROJECT_FILE:
            return found
        node: ProjectFileNode = ProjectFileNode.from_parent(parent, path=file_path)
        node.warns = False
        return [node]

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._internal_error = str(excinfo.value).strip() or excinfo.typename

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        # a file's complaints name their places themselves; an exception is some plugin's bug
        if report.failed and getattr(report.longrepr, "reprcrash", None) is None:
            # what is wrong with project configuration is said by each file that inherits it
            others = (tr(NOT_READ), tr(TOLD_BEFORE))
            lines = [one for one in trace_of(report).splitlines() if not one.endswith(others)]
            self.complaints += [one for one in lines if one not in self.complaints]
        elif report.failed:
            self.complaints.append(f"{report.nodeid}: {reason_of(report)}")
        elif Path(report.nodeid).name == PROJECT_FILE:
            self._project_files += 1

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._cases = len(session.items)

    def summary(self, code: int) -> str:
        if self._internal_error:
            return tr("not validated: {error}", error=self._internal_error)
        if self.complaints:
            return counted(len(self.complaints), "complaint")
        if code in {PASSED, NOTHING}:
            cases, files = counted(self._cases, "case"), self._project_files
            if files and not self._cases:
                cases = counted(files, "sisyphus.yaml file")
            return (
                tr("{cases}, no complaints", cases=cases)
                if self._cases or files
                else tr("no case found")
            )
        return tr("not validated: pytest ended with exit code {code}", code=code)

    def exit_code(self, code: int) -> int:
        is_checked = code in {PASSED, NOTHING} and (self._cases or self._project_files)
        return 0 if is_checked and not self.complaints else 1
