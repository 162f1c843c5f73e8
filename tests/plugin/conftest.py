"""A pytest project in a folder of its own, and an orchestrator that plays by a script."""

import importlib.metadata
import math
import subprocess
import sys
import textwrap

import inner_runs
import pytest
from idle_plugins import NO_IDLE_PLUGINS
from scripted_orchestrator import scripted
from services import database_url, mysql_url, postgresql_url
from yaml_kit import run_steps, run_yaml, server

import pytest_sisyphus.execution.context
import pytest_sisyphus.sql.connection  # noqa: F401  likewise
from pytest_sisyphus.execution.backoff import Backoff

__all__ = ["database_url", "mysql_url", "postgresql_url", "run_steps", "run_yaml", "server"]

inner_runs.share()

#: variables that would make an inner pytest part of some run.
FOREIGN = ("EXECUTION_ID", "CALLBACK_TOKEN", "PLATFORM_BASE_URL", "SISYPHUS_RUNNER")


@pytest.fixture
def pytester(pytester, monkeypatch):
    """No test here installs something: what is installed is found once."""
    monkeypatch.setattr(importlib.metadata, "distributions", inner_runs.installed)
    return pytester


@pytest.fixture
def no_second_try(monkeypatch):
    """The first failure of a call stays: the pause after it would be longer than any patience."""
    monkeypatch.setattr(Backoff, "delay", lambda *_: math.inf)


@pytest.fixture
def orchestrator():
    with scripted() as orchestrator:
        yield orchestrator


class Project:
    """Python tests are given as text, without the imports that all of them need.

    A run has the time limits that users have: a busy machine may stand still for a second. Where
    nobody answers, a test says that its run gives up sooner.
    """

    def __init__(self, pytester, orchestrator):
        self.pytester = pytester
        self.orchestrator = orchestrator
        self.root = pytester.path
        pytester.makeini("[pytest]\n")

    def write(self, **files):
        for name, text in files.items():
            path = self.root / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("import os, time, pytest\n" + textwrap.dedent(text))

    def options(self, *args, url=None, token=None):
        return [
            f"--sisyphus-url={url or self.orchestrator.url}",
            f"--sisyphus-token={token or self.orchestrator.token}",
            *map(str, args),
        ]

    def run(self, *args, **rest):
        """In this process: pytest's own answer, its lines on `.stdout`."""
        return self.pytester.runpytest_inprocess(
            "--sisyphus-execution=13", *self.options(*args, **rest)
        )

    def replay(self, path, *args):
        return self.pytester.runpytest_inprocess(f"--sisyphus-replay={path}", *self.options(*args))

    def start(self, *args, **rest):
        """As a process of its own, to be signalled."""
        command = [sys.executable, "-m", "pytest", "--sisyphus-execution=13"]
        return subprocess.Popen(
            [*command, *self.options(*args)],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **rest,
        )

    @property
    def spools(self):
        return sorted((self.root / ".sisyphus" / "spool").glob("*.jsonl*"))


@pytest.fixture
def project(pytester, orchestrator, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", NO_IDLE_PLUGINS)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "2")
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    return Project(pytester, orchestrator)
