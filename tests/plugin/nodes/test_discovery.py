"""Installed but unused: YAML files that are no cases, or that nobody named, cost a look at them."""

import pytest

CASE = "name: a\nsteps:\n- {name: s, type: wait, seconds: 0}\n"
OTHER = "services:\n  db: {image: postgres}\n"
DOOR = [
    *("config", "config.load", "config.option_types", "config.options", "config.stash"),
    *("hookspecs", "nodes", "nodes.connection_lifetime", "nodes.discovery"),
    *("nodes.document_lifetime", "nodes.documents_wanted", "nodes.gc_pause", "plugin"),
    *("run_secrets", "values", "values.record"),
]
SNIFFED = ["source", "source.detection", "source.misplaced_keys", "source.near_misses"]
PYTHON = """
import sys

def test_nothing_of_the_engine_is_imported():
    own = [name for name in sys.modules if name.startswith("pytest_sisyphus.")]
    assert sorted(own) == sorted(f"pytest_sisyphus.{name}" for name in {ROOMS})
    assert {"pydantic", "jinja2", "yaml", "requests"} & sys.modules.keys() == set()
"""
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

    run(PYTHON.replace("{ROOMS}", repr(rooms)), named).assert_outcomes(passed=1)


def test_pytest_rewrites_nothing_of_ours(run):
    run(LOADED, "test_it.py").assert_outcomes(passed=1)


#: what a case of plain requests has no use for.
IDLE = {
    *("concurrent.futures.thread", "faker", "jinja2", "jsonpath_ng", "jsonschema", "regex"),
    *("sqlalchemy", "sqlite3"),
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
