"""Installed but unused: YAML files that are no cases, or that nobody named, cost a look at them."""

import pytest

CASE = "name: a\nsteps:\n- {name: s, type: wait, seconds: 0}\n"
OTHER = "services:\n  db: {image: postgres}\n"
PYTHON = """
import sys

def test_nothing_of_the_engine_is_imported():
    assert [name for name in sys.modules if name in {HEAVY}] == []
""".replace(
    "{HEAVY}", "('pytest_sisyphus.collector', 'pytest_sisyphus.engine', 'pydantic', 'jinja2')"
)


@pytest.mark.parametrize(
    ("named", "yaml"), [("test_it.py", CASE), (".", OTHER), ("test_it.py", OTHER)]
)
def test_the_engine_is_imported_for_a_case_only(pytester, monkeypatch, named, yaml):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(test_it=PYTHON)
    pytester.path.joinpath("some.yaml").write_text(yaml)

    pytester.runpytest_subprocess("-p", "pytest_sisyphus.plugin", named).assert_outcomes(passed=1)
