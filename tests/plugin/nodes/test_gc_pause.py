"""The interpreter's end is short after YAML cases, but nobody loses what he has not yet written."""

import pytest
from yaml_kit import ONLY_OURS

pytestmark = pytest.mark.slow

CASE = "name: a\nsteps:\n- {name: s, type: wait, seconds: 0, validations: [{exists: $.waited}]}\n"
LEFT_OPEN = """
def pytest_configure(config):
    config.my_log = open("my.log", "w")
    config.my_log.write("last words")
"""
FINALIZED = """
class Writer:
    def __init__(self, path):
        self.path, self.itself = path, self

    def __del__(self, open=open):
        with open(self.path, "w") as file:
            file.write("last words")

def pytest_configure(config):
    config.my_writer = Writer("my.log")
"""
CLOSED = """
def pytest_configure(config):
    config.my_log = open("my.log", "w")
    config.my_log.write("last words")

def pytest_unconfigure(config):
    config.my_log.close()
"""
FREEZING = """
import gc, os

def freeze(really=gc.freeze, write=os.write):
    write(2, b"frozen\\n")
    really()

gc.freeze = freeze
"""


def test_it_can_be_left_out(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.path.joinpath("case.yaml").write_text(CASE)

    run = pytester.runpytest_inprocess(*ONLY_OURS, "-p", "no:sisyphus-freeze")

    run.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("conftest", "frozen"), [(LEFT_OPEN, 0), (FINALIZED, 0), (CLOSED, 1), ("", 1)]
)
def test_what_is_left_open_is_written(pytester, monkeypatch, conftest, frozen):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(conftest + FREEZING)
    pytester.path.joinpath("case.yaml").write_text(CASE)

    run = pytester.runpytest_subprocess("-s", "-p", "pytest_sisyphus.plugin", "case.yaml")

    run.assert_outcomes(passed=1)
    assert run.stderr.lines.count("frozen") == 2 + frozen  # what is loaded, what is collected
    if conftest:
        assert pytester.path.joinpath("my.log").read_text() == "last words"


REFERRERS = """
import gc, hypothesis

made = object()

def test_it():
    assert gc.get_referrers(made)
"""


def test_hypothesis_finds_who_refers_to_its_generator(pytester):
    """6.120 looks with its first derandomized test, after the cases were collected, and warns."""
    pytester.path.joinpath("case.yaml").write_text(CASE)
    pytester.makepyfile(REFERRERS)

    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)
