"""The pytest plugin behind `--sisyphus-report`: in the controller only, and only if asked for.

A report that cannot be written never changes a run: the summary says so, and the exit code stays
pytest's own.
"""

import dataclasses
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, Final

import pytest

from pytest_sisyphus.clock import Clock, SystemClock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.config.stash import OPTIONS, SEED
from pytest_sisyphus.errors import in_words
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.redact import CredentialsRedactor, redact_text
from pytest_sisyphus.reporters.collect_reports import Finished, ReportCollector
from pytest_sisyphus.reporters.defer_signals import SigtermHandler, defer_signals
from pytest_sisyphus.reporters.formats import ReportRefused, open_reporter
from pytest_sisyphus.reporters.ordering import ReorderBuffer
from pytest_sisyphus.reporters.reporter import Document, Reporter, RunInfo
from pytest_sisyphus.reporters.test_documents import is_case

#: of the plugin object.
NAME: Final = "sisyphus-reports"


@dataclasses.dataclass
class RequestedReport:
    """One report and its reporter; `problem`: why it was given up."""

    #: as the summary calls it; empty: mentioned only when it fails.
    name: str
    reporter: Reporter
    problem: str = ""

    def attempt(self, action: str, *arguments: Any) -> None:
        if self.problem:
            return
        try:
            getattr(self.reporter, action)(*arguments)
        except Exception as error:  # noqa: BLE001 - no report may fail a run
            is_system = isinstance(error, OSError) and error.strerror
            self.problem = in_words(error) if is_system else f"{type(error).__name__}: {error}"
            self.reporter.discard()


class ReportWriter:
    takes_documents = True

    def __init__(
        self,
        reports: Sequence[RequestedReport],
        options: Options,
        clock: Clock,
        seed: int | None = None,
    ) -> None:
        self.reports = reports
        self._options = options
        self._seed = seed
        self._clock = clock
        self._start, self._tick = clock.now(), clock.tick()
        self._mask = CredentialsRedactor().text if options.show_secrets else redact_text
        self._collector = ReportCollector(clock, self._mask)
        self._order = ReorderBuffer()
        self._collected: Sequence[str] | None = None
        self._interrupted = ""
        #: that the cases ran with.
        self._profiles: set[str] = set()
        self._sigterm = SigtermHandler()

    def pytest_sessionstart(self) -> None:
        self._sigterm.install()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._expect(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            with defer_signals():
                document = self._collector.collection_failed(report)
                self._put([document] if document else [], ordered=False)
                self._put([document] if document else [], ordered=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._collector.started(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._collector.report(report)
        if str(report.when) == "???":  # xdist's, of a crash: nothing more will come
            self.pytest_runtest_logfinish(report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        with defer_signals():
            self._take(self._collector.finished(nodeid))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._interrupted = str(excinfo.value) or excinfo.typename

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reason = str(session.shouldstop or session.shouldfail or self._interrupted)
        # what the tests of this process have of their documents, ended or not
        items = getattr(session, "items", ())
        documents = {item.nodeid: getattr(item, "sisyphus_document", None) for item in items}
        with defer_signals():
            for finished in self._collector.rest(documents.get):
                self._take(finished)
            self._put(self._order.rest(), ordered=True)
            for report in self.reports:
                report.attempt("close", self._info(reason))
            self._order.close()

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        for report in self.reports:
            if report.problem:
                line = tr(
                    "{name} could not be written: {reason}", name=report.name, reason=report.problem
                )
                terminalreporter.write_line(line, red=True, bold=True)
            elif report.name:
                terminalreporter.write_line(tr("{name} written", name=report.name))

    def pytest_unconfigure(self) -> None:
        # also of a session that never began; a report that is complete stays
        for report in self.reports:
            report.reporter.discard()
        self._sigterm.restore()

    def _expect(self, nodeids: Sequence[str]) -> None:
        if self._collected is None:
            self._collected = nodeids
            self._order.expect(nodeids)

    def _take(self, finished: Finished | None) -> None:
        if finished is None:
            return
        nodeid, document = finished
        self._profiles.update(filter(None, [document["test_case"]["meta"].get("profile")]))
        self._put([document], ordered=False)
        self._put(self._order.put(nodeid, document), ordered=True)

    def _put(self, documents: Iterable[Document], *, ordered: bool) -> None:
        for document in documents:
            kind = document["test_case"]["meta"]["kind"]
            for report in self.reports:
                reporter = report.reporter
                if reporter.ordered is ordered and (kind == "case" or not reporter.only_cases):
                    report.attempt("add", document)

    def _info(self, interrupted: str) -> RunInfo:
        collected, options = self._collected, self._options
        execution, build = options.execution_info, options.build
        number = "" if build.number is None else f" #{build.number}"
        about = {
            "execution": options.execution,
            "execution_no": execution.number,
            "plan": execution.plan,
            "round": execution.plan_round,
            "environment": options.env_code,
            "profile": options.profile or ", ".join(sorted(self._profiles)),
            "revision": options.revision,
            "build": f"{build.job_name}{number}".strip(),
            "build_url": build.url,
            "seed": self._seed,
        }
        known = {name: str(value) for name, value in about.items() if value not in {None, ""}}
        return RunInfo(
            start_time=self._start.isoformat(),
            end_time=self._clock.now().isoformat(),
            duration=round(self._clock.tick() - self._tick, 6),
            cases=sum(map(is_case, collected or ())),
            collected=None if collected is None else len(collected),
            interrupted=interrupted,
            about={name: self._mask(text) for name, text in known.items()},
            versions={
                "python": platform.python_version(),
                "pytest": pytest.__version__,
                "pytest-sisyphus": version("pytest-sisyphus"),
            },
        )


def register(config: pytest.Config) -> None:
    """Raises pytest.UsageError for a report that is known to be impossible."""
    if config.getoption("collectonly", False):
        return
    options = config.stash[OPTIONS]
    for path, count in Counter(request.path for request in options.reports).items():
        if count > 1:
            raise pytest.UsageError(
                tr("--sisyphus-report: two reports go to {path!r}", path=str(path))
            )
    reports: list[RequestedReport] = []
    try:
        for request in options.reports:
            base = config.invocation_params.dir
            reporter = open_reporter(request, base=base, lang=options.report_lang)
            reports.append(
                RequestedReport(
                    tr("{format} report {path}", format=request.format, path=request.path), reporter
                )
            )
    except ReportRefused as error:
        for report in reports:
            report.reporter.discard()
        raise pytest.UsageError(tr("--sisyphus-report: {error}", error=error)) from error
    writer = ReportWriter(reports, options, SystemClock(), config.stash[SEED])
    config.pluginmanager.register(writer, NAME)
