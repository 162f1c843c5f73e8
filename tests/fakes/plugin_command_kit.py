"""The plugin's commands: in this process, and as processes of their own."""

import json
import subprocess
import sys

import pytest

from pytest_sisyphus.i18n import language_set_back


class Ended:
    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def json(self):
        return json.loads(self.stdout, parse_constant=pytest.fail)


def command(name, *args):
    code = f"import sys; from pytest_sisyphus.cli.commands import {name}; sys.exit({name}())"
    return [sys.executable, "-c", code, *args]


def process(name, *args, **options):
    ended = subprocess.run(
        command(name, *args), capture_output=True, check=False, timeout=60, **options
    )
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture
def run(pytester, capfd, monkeypatch):
    """A command in this process; a second for each new one would be too many."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def call(command, *args):
        with language_set_back():
            try:
                code = command(args)
            except SystemExit as ended:
                code = ended.code
        return Ended(code, *capfd.readouterr())

    return call
