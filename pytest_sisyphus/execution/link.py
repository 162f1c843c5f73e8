"""The link's hooks on the controller (or in the only process): pytest's events → the run.

Nothing in here may hurt the session: every reporting hook swallows and remembers what went wrong.
"""

import functools
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec

import pytest

from ..reasons import reason_of, trace_of
from .interrupt import Interrupter, Stopped
from .nodes import Nodes
from .outcomes import CollectedItem
from .reports import path_part, phase_of
from .run import BrokenFile, Run
from .status import STOPPED_BY, Ending
from .summary import header_lines, write_summary

P = ParamSpec("P")


def _quietly(
    hook: Callable[Concatenate["Link", P], None],
) -> Callable[Concatenate["Link", P], None]:
    """A reporter's sink: whatever breaks in here, the tests go on as if it were not installed."""

    @functools.wraps(hook)
    def wrapped(self: "Link", /, *args: P.args, **kwargs: P.kwargs) -> None:
        with self.interrupter.shielded():
            try:
                hook(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  a broken report must not fail a run
                self.notes.append(f"a result could not be reported: {error!r}")

    return wrapped


class Link:
    def __init__(
        self,
        run: Run,
        *,
        runner_id: str,
        config: pytest.Config,
        start: Callable[[], Mapping[str, Any] | None],
        nodes: Nodes,
        flush_seconds: float,
        strict: bool,
        notes: list[str],
    ) -> None:
        """`start` tells the orchestrator that the run begins, and returns what it could not tell;
        raises UsageError when refused."""
        self.run = run
        self.runner_id = runner_id
        self.notes = notes
        self.interrupter = Interrupter(stop=self._stop, heard=run.abort, hurry=run.cut)
        self._config = config
        self._start = start
        self._nodes = nodes
        self._flush_seconds = flush_seconds
        self._strict = strict
        self._session: pytest.Session | None = None
        self._interruption = ""
        self._broke = ""

    # the session's frame

    def pytest_report_header(self) -> list[str]:
        return header_lines(self.run.execution, self.notes)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        self.run.begin(self._start())
        self.interrupter.install()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        with self.interrupter.exposed():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        with self.interrupter.exposed():
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """After every other plugin's, also when one of them raises; before the summary."""
        try:
            yield
        finally:
            self.close()
            session.exitstatus = self._exit_status(session.exitstatus)

    def close(self) -> None:
        """Decide what is open, deliver, give the signals back. Harmless when repeated."""
        self.interrupter.ending()
        stopped = self.interrupter.reason or self._interruption
        broken_off = Ending.BROKEN if self._broke_off else None
        self.run.close(
            reason=stopped or self._broke_off or self._why_stopped(),
            abort=Ending.CANCELED if stopped else broken_off,
            flush_seconds=self._flush_seconds,
        )
        self._nodes.close()
        self.interrupter.restore()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write_summary(terminalreporter, self.run, self.notes)

    # what happens in it

    @_quietly
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.passed or not report.nodeid:
            return
        self.run.file_broke(
            BrokenFile(
                path=self._config.rootpath / path_part(report.nodeid),
                skipped=report.skipped,
                error=reason_of(report),
                trace=trace_of(report),
            )
        )

    @_quietly
    def found(self, items: Sequence[CollectedItem], deselected: Sequence[int]) -> None:
        """From the selection in this process, or from a worker's."""
        self.run.collected(items, deselected)

    @pytest.hookimpl(optionalhook=True)
    @_quietly
    def pytest_configure_node(self, node: Any) -> None:
        self._nodes.equip(node)

    @pytest.hookimpl(optionalhook=True)
    @_quietly
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        told = self._nodes.collection_of(node)
        if told is not None:
            self.run.collected(*told)

    @_quietly
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.run.started(nodeid)

    @_quietly
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        phase = phase_of(report)
        if phase is not None:
            self.run.phase(phase)

    @_quietly
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.run.finished(nodeid)

    @_quietly
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """pytest's own orderly stops (-x, --maxfail) are subclasses of KeyboardInterrupt."""
        if excinfo.type in {KeyboardInterrupt, pytest.exit.Exception}:
            self._interruption = str(excinfo.value) or "KeyboardInterrupt"

    @_quietly
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """pytest itself broke: why what did not run did not."""
        self._broke = f"pytest ended with an internal error: {excinfo.exconly()}"

    # the orchestrator's word

    def told(self, data: Mapping[str, Any]) -> None:
        """From the sender's thread."""
        reason = stop_reason(data)
        if reason:
            self.interrupter.request(reason)

    def shut_out(self, reason: str) -> None:
        self.interrupter.request(f"another runner holds the execution: {reason}")

    def _stop(self, reason: str, again: bool) -> None:
        if self._session is not None:
            self._session.shouldstop = reason
        if again or not self._nodes.stop(reason, force=self._force):
            raise Stopped(reason)

    def _force(self) -> None:
        self.interrupter.insist()

    @property
    def _broke_off(self) -> str:
        """An internal error that kept cases from running; after the last one it ends nothing."""
        return "" if self.run.is_decided else self._broke

    def _why_stopped(self) -> str:
        session = self._session
        stop = session and (session.shouldfail or session.shouldstop)
        known = stop if isinstance(stop, str) else self._broke
        return known or "the session ended before it ran"

    def _exit_status(self, status: int | pytest.ExitCode) -> int | pytest.ExitCode:
        """pytest's own, except that nothing run, or nothing delivered, is no success."""
        if status != pytest.ExitCode.OK:
            return status
        if not self.run.ran_any:
            return pytest.ExitCode.NO_TESTS_COLLECTED
        lost = self.run.tally is not None and self.run.tally.undelivered
        return pytest.ExitCode.TESTS_FAILED if self._strict and lost else status


def stop_reason(data: Mapping[str, Any]) -> str:
    status = data.get("execution_status")
    return STOPPED_BY.get(status, "") if isinstance(status, int) else ""
