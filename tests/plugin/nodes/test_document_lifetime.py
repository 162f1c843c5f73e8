"""A document is made when somebody takes it: of what was there when the case ended, or never."""

import xml.etree.ElementTree as ET

import pytest
import yaml_kit

from pytest_sisyphus.nodes import outcome

PASSES = "- {name: s, url: /anything, validations: [{status_code: 200}]}"
FAILS = "- {name: s, url: /anything, validations: [{status_code: 404}]}"
SKIPPED = "- {name: s, url: /anything, skip_if: 'true'}"
RETRIED = """
- name: s
  url: /flaky/1
  retry_policy: {max_attempts: 3, base_delay: 0.01}
  validations: [{status_code: 200}]
"""


@pytest.fixture
def nobody(monkeypatch):
    """takes documents, of those who watch a run in these tests."""
    monkeypatch.setattr(yaml_kit._Reports, "takes_documents", False)


@pytest.fixture
def made(monkeypatch):
    """Names of the cases whose documents were made in this process."""
    names = []

    def noting(result, **how):
        names.append(result.name)
        return case_document(result, **how)

    case_document = outcome.case_document
    monkeypatch.setattr(outcome, "case_document", noting)
    return names


@pytest.mark.parametrize(
    ("steps", "options", "count"),
    [
        (PASSES, (), 0),
        (PASSES, ("-v", "-rA", "--junitxml=junit.xml", "--durations=1"), 0),
        (PASSES, ("--sisyphus-report=json:r.json", "--sisyphus-report=junit:r.xml"), 1),
        (FAILS, (), 1),
        (SKIPPED, (), 1),
        (RETRIED, (), 1),
    ],
)
@pytest.mark.usefixtures("nobody")
def test_a_case_that_passed_makes_none_where_nobody_takes_it(
    run_steps, made, steps, options, count
):
    run = run_steps(steps, *options)

    assert sum(run.outcomes.values()) == 1
    assert made == ["case"] * count


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_reports_carry_what_is_taken_and_that_the_case_ran(run_steps, monkeypatch, workers):
    taken = run_steps(PASSES, *workers)
    monkeypatch.setattr(yaml_kit._Reports, "takes_documents", False)
    untaken = run_steps(PASSES, *workers)

    assert taken.document["test_case"]["status"] == "passed"
    assert [one.sisyphus for one in untaken.reports if hasattr(one, "sisyphus")] == [{}]
    assert untaken.outcomes == {"passed": 1}


def test_what_pytests_own_report_says_hangs_on_no_document(run_steps, pytester, monkeypatch):
    steps = """
- {name: "with ${password}", url: /anything, validations: [{status_code: 200}]}
- name: each
  type: loop
  loop_type: for
  loop_count: 2
  loop_steps: [{name: inside, url: /anything}]
- {name: left, url: /anything, skip_if: 'true'}
- {name: late-51423, method: POST, url: /anything, body: '{"token": "late-51423"}'}
"""
    said = []
    for takes in (True, False):
        monkeypatch.setattr(yaml_kit._Reports, "takes_documents", takes)
        run_steps(steps, "--junitxml=junit.xml", config="variables: {password: hunter2-x}")
        properties = ET.parse(pytester.path / "junit.xml").iter("property")
        said.append([(one.get("name"), one.get("value").partition(",")[0]) for one in properties])

    assert said[0] == said[1]
    assert dict(said[0])["steps"] == "5 passed"
    assert dict(said[0])["step 1"] == "success: with ***"
    assert dict(said[0])["step 3"].startswith("skipped: left (case.yaml:")
    assert dict(said[0])["step 4"] == "success: ***"


READ = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    told = item.sisyphus_document
    variables = told and told["final_variables"]
    print("SEEN", call.when, variables and variables.get("things"))
    return report

def pytest_sessionfinish(session):
    print("SEEN after", [one.sisyphus_document for one in session.items])

@pytest.fixture
def things():
    given = THINGS
    yield given
    if isinstance(given, list):
        given.clear()
"""


@pytest.mark.parametrize("things", ["[1, 'two']", "'text'"])
@pytest.mark.usefixtures("nobody")
def test_others_read_it_as_the_case_left_it_until_its_test_is_over(run_yaml, server, things):
    case = f"""
    name: case
    usefixtures: [things]
    config: {{base_url: "{server.url}", variables: {{things: "${{fixtures.things}}"}}}}
    steps: [{{name: s, url: "/anything?${{things}}"}}]
    """
    run = run_yaml(case, "-s", conftest__py=READ.replace("THINGS", things))

    seen = [line.partition("SEEN ")[2] for line in run.stdout.splitlines() if "SEEN" in line]
    shown = things.strip("'")
    assert seen == ["setup None", f"call {shown}", f"teardown {shown}", "after [None]"]


KEPT = """
import gc
from pytest_sisyphus.results import CaseResult, StepResult
from pytest_sisyphus.compiled.context import CaseContext

def kept():
    kinds = (CaseResult, StepResult, CaseContext)
    return [one for one in gc.get_objects() if isinstance(one, kinds)]

OF_OTHERS = kept()  # tests of this process may hold what their runs gave

def pytest_unconfigure(config):
    gc.collect()
    others = {id(one) for one in OF_OTHERS}
    print("KEPT", [type(one).__name__ for one in kept() if id(one) not in others])
"""


@pytest.mark.parametrize("options", [(), ("--sisyphus-report=json:r.json",)])
@pytest.mark.usefixtures("nobody")
def test_nothing_of_a_case_is_kept_when_its_test_is_over(run_yaml, server, options):
    config = f'config: {{base_url: "{server.url}"}}'
    cases = [f"name: {n}\n{config}\nsteps: [{{name: s, url: /anything}}]\n" for n in "abc"]

    run = run_yaml("---\n".join(cases), *options, conftest__py=KEPT)

    assert run.outcomes == {"passed": 3}
    assert "KEPT []" in run.stdout


TAKES = """
takes_documents = True

def pytest_runtest_logreport(report):
    if report.when == "call":
        print("TAKEN", report.sisyphus["case"]["test_case"]["name"])
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
@pytest.mark.usefixtures("nobody")
def test_a_plugin_says_that_it_takes_them(run_steps, workers):
    run = run_steps(PASSES, "-s", *workers, conftest__py=TAKES)

    assert "TAKEN case" in run.stdout
    assert run.outcomes == {"passed": 1}


@pytest.mark.usefixtures("nobody")
def test_also_one_that_is_registered_while_the_tests_run(run_steps):
    late = f"""
import types

TAKES = {TAKES!r}

def pytest_runtest_setup(item):
    plugin = types.ModuleType("late")
    exec(TAKES, vars(plugin))
    item.config.pluginmanager.register(plugin)
"""
    run = run_steps(PASSES, "-s", conftest__py=late)

    assert "TAKEN case" in run.stdout
