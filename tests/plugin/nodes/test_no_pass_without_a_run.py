"""Whatever another plugin does to the way tests run: a case that did not run is no pass."""

import json
from pathlib import Path

import pytest

CASE = """
name: a
case_id: 1
steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 77]}]}]
"""
#: conftests that keep a case from running, each at another place of the protocol.
ANSWERS_THE_CALL = "def pytest_pyfunc_call(pyfuncitem): return True"
REPLACES_THE_TEST = """
def pytest_collection_modifyitems(items):
    for item in items:
        item.runtest = lambda: None
"""
REPORTS_BY_ITSELF = """
import pytest

def pytest_runtest_protocol(item):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for when in ("setup", "call", "teardown"):
        report = pytest.TestReport(
            nodeid=item.nodeid, location=item.location, keywords={}, outcome="passed",
            longrepr=None, when=when,
        )
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
OWN_LOOP = """
import pytest

def pytest_runtestloop(session):
    for item in session.items:
        report = pytest.TestReport(
            nodeid=item.nodeid, location=item.location, keywords={}, outcome="passed",
            longrepr=None, when="call",
        )
        session.config.hook.pytest_runtest_logreport(report=report)
    return True
"""
IN_A_PROTOCOL = {
    "answers the call": ANSWERS_THE_CALL,
    "replaces the test": REPLACES_THE_TEST,
    "reports by itself": REPORTS_BY_ITSELF,
}
XDIST = ("-p", "xdist", "-n1")


@pytest.mark.parametrize(
    ("conftest", "args"),
    [
        *((conftest, ()) for conftest in IN_A_PROTOCOL.values()),
        *((conftest, XDIST) for conftest in IN_A_PROTOCOL.values()),
        (OWN_LOOP, ()),
    ],
    ids=[*IN_A_PROTOCOL, *(f"{way}, xdist" for way in IN_A_PROTOCOL), "has a loop of its own"],
)
def test_a_case_that_did_not_run_failed(run_yaml, conftest, args):
    run = run_yaml(CASE, "-rA", *args, "--sisyphus-report=json:r.json", conftest__py=conftest)

    assert run.outcomes == {"failed": 1}
    assert run.result.ret == pytest.ExitCode.TESTS_FAILED
    assert "the case did not run" in run.stdout
    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert document["test_case"]["status"] == "failed"
    assert "the case did not run" in document["error_info"]["message"]


@pytest.mark.parametrize("way", IN_A_PROTOCOL.values(), ids=IN_A_PROTOCOL)
@pytest.mark.parametrize("run_mode", [1, 2], ids=["serial", "parallel"])
def test_nor_is_it_a_pass_of_an_execution(project, orchestrator, way, run_mode):
    (project.root / "a.yaml").write_text(CASE, encoding="utf-8")
    (project.root / "conftest.py").write_text(way, encoding="utf-8")
    orchestrator.want(1, run_mode=run_mode)

    assert project.run().ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == {1: 3}
    assert "did not run" in orchestrator.final(1)["errorMessage"]


def test_a_hook_that_calls_the_test_itself_is_fine(run_yaml):
    conftest = """
        def pytest_pyfunc_call(pyfuncitem):
            pyfuncitem.obj(**{"request": pyfuncitem.funcargs["request"]})
            return True
        """
    run = run_yaml(CASE.replace("77", "0"), conftest__py=conftest)

    assert run.outcomes == {"passed": 1}
    assert run.statuses() == ["success"]


def test_cases_run_without_pytests_plugin_for_python_files(run_yaml):
    run = run_yaml(CASE, "-p", "no:python")

    assert run.outcomes == {"failed": 1}
    assert "Expected 77, but got 0" in run.stdout


def test_and_so_does_an_execution_of_them(project, orchestrator):
    (project.root / "a.yaml").write_text(CASE.replace("77", "0"), encoding="utf-8")
    orchestrator.want(1)

    assert project.run("-p", "no:python").ret == pytest.ExitCode.OK
    assert orchestrator.statuses() == {1: 2}


def test_only_set_up_is_not_passed(run_yaml):
    run_yaml(CASE, "--setup-only", "--sisyphus-report=json:r.json")

    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert document["test_case"]["status"] == "skipped"
