"""The plugin in an xdist worker: selects as the controller would, stops when that asks for it."""

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sisyphus.config.stash import OPTIONS
from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.execution.interrupt import Interrupter
from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.selection import CaseSelection, to_plain
from pytest_sisyphus.execution.worker_channels import WORKER_INPUT

if TYPE_CHECKING:
    from pytest_sisyphus.execution.leg_worker import Gate


class WorkerPlugin:
    """Reports nothing itself: what it knows goes with pytest's reports to the controller."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.interrupter = Interrupter(stop=self._stop)
        self._session: pytest.Session | None = None
        #: of a leg's worker.
        self.gate: Gate | None = None

    def on_collected(self, items: Sequence[CollectedItem], deselected: Sequence[int]) -> None:
        self._channel.send([to_plain(items), list(deselected)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        self.interrupter.install()
        self._channel.setcallback(self._on_message)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        """The innermost: pytest's own wrapper sends the warnings of the test."""
        with self.interrupter.interruptible():
            return (yield)

    # what xdist sends from these hooks must arrive complete, or the controller waits for ever

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        with self.interrupter.deferred():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        with self.interrupter.deferred():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, Any, Any]:
        with self.interrupter.deferred():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, Any, Any]:
        self.interrupter.begin_closing()
        try:
            return (yield)
        finally:
            self.interrupter.restore()

    def _on_message(self, message: str | list[str]) -> None:
        """Called in execnet's thread: why to stop, or something for the gate."""
        if isinstance(message, str):
            self.interrupter.request(message)
        elif self.gate is not None:
            self.gate.hear(*message)

    def _stop(self, reason: str, _again: bool) -> None:
        """Not with pytest's code for an interrupt: xdist would replace this worker."""
        if self._session is not None:
            self._session.shouldstop = reason
        raise pytest.exit.Exception(reason, returncode=pytest.ExitCode.TESTS_FAILED)


def configure_worker(config: pytest.Config) -> None:
    """Does nothing in a worker of an ordinary run."""
    workerinput: Mapping[str, Any] = config.workerinput  # type: ignore[attr-defined]  # xdist's
    if WORKER_INPUT not in workerinput:
        return
    plain = workerinput[WORKER_INPUT]  # from `WorkerChannels.attach`
    execution = Execution.from_plain(plain["execution"])
    options = config.stash[OPTIONS]
    config.stash[OPTIONS] = dataclasses.replace(options, env_code=execution.env_code)
    worker = WorkerPlugin(plain["channel"])
    files = plain["files"]
    selection = CaseSelection(
        execution,
        None if files is None else frozenset(config.rootpath / Path(file) for file in files),
        worker.on_collected,
    )
    selection.narrow_arguments(config)
    config.option.continue_on_collection_errors = True
    config.pluginmanager.register(selection, "sisyphus-selection")
    config.pluginmanager.register(worker, "sisyphus-worker")
    if execution.is_sharded:
        from pytest_sisyphus.execution.leg_worker import (  # noqa: PLC0415 - only in a leg
            Gate,
            PassOver,
        )

        worker.gate = Gate(worker.interrupter)
        config.pluginmanager.register(worker.gate, "sisyphus-gate")
        config.pluginmanager.register(PassOver(), "sisyphus-pass-over")
