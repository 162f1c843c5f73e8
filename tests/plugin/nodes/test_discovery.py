"""Installed but unused: YAML files that are no cases, or that nobody named, cost a look at them."""

import ast
import json
from pathlib import Path

import pytest

CASE = "name: a\nsteps:\n- {name: s, type: wait, seconds: 0}\n"
OTHER = "services:\n  db: {image: postgres}\n"
DOOR = [
    *("config", "config.load", "config.option_types", "config.options", "config.stash"),
    *("hookspecs", "i18n", "nodes", "nodes.discovery", "plugin", "run_secrets", "values"),
    "values.record",
]
SNIFFED = [
    *("source", "source.detection", "source.misplaced_keys", "source.near_misses"),
    "values.encodings",
]
PYTHON = """
import sys

def test_nothing_of_the_engine_is_imported():
    own = [name for name in sys.modules if name.startswith("pytest_sisyphus.")]
    assert sorted(own) == sorted(f"pytest_sisyphus.{name}" for name in {ROOMS})
    assert {"pydantic", "jinja2", "yaml", "requests"} & sys.modules.keys() == set()

def test_nothing_looks_after_cases(pytestconfig):
    plugins = [name for name, _ in pytestconfig.pluginmanager.list_name_plugin()]
    assert [name for name in plugins if "sisyphus" in name] == ["pytest_sisyphus.plugin"]
"""
MOCKED = """
name: a
config: {base_url: http://nowhere.invalid, mock: {rules: [{request: {url: /a}, response: {body: {code: 0}}}]}}
steps:
- name: s
  url: /a
  validations: [{eq: [$.code, 0]}, {status_code: 200}]
  extractors: {code: $.code}
"""
LOADED_BY_A_CASE = """
import json, sys

before = set(sys.modules)

def pytest_unconfigure():
    loaded = {name: sys.modules[name].__file__ for name in sys.modules.keys() - before
              if getattr(sys.modules[name], "__file__", None)}
    with open("loaded.json", "w") as file:
        json.dump(loaded, file)
"""
#: libraries of ours that such a case needs nothing of.
UNUSED = {"faker", "jinja2", "jsonpath_ng", "jsonschema", "lxml", "redis", "sqlalchemy"}
#: modules whose patterns every case needs.
ALWAYS_USED = ["detection", "node_ids", "yaml_scalars"]
LOADED = """
import importlib.machinery
import pytest_sisyphus.plugin

def test_in_the_ordinary_way():
    loader = pytest_sisyphus.plugin.__loader__
    assert type(loader) is importlib.machinery.SourceFileLoader
"""


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(python, *args):
        pytester.makepyfile(test_it=python)
        return pytester.runpytest_subprocess("-p", "pytest_sisyphus.plugin", *args)

    return run


@pytest.mark.parametrize(
    ("named", "yaml", "rooms"),
    [
        ("test_it.py", CASE, DOOR),
        (".", OTHER, [*DOOR, *SNIFFED]),
        ("test_it.py", OTHER, DOOR),
    ],
)
def test_the_engine_is_imported_for_a_case_only(pytester, run, named, yaml, rooms):
    pytester.path.joinpath("some.yaml").write_text(yaml)

    run(PYTHON.replace("{ROOMS}", repr(rooms)), named).assert_outcomes(passed=2)


def test_pytest_rewrites_nothing_of_ours(run):
    run(LOADED, "test_it.py").assert_outcomes(passed=1)


#: what a case of plain requests has no use for.
IDLE = {
    *("concurrent.futures.thread", "faker", "jinja2", "jsonpath_ng", "jsonschema", "regex"),
    *("graphlib", "sqlalchemy", "sqlite3"),
    *(f"pytest_sisyphus.compiled.{one}" for one in ("data_rows", "explain")),
    *(f"pytest_sisyphus.spec.{one}" for one in ("data_source", "database", "mock")),
    *(f"pytest_sisyphus.steps.{one}" for one in ("files", "mock", "performance")),
    *("pytest_sisyphus.nodes.failure", "pytest_sisyphus.source.called_cases"),
    *(f"pytest_sisyphus.steps.{kind}" for kind in ("concurrent", "database", "loop", "poll")),
    *(f"pytest_sisyphus.steps.{kind}" for kind in ("script", "wait")),
    *("pytest_sisyphus.scripting", "pytest_sisyphus.reporters", "pytest_sisyphus.execution"),
}
PLAIN = """
name: plain
config: {{base_url: {url}, variables: {{user: 7}}}}
steps:
- name: one
  url: /anything/${{user}}
  validations:
  - status_code: 200
  - eq: [$.method, GET]
  extractors: {{path: $.path}}
- {{name: two, url: "${{path}}"}}
"""
LOOK = """
import sys

def pytest_sessionfinish(exitstatus):
    with open("imported", "w") as file:
        file.write("\\n".join(sys.modules))
"""


def test_a_plain_case_imports_nothing_that_it_does_not_use(pytester, monkeypatch, server):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(LOOK)
    pytester.makefile(".yaml", case=PLAIN.format(url=server.url))

    pytester.runpytest_subprocess("-p", "pytest_sisyphus.plugin", "case.yaml").assert_outcomes(
        passed=1
    )

    imported = set(pytester.path.joinpath("imported").read_text().split())
    assert imported & IDLE == set()
    assert "pytest_sisyphus.steps.request" in imported


def test_what_one_passing_case_loads(pytester, run):
    """A budget: 191 when that was set."""
    pytester.makeconftest(LOADED_BY_A_CASE)
    pytester.path.joinpath("case.yaml").write_text(MOCKED)

    run("", "case.yaml").assert_outcomes(passed=1)

    loaded = json.loads(pytester.path.joinpath("loaded.json").read_text())
    own = {name: path for name, path in loaded.items() if name.startswith("pytest_sisyphus.")}
    assert UNUSED.isdisjoint(name.split(".")[0] for name in loaded)
    assert len(own) <= 196
    assert sorted(filter(None, map(compiling, own.values()))) == ALWAYS_USED


def compiling(path):
    """The module's name, where it compiles a pattern when it is loaded: `lazy_pattern` does not."""
    tree = ast.parse(Path(path).read_text("utf-8"))
    outside = [one for one in tree.body if not isinstance(one, ast.FunctionDef | ast.ClassDef)]
    calls = (
        ast.unparse(one.func) for top in outside for one in ast.walk(top) if type(one) is ast.Call
    )
    return Path(path).stem if "re.compile" in calls else None
