"""An execution's hooks on xdist's controller, or in the only process: pytest's events → the run.

Nothing in here may hurt the session: every reporting hook notes what went wrong, and never raises.
"""

import functools
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec

import pytest

from pytest_sisyphus.execution.delivery import LegListener
from pytest_sisyphus.execution.exit_code import exit_code
from pytest_sisyphus.execution.interrupt import Interrupter, Stopped
from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.report_reader import path_part, phase_of
from pytest_sisyphus.execution.run import BrokenFile, ExecutionRun
from pytest_sisyphus.execution.status import STOPPED_BY, FinalStatus
from pytest_sisyphus.execution.summary import header_lines, write_summary
from pytest_sisyphus.execution.worker_channels import WorkerChannels
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.nodes.report_text import reason_of, trace_of

P = ParamSpec("P")
OnAnswer = Callable[[Mapping[str, Any]], None]


def _never_raises(
    hook: Callable[Concatenate["ControllerPlugin", P], None],
) -> Callable[Concatenate["ControllerPlugin", P], None]:
    """Of a hook: an exception becomes a note, and no signal interrupts it."""

    @functools.wraps(hook)
    def wrapped(self: "ControllerPlugin", /, *args: P.args, **kwargs: P.kwargs) -> None:
        with self.interrupter.deferred():
            try:
                hook(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  a broken report must not fail a run
                self.notes.append(tr("a result could not be reported: {error!r}", error=error))

    return wrapped


class ControllerPlugin:
    takes_documents = True
    #: of an execution that is divided into shards.
    leg: LegListener | None = None

    def __init__(
        self,
        run: ExecutionRun,
        *,
        runner_id: str,
        config: pytest.Config,
        start: Callable[[OnAnswer], Mapping[str, Any] | None],
        channels: WorkerChannels,
        flush_seconds: float,
        strict: bool,
        notes: list[str],
    ) -> None:
        """`start` makes the call of that name, and hands its answer on; it returns the body where
        that did not get through, and raises UsageError when refused. `strict`: undelivered results
        fail the run."""
        self.run = run
        self.runner_id = runner_id
        self.notes = notes
        self.interrupter = Interrupter(
            stop=self._stop, on_stop=run.abort, on_signal_while_closing=run.cut
        )
        self._config = config
        self._start = start
        self._channels = channels
        self._flush_seconds = flush_seconds
        self._strict = strict
        self._session: pytest.Session | None = None
        self._interruption = ""
        self._internal_error = ""

    # the session, from its start to its end

    def pytest_report_header(self) -> list[str]:
        return header_lines(self.run.execution, self.notes)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        self.run.begin(self._start(self.run.heard))
        self.interrupter.install()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        with self.interrupter.interruptible():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        with self.interrupter.interruptible():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """After every other plugin's, also when one of them raises; before the summary."""
        try:
            yield
        finally:
            self.close()
            session.exitstatus = self.exit_code(session.exitstatus)

    def exit_code(self, code: int) -> int:
        """`code`: pytest's own."""
        return exit_code(code, self.run, strict=self._strict)

    def close(self) -> None:
        """Decide what is open, deliver, give the signals back. Harmless when repeated."""
        self.interrupter.begin_closing()
        stopped = self.interrupter.reason or self._interruption or self.run.lost_reason
        # after the last case, an internal error ends nothing
        broken = "" if self.run.is_decided else self._internal_error
        status = FinalStatus.BROKEN if broken else None
        stop = self._session and (self._session.shouldfail or self._session.shouldstop)
        known = stop if isinstance(stop, str) else self._internal_error
        self.run.close(
            reason=stopped or broken or known or tr("the session ended before it ran"),
            abort=self.run.stopped_as if stopped else status,
            flush_seconds=self._flush_seconds,
        )
        self._channels.close()
        self.interrupter.restore()

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        write_summary(terminalreporter, self.run, self.notes)

    # what happens in the session

    @_never_raises
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.passed or not report.nodeid:
            return
        self.run.file_failed(
            BrokenFile(
                path=self._config.rootpath / path_part(report.nodeid),
                skipped=report.skipped,
                error=reason_of(report),
                trace=trace_of(report),
            )
        )

    @_never_raises
    def on_collected(self, items: Sequence[CollectedItem], deselected: Sequence[int]) -> None:
        """From the selection in this process; `deselected`: row ids of cases."""
        self.run.collected(items, deselected)

    @pytest.hookimpl(optionalhook=True)
    @_never_raises
    def pytest_configure_node(self, node: Any) -> None:
        self._channels.attach(node)

    @pytest.hookimpl(optionalhook=True)
    @_never_raises
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        collection = self._channels.collection_of(node)
        if collection is not None:
            self.run.collected(*collection)

    @_never_raises
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.run.started(nodeid)

    @_never_raises
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        phase = phase_of(report, self.run.execution.keep_exchanges)
        if phase is not None:
            self.run.phase(phase)

    @_never_raises
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.run.finished(nodeid)

    @_never_raises
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """pytest's own orderly stops (-x, --maxfail) are subclasses of KeyboardInterrupt."""
        if excinfo.type in {KeyboardInterrupt, pytest.exit.Exception}:
            self._interruption = str(excinfo.value) or "KeyboardInterrupt"

    @_never_raises
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._internal_error = tr(
            "pytest ended with an internal error: {error}", error=excinfo.exconly()
        )

    # what the orchestrator answers, in the sender's thread

    def on_response(self, data: Mapping[str, Any]) -> None:
        self.run.heard(data)
        reason = stop_reason(data)
        if reason:
            self.interrupter.request(reason)

    def on_conflict(self, reason: str) -> None:
        self.interrupter.request(
            tr("the orchestrator refused this run (409): {reason}", reason=reason)
        )

    def _stop(self, reason: str, again: bool) -> None:
        if self._session is not None:
            self._session.shouldstop = reason
        if again or not self._channels.stop(reason, force=self.interrupter.escalate):
            raise Stopped(reason)


def stop_reason(data: Mapping[str, Any]) -> str:
    """Why the runner must stop, by the data of an answer; empty: it goes on."""
    status = data.get("execution_status")
    return tr(STOPPED_BY.get(status, "")) if isinstance(status, int) else ""
