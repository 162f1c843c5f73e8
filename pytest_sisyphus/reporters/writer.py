"""The pytest plugin object behind `--sisyphus-report`: in the controller only, and only if asked.

A report that cannot be written never changes a run: it is said aloud at the end, and the exit code
stays pytest's own.
"""

import dataclasses
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import pytest

from ..clock import Clock, SystemClock
from ..options import OPTIONS, SEED, Options, ReportRequest
from ..redact import OwnSecrets, redact_text
from .attempts import is_case
from .formats import Refused, sink_for
from .gathering import Finished, Gathering
from .order import InOrder
from .signals import Sigterm, undisturbed
from .sink import Document, RunFacts, Sink

#: of the plugin object.
NAME: Final = "sisyphus-reports"


@dataclasses.dataclass
class Report:
    """One report on its way; `problem`: why it was given up."""

    #: as the user shall know it; empty: not worth a word, unless it fails.
    name: str
    sink: Sink
    problem: str = ""

    def attempt(self, action: str, *arguments: Any) -> None:
        if self.problem:
            return
        try:
            getattr(self.sink, action)(*arguments)
        except Exception as error:  # noqa: BLE001 - a reporter's sink: no report may fail a run
            self.problem = f"{type(error).__name__}: {error}"
            self.sink.discard()


class ReportWriter:
    def __init__(
        self, reports: Sequence[Report], options: Options, clock: Clock, seed: int | None = None
    ) -> None:
        self.reports = reports
        self._options = options
        self._seed = seed
        self._clock = clock
        self._start, self._tick = clock.now(), clock.tick()
        self._mask = OwnSecrets().text if options.show_secrets else redact_text
        self._gathering = Gathering(clock, self._mask)
        self._order = InOrder()
        self._collected: Sequence[str] | None = None
        self._interrupted = ""
        self._sigterm = Sigterm()

    def pytest_sessionstart(self) -> None:
        self._sigterm.take()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._expect([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._expect(ids)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            with undisturbed():
                document = self._gathering.broken(report)
                self._put([document] if document else [], ordered=False)
                self._put([document] if document else [], ordered=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._gathering.started(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        with undisturbed():
            self._take(self._gathering.report(report))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        with undisturbed():
            self._take(self._gathering.finished(nodeid))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._interrupted = str(excinfo.value) or excinfo.typename

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reason = str(session.shouldstop or session.shouldfail or self._interrupted)
        brought = _documents(getattr(session, "items", ()))
        with undisturbed():
            for finished in self._gathering.rest(brought.get):
                self._take(finished)
            self._put(self._order.rest(), ordered=True)
            for report in self.reports:
                report.attempt("close", self._facts(reason))
            self._order.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for report in self.reports:
            if report.problem:
                line = f"{report.name} could not be written: {report.problem}"
                terminalreporter.write_line(line, red=True, bold=True)
            elif report.name:
                terminalreporter.write_line(f"{report.name} written")

    def pytest_unconfigure(self) -> None:
        """Also of a session that never began; a report that is complete stays."""
        for report in self.reports:
            report.sink.discard()
        self._sigterm.give_back()

    def _expect(self, nodeids: Sequence[str]) -> None:
        if self._collected is None:
            self._collected = nodeids
            self._order.expect(nodeids)

    def _take(self, finished: Finished | None) -> None:
        if finished is None:
            return
        nodeid, document = finished
        self._put([document], ordered=False)
        self._put(self._order.put(nodeid, document), ordered=True)

    def _put(self, documents: Iterable[Document], *, ordered: bool) -> None:
        for document in documents:
            kind = document["test_case"]["meta"]["kind"]
            for report in self.reports:
                sink = report.sink
                if sink.ordered is ordered and (kind == "case" or not sink.only_cases):
                    report.attempt("add", document)

    def _facts(self, interrupted: str) -> RunFacts:
        collected = self._collected
        return RunFacts(
            start_time=self._start.isoformat(),
            end_time=self._clock.now().isoformat(),
            duration=round(self._clock.tick() - self._tick, 6),
            cases=sum(map(is_case, collected or ())),
            collected=None if collected is None else len(collected),
            interrupted=interrupted,
            about={name: self._mask(text) for name, text in _about(self._options, self._seed)},
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
    reports: list[Report] = []
    try:
        _refuse_twice(options.reports)
        for request in options.reports:
            base = config.invocation_params.dir
            sink = sink_for(request, base=base, lang=options.report_lang)
            reports.append(Report(f"{request.format} report {request.path}", sink))
    except Refused as error:
        for report in reports:
            report.sink.discard()
        raise pytest.UsageError(f"--sisyphus-report: {error}") from error
    writer = ReportWriter(reports, options, SystemClock(), config.stash[SEED])
    config.pluginmanager.register(writer, NAME)


def _about(options: Options, seed: int | None) -> Iterator[tuple[str, str]]:
    """What is not known is left out."""
    execution, build = options.of_execution, options.build
    number = "" if build.number is None else f" #{build.number}"
    told = {
        "execution": options.execution,
        "execution_no": execution.number,
        "plan": execution.plan,
        "round": execution.plan_round,
        "environment": options.env_code,
        "profile": options.profile,
        "revision": options.revision,
        "build": f"{build.job_name}{number}".strip(),
        "build_url": build.url,
        "seed": seed,
    }
    yield from ((name, str(value)) for name, value in told.items() if value not in {None, ""})


def _refuse_twice(requests: Sequence[ReportRequest]) -> None:
    paths = [request.path for request in requests]
    for path in paths:
        if paths.count(path) > 1:
            raise Refused(f"two reports go to {str(path)!r}")


def _documents(items: Iterable[Any]) -> Mapping[str, Any]:
    """What the items of this process brought, ended or not."""
    pairs = ((item.nodeid, getattr(item, "sisyphus_document", None)) for item in items)
    return {nodeid: document for nodeid, document in pairs if document is not None}
