"""Tests of the tests: a skipped test is remembered for `--last-skipped`, and fails where none may be;
how workers share the tests."""

from pathlib import Path

import pytest
from idle_plugins import NO_IDLE_PLUGINS

ROOT = Path(__file__).parent.parent

TESTS = """
import os, pytest

def test_runs(): pass

def test_waits():
    if "HERE" not in os.environ: pytest.skip("nothing is here")

@pytest.mark.xfail
def test_known(): raise OSError
"""
LONG_AND_SHORT = """
import pytest

def test_short(): pass

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.timeout(300)
def test_longest(): pass

@pytest.mark.timeout(10)
def test_shortest(): pass
"""
MODULE = 'import os, pytest\nif "HERE" not in os.environ: pytest.skip("no", allow_module_level=True)\ndef test_in(): pass\n'


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.delenv("SISYPHUS_TEST_REQUIRE", raising=False)
    pytester.makeconftest((ROOT / "conftest.py").read_text("utf-8"))
    pytester.makepyfile(test_some=TESTS, test_module=MODULE)
    return pytester


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_what_the_last_run_skipped_runs_again(project, monkeypatch, workers):
    project.runpytest_subprocess(*workers).assert_outcomes(passed=1, skipped=2, xfailed=1)
    monkeypatch.setenv("HERE", "1")

    again = project.runpytest_subprocess("--last-skipped", *workers)

    again.assert_outcomes(passed=2, deselected=0 if workers else 2)


@pytest.mark.parametrize("workers", [[], ["-n2"]])
def test_what_was_skipped_may_run_again_in_parts(project, monkeypatch, workers):
    project.runpytest_subprocess(*workers)
    monkeypatch.setenv("HERE", "1")

    first = project.runpytest_subprocess("--last-skipped", *workers, "test_module.py")
    second = project.runpytest_subprocess("--last-skipped")

    first.assert_outcomes(passed=1)
    second.assert_outcomes(passed=1, deselected=3)


def test_what_is_skipped_fails_where_all_is_required(project, monkeypatch):
    monkeypatch.setenv("SISYPHUS_TEST_REQUIRE", "all")

    run = project.runpytest_subprocess("--continue-on-collection-errors")

    run.assert_outcomes(passed=1, failed=1, xfailed=1, errors=1)
    run.stdout.fnmatch_lines(
        ["*SISYPHUS_TEST_REQUIRE=all, and yet this is skipped: *nothing is here"]
    )


def test_workers_begin_with_what_takes_longest(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{NO_IDLE_PLUGINS} -p no:randomly")
    pytester.makeconftest((ROOT / "conftest.py").read_text("utf-8"))
    pytester.makeini("[pytest]\nmarkers =\n  slow\n  timeout\n")
    pytester.makepyfile(LONG_AND_SHORT)

    run = pytester.runpytest_subprocess("-n1", "-v")

    run.stdout.fnmatch_lines(["*WorkStealingScheduling"])
    ran = [line.rpartition("::")[2].strip() for line in run.outlines if " PASSED " in line]
    assert ran == ["test_longest", "test_slow", "test_short", "test_shortest"]


@pytest.mark.parametrize(
    ("cores", "asked", "workers"), [(1, "", 1), (2, "", 3), (8, "", 12), (2, "2", 2)]
)
def test_there_are_more_workers_than_cores(pytestconfig, monkeypatch, cores, asked, workers):
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", asked)
    hook = pytestconfig.hook.pytest_xdist_auto_num_workers
    (ours,) = [
        one for one in hook.get_hookimpls() if one.plugin.__file__ == str(ROOT / "conftest.py")
    ]
    calling = ours.function()
    next(calling)

    with pytest.raises(StopIteration) as answered:
        calling.send(cores)

    assert answered.value.value == workers
