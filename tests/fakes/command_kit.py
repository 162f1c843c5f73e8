"""The command `sisyphus-orchestrator`: in this process, and as a server of its own."""

import contextlib
import os
import re
import subprocess
import sys

import pytest

from orchestrator.cli import terminal
from orchestrator.cli.commands import main

CLEAN = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}
CLEAN["SISYPHUS_LANG"] = "en"


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("SISYPHUS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SISYPHUS_LANG", "en")
    # a command chooses the process's language: the tests behind this one have theirs again
    monkeypatch.setattr(terminal, "_language", "en")

    def run(*arguments):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@contextlib.contextmanager
def serving(folder, *arguments, **environ):
    """The service on a free port: `(process, base address)`."""
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "serve", "--port", "0", *arguments],
            cwd=folder,
            env={**CLEAN, **environ},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        line = ""
        while process.stdout and "listening on" not in line:
            line = process.stdout.readline()
            assert line, (folder / "stderr").read_text()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)/it/api\n", line)
        assert found, line
        yield process, found[1]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
