"""The link in an xdist worker: selects as the controller would, stops when it says so."""

import dataclasses
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ..options import OPTIONS
from .interrupt import Interrupter
from .nodes import WORKER_INPUT
from .outcomes import CollectedItem
from .pulled import Execution
from .selection import Selection, to_plain


class Worker:
    """It reports nothing itself: what it knows rides on pytest's reports to the controller."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._interrupter = Interrupter(stop=self._stop)
        self._session: pytest.Session | None = None

    def found(self, items: Sequence[CollectedItem], deselected: Sequence[int]) -> None:
        self._channel.send([to_plain(items), list(deselected)])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        self._interrupter.install()
        self._channel.setcallback(self._interrupter.request)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        """The innermost: pytest's own wrapper sends the warnings of the test."""
        with self._interrupter.exposed():
            return (yield)

    # what xdist sends from these must arrive whole, or the controller waits for ever

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, Any, Any]:
        with self._interrupter.shielded():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, Any, Any]:
        with self._interrupter.shielded():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, Any, Any]:
        with self._interrupter.shielded():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, Any, Any]:
        self._interrupter.ending()
        try:
            return (yield)
        finally:
            self._interrupter.restore()

    def _stop(self, reason: str, _again: bool) -> None:
        """Not with pytest's code for an interrupt: xdist would replace this worker."""
        if self._session is not None:
            self._session.shouldstop = reason
        raise pytest.exit.Exception(reason, returncode=pytest.ExitCode.TESTS_FAILED)


def join(config: pytest.Config) -> None:
    """Nothing happens in a worker of an ordinary run."""
    workerinput: Mapping[str, Any] = config.workerinput  # type: ignore[attr-defined]  # xdist's
    if WORKER_INPUT in workerinput:
        _join(config, workerinput[WORKER_INPUT])


def _join(config: pytest.Config, plain: Mapping[str, Any]) -> None:
    """`plain`: what the controller handed over (`Nodes.equip`)."""
    execution = Execution.from_plain(plain["execution"])
    options = config.stash[OPTIONS]
    config.stash[OPTIONS] = dataclasses.replace(options, env_code=execution.env_code)
    worker = Worker(plain["channel"])
    files = plain["files"]
    selection = Selection(
        execution,
        None if files is None else frozenset(config.rootpath / Path(file) for file in files),
        worker.found,
    )
    selection.narrow(config)
    config.option.continue_on_collection_errors = True
    config.pluginmanager.register(selection, "sisyphus-selection")
    config.pluginmanager.register(worker, "sisyphus-worker")
