"""What a step type runs inside its step is in the report, and counts, whatever it returns."""

from typing import Annotated

import pytest
from pydantic import Field

from pytest_sisyphus.documents.failure_text import failure_text
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.step import Steps, StepSpec
from pytest_sisyphus.steps.protocol import StepType

GOOD = "{name: good, type: wait, seconds: 0}"
BAD = "{name: bad, url: http://x/, mock: {rules: [{response: {status_code: 500}}]}, validations: [{status_code: 200}]}"
BROKEN = "{name: broken, url: 'http://x/${nope}'}"


class GroupSpec(StepSpec):
    steps: Annotated[Steps, Field(description="what to run")] = ()


@pytest.fixture
def run_group(engine):
    """`run_group(what, *steps)`: `what(results)` gives what the step type's `Outcome` says."""

    def run(what, *steps, more=""):
        def group(spec, context):
            results = context.run_steps(spec.steps, context.scope)
            return Outcome(**{"document": {"n": len(results)}} | what(results))

        engine.extra_steps = (StepType(name="g", spec=GroupSpec, run=group, description="x"),)
        return engine.run(f"- {{name: g, type: g, steps: [{', '.join(steps)}]{more}}}")

    return run


def nothing(_results):
    return {}


def all_of_them(results):
    return {"children": tuple(results)}


def the_last(results):
    return {"children": results[-1:]}


@pytest.mark.parametrize("what", [nothing, all_of_them, the_last])
@pytest.mark.parametrize(
    ("step", "name", "status"), [(BAD, "bad", "failed"), (BROKEN, "broken", "error")]
)
def test_a_child_that_fails_fails_the_step(run_group, what, step, name, status):
    ran = run_group(what, GOOD, step, "{name: after, type: wait, seconds: 0}")

    assert ran.names == ["g", "good", name, "after"]
    assert ran.statuses() == {"g": status, "good": "success", name: status, "after": "skipped"}
    assert [ran.steps[one]["parent"] for one in ran.names[1:]] == ["g"] * 3
    assert ran.error("g") == f"step {name!r}: {ran.error(name)}"
    assert ran.status == "failed"
    assert ran.document["statistics"]["total_steps"] == 4
    assert f"step {name!r}" in failure_text(ran.document)


def test_children_that_pass_are_there_too(run_group):
    ran = run_group(nothing, GOOD)

    assert (ran.status, ran.names) == ("passed", ["g", "good"])
    assert ran.response("g") == {"n": 1}


def test_children_are_those_of_the_last_attempt(run_group):
    ran = run_group(nothing, BAD, more=", retry_times: 1")

    assert (ran.status, ran.names, ran.steps["g"]["retry_count"]) == ("failed", ["g", "bad"], 1)


def test_a_step_type_may_judge_them_itself(run_group):
    ran = run_group(lambda _: {"children_judged": True}, BAD)

    assert (ran.status, ran.statuses()) == ("passed", {"g": "success", "bad": "failed"})


def test_checks_decide_on_a_step_whose_children_were_judged(run_group):
    checked = ", validations: [{eq: [$.n, 2]}]"
    ran = run_group(lambda _: {"children_judged": True}, BAD, more=checked)

    assert ran.statuses() == {"g": "failed", "bad": "failed"}
    assert "expected 2" in ran.error("g").lower()


def test_an_error_that_the_step_type_returns_goes_first(run_group):
    ran = run_group(lambda _: {"error": ConfigError("no such luck")}, BAD)

    assert (ran.error("g"), ran.names) == ("no such luck", ["g", "bad"])


def test_what_ran_before_the_step_type_raised_is_there(run_group):
    def raises(_results):
        raise ConfigError("no such luck")

    ran = run_group(raises, GOOD)

    assert (ran.error("g"), ran.names) == ("no such luck", ["g", "good"])


def test_setup_and_teardown_of_the_step_stand_once_around_them(run_group):
    around = ", setup: [{name: s, type: wait, seconds: 0}], teardown: [{name: t, type: wait, seconds: 0}]"
    ran = run_group(nothing, GOOD, more=around)

    assert (ran.status, ran.names) == ("passed", ["g", "s", "good", "t"])


@pytest.mark.parametrize("steps", [3, ["a", {"document": 1, "b": 2}]])
def test_a_document_may_mean_something_else_by_steps(run_group, steps):
    ran = run_group(lambda _: {"document": {"steps": steps}}, GOOD)

    assert ran.status == "passed"
    assert ran.response("g")["steps"] == (3 if steps == 3 else ["a", {"b": 2}])
