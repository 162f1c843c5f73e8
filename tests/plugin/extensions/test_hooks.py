"""The examples of docs/en/extending.md work from a bare conftest.py."""

import re
from pathlib import Path

import pytest

from pytest_sisyphus import hookspecs

MANUAL = (Path(__file__).parents[3] / "docs/en" / "extending.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hookspecs) if name.startswith("pytest_sisyphus_")]


def example(hook):
    """The Python example under the hook's heading."""
    section = MANUAL.split(f"## `{hook}", 1)[1].split("\n## ", 1)[0]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_and_an_example(hook):
    assert f"def {hook}(" in example(hook)


def test_hook_functions(run_steps, server):
    run = run_steps(
        "- {name: s, url: \"/anything/${order_number('PO')}\"}",
        conftest__py=example("pytest_sisyphus_functions"),
    )

    assert run.outcomes == {"passed": 1}
    assert re.fullmatch(r"/anything/PO\d{8}", server.requests[0]["path"])


@pytest.mark.parametrize(("total", "outcome"), [(10, "passed"), (11, "failed")])
def test_hook_checks(run_steps, total, outcome):
    run = run_steps(
        f"""
        - name: s
          method: POST
          url: /anything
          body: {{total: {total}}}
          validations: [{{divisible_by: [$.json.total, 5]}}]
        """,
        conftest__py=example("pytest_sisyphus_checks"),
    )

    assert run.outcomes == {outcome: 1}
    if outcome == "failed":
        assert run.error("s") == "11 is not divisible by 5"


def test_hook_extractors(run_steps):
    run = run_steps(
        """
        - name: s
          url: /raw?type=text/plain&body=one+two+three
          extractors: [{name: word, type: last_word}]
        """,
        conftest__py=example("pytest_sisyphus_extractors"),
    )

    assert run.steps["s"]["extracted_vars"] == {"word": "three"}


def test_hook_auth_types(run_steps, server):
    run = run_steps(
        "- {name: s, url: /anything, auth: {type: signed, key: k1}}",
        conftest__py=example("pytest_sisyphus_auth_types"),
    )

    assert run.outcomes == {"passed": 1}
    assert server.requests[0]["headers"]["X-Signature"] == "k1:GET"


@pytest.mark.parametrize(
    ("auth", "complaint"),
    [
        ("{type: signed}", "auth type 'signed' needs key"),
        ("{type: signed, kye: x}", "auth type 'signed' has no key 'kye'; did you mean 'key'?"),
        ("{type: singed, key: x}", "no auth type 'singed'; did you mean 'signed'?"),
        ("{type: basic, username: a}", "auth type 'basic' needs password"),
        ("[a, b, c]", "expected a mapping, got a list"),
    ],
)
def test_auth_is_held_to_its_types_keys(run_steps, auth, complaint):
    run = run_steps(
        f"- {{name: s, url: /anything, auth: {auth}}}",
        conftest__py=example("pytest_sisyphus_auth_types"),
    )

    assert complaint in run.stdout


def test_hook_step_types(run_steps):
    run = run_steps(
        """
        - name: loud
          type: shout
          words: "hello ${user}"
          validations: [{eq: [$.shouted, HELLO TESTER]}]
        """,
        config="variables: {user: tester}",
        conftest__py=example("pytest_sisyphus_step_types"),
    )

    assert run.outcomes == {"passed": 1}


GROUP = """
class GroupSpec(StepSpec):
    steps: Annotated[Steps, Field(description="what to run")] = ()

def pytest_sisyphus_step_types():
    return [StepType(name="group", spec=GroupSpec, run=group, description="runs its steps")]
"""


def test_steps_inside_a_step_of_ones_own_are_its_children(run_steps):
    group = MANUAL.split("this is a step type:\n\n```python\n", 1)[1].split("```", 1)[0]
    assert len(group.splitlines()) == 3

    run = run_steps(
        """
        - name: g
          type: group
          steps:
            - {name: inner, url: /anything, validations: [{eq: [$.method, POST]}]}
        """,
        "--sisyphus-report=json:report.json",
        conftest__py="from typing import Annotated\nfrom pydantic import Field\n"
        f"from pytest_sisyphus import Outcome, Steps, StepSpec, StepType\n{group}{GROUP}",
    )

    assert run.outcomes == {"failed": 1}
    assert run.steps["inner"]["parent"] == "g"
    assert run.error("g").startswith("step 'inner': ")
    assert run.document["statistics"]["failed_steps"] == 2


def test_a_name_that_is_taken_is_refused(run_steps):
    run = run_steps(
        "- {name: s, url: /anything}",
        conftest__py="""
            from pytest_sisyphus.extensions.types import Function
            def pytest_sisyphus_functions(context):
                return [Function(name="uuid", call=str, description="x")]
        """,
    )

    assert "there are two functions called 'uuid'" in run.stdout
