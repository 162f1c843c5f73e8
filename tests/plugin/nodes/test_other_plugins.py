"""What YAML cases say to other plugins, and what is said where a plugin cannot reach them."""

import json
from pathlib import Path

import pytest

STEPS = "steps: [{name: s, type: wait, seconds: 0}]"
TAGGED = f"""
name: pay
case_id: 1
tags: ["severity:critical", "epic:shop", "owner:ann", smoke, "issue:https://bugs/7", "other:x"]
{STEPS}
"""
ALLURE = ("-p", "allure_pytest", "--alluredir=theirs")


def test_tags_are_labels_and_links_of_allure_pytest(run_yaml):
    run_yaml(TAGGED, *ALLURE)

    (path,) = Path("theirs").glob("*-result.json")
    result = json.loads(path.read_text(encoding="utf-8"))
    labels = {(one["name"], one["value"]) for one in result["labels"]}
    assert labels >= {("severity", "critical"), ("epic", "shop"), ("owner", "ann")}
    assert {value for name, value in labels if name == "tag"} == {"smoke", "other:x"}
    assert [(one["type"], one["url"]) for one in result["links"]] == [("issue", "https://bugs/7")]


@pytest.mark.parametrize(
    ("option", "outcomes"),
    [
        ("--allure-severities=critical", {"passed": 1}),
        ("--allure-severities=minor", {"deselected": 1}),
        ("--allure-epics=shop", {"passed": 1}),
    ],
)
def test_it_selects_by_them(run_yaml, option, outcomes):
    assert run_yaml(TAGGED, *ALLURE, option).outcomes == outcomes


@pytest.mark.parametrize("plugin", [(), ALLURE], ids=["alone", "allure"])
def test_and_so_does_pytest(run_yaml, plugin):
    run = run_yaml(TAGGED, *plugin, "--strict-markers", "-m", "smoke")

    assert run.outcomes == {"passed": 1}


#: pytest-repeat, as far as it matters here.
REPEAT = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--count", type=int, default=1)

def pytest_configure(config):
    config.addinivalue_line("markers", "repeat(n): run it n times")

def pytest_generate_tests(metafunc):
    count = metafunc.config.option.count
    if count > 1:
        metafunc.fixturenames.append("step_number")
        metafunc.parametrize("step_number", range(count))
"""


@pytest.mark.parametrize(
    ("marks", "args", "said"),
    [
        ("", ["--count=3"], "--count of pytest-repeat has no effect on YAML cases"),
        ("marks: [{repeat: 3}]", [], "case.yaml:1: the mark repeat of pytest-repeat has no effect"),
        ("", [], ""),
    ],
    ids=["option", "mark", "neither"],
)
def test_repeating_is_said_to_have_no_effect(run_yaml, pytester, marks, args, said):
    pytester.syspathinsert()
    run = run_yaml(
        f"name: a\n{marks}\n{STEPS}\n", "-p", "pytest_repeat", *args, pytest_repeat__py=REPEAT
    )

    assert run.outcomes == {"passed": 1, **({"warnings": 1} if said else {})}
    assert said in run.stdout
