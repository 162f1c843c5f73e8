"""Cases in a test explorer: the hooks, names and arguments that VS Code's adapter of pytest uses."""

import json
import re

import pytest

pytestmark = pytest.mark.slow

#: what the adapter asks of items and reports, in a file instead of its pipe.
ADAPTER = """
import json, os, pathlib
import pytest

def tell(**said):
    with open(os.environ["SAID"], "a", encoding="utf-8") as file:
        file.write(json.dumps(said, ensure_ascii=False) + "\\n")

def absolute(nodeid):
    path, *names = nodeid.split("::")
    return "::".join([str(pathlib.Path.cwd() / path), *names])

def pytest_exception_interact(node, call, report):
    tell(kind="error", id=absolute(node.nodeid), text=report.longreprtext)

@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_sessionfinish(session, exitstatus):
    yield
    for item in session.items:
        parents = [node.name for node in item.listchain()[1:-1]]
        line = item.location[1] + 1
        tell(kind="item", id=absolute(item.nodeid), name=item.name, line=line, parents=parents,
             path=str(item.path), file=str(item.parent.path), code=int(exitstatus))

def pytest_report_teststatus(report, config):
    if report.when == "call":
        tell(kind="result", id=absolute(report.nodeid), outcome=report.outcome,
             text=report.longreprtext)
"""
CASES = """\
# the shop
name: 登录
config: {variables: {n: 1}}
steps:
  - name: s
    type: wait
    seconds: 0
    validations:
      - assert: ["${n} == 1", one]
---
name: "a::b [x]"
config: {variables: {n: 1}}
steps:
  - {name: s, type: wait, seconds: 0, validations: [{assert: "${n} == 1"}]}
---
name: rows
config: {data_source: [{n: 1}, {n: 2}]}
steps:
  - name: s
    type: wait
    seconds: 0
    validations:
      - assert: ["${n} == 1", one]
"""
LINES = {"登录": 2, "a::b [x]": 11, "rows[0]": 16, "rows[1]": 16}


@pytest.fixture
def explorer(pytester, monkeypatch):
    """Calls pytest as the adapter does; what was told."""
    monkeypatch.setenv("SAID", str(pytester.path / "said.jsonl"))
    pytester.makepyfile(adapter=ADAPTER)
    pytester.makeini("[pytest]\n")
    pytester.syspathinsert()
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases/shop.yaml").write_text(CASES, encoding="utf-8")

    def call(*args):
        said = pytester.path / "said.jsonl"
        said.unlink(missing_ok=True)
        pytester.runpytest(
            "-p", "adapter", f"--rootdir={pytester.path}", "-p", "no:randomly", *args
        )
        return [json.loads(line) for line in said.read_text("utf-8").splitlines()]

    return call


def test_each_case_is_discovered_in_its_file_at_its_name(explorer, pytester):
    file = str(pytester.path / "cases/shop.yaml")

    found = explorer("--collect-only")

    assert {one["name"]: one["line"] for one in found} == LINES
    assert [one["id"] for one in found] == [f"{file}::{name}" for name in LINES]
    assert {(one["path"], one["file"], *one["parents"][-2:]) for one in found} == {
        (file, file, "cases", "shop.yaml")
    }


@pytest.mark.parametrize("name", LINES)
def test_a_single_one_runs_by_the_id_that_was_found(explorer, pytester, name):
    wanted = f"{pytester.path}/cases/shop.yaml::{name}"

    told = explorer(wanted)

    outcome = "failed" if name == "rows[1]" else "passed"
    results = {(one["id"], one["outcome"]) for one in told if one["kind"] == "result"}
    assert results == {(wanted, outcome)}


def test_a_failure_begins_with_the_place_of_the_check(explorer, pytester):
    told = explorer(f"{pytester.path}/cases/shop.yaml::rows[1]", "--color=no")

    (text,) = {one["text"] for one in told if one["kind"] == "result"}
    assert re.match(r"cases/shop\.yaml:\d+: step 's' failed: ", text)
    assert "FAILED cases/shop.yaml:23: assert" in text
    assert "\x1b" not in text


def test_a_broken_file_is_one_error_and_hides_no_other(explorer, pytester):
    (pytester.path / "cases/broken.yaml").write_text("name: a\nsteps: [{name: s, urk: /}]\n")

    told = explorer("--collect-only")

    (error,) = (one for one in told if one["kind"] == "error")
    assert error["id"] == str(pytester.path / "cases/broken.yaml")
    assert error["text"].startswith("cases/broken.yaml:2:")
    assert [one["name"] for one in told if one["kind"] == "item"] == [*LINES]
