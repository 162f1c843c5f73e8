"""The same step runs many times, in rounds and attempts and side by side: none sees another."""

import pytest

from pytest_sisyphus.engine import runner
from pytest_sisyphus.extensions.types import PASSED, CheckType
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.protocol import StepType


def _popping(selection, expected, *, strict):
    expected["list"].pop()
    return PASSED


@pytest.fixture
def spoiling(engine):
    """A check and a step that change what they are given."""

    def spoil(spec, context):
        context.scope.get("list").append("spoiled")
        return Outcome(document={"list": list(context.scope.get("list"))})

    engine.extra_checks = (CheckType(name="popping", check=_popping, description="x"),)
    engine.extra_steps = (StepType(name="spoil", spec=StepSpec, run=spoil, description="x"),)
    return engine


def in_rounds(kind, *steps, more=""):
    keys = {
        "loop": "type: loop, loop_type: for, loop_count: 3, loop_steps",
        "concurrent": "type: concurrent, repeat: 3, max_concurrency: 1, concurrent_steps",
    }
    return f"- {{name: l, {keys[kind]}: [{', '.join(steps)}]{more}}}"


MOCK = "url: http://x/, mock: {rules: [{response: {body: {n: 1}}}]}"
ROUNDS = pytest.mark.parametrize("kind", ["loop", "concurrent"])


@ROUNDS
def test_what_a_check_does_with_what_it_expects(spoiling, kind):
    step = f"{{name: s, {MOCK}, validations: [{{popping: [$.n, {{list: [1, 2]}}]}}]}}"
    ran = spoiling.run(in_rounds(kind, step))

    assert ran.status == "passed"
    children = ran.result.steps[0].children
    assert [child.checks[0].expected for child in children] == [{"list": [1]}] * 3


def test_what_becomes_of_an_extractors_default(spoiling):
    take = f"{{name: s, {MOCK}, extract: [{{name: list, path: $.no, default: [1]}}]}}"
    ran = spoiling.run(in_rounds("loop", take, "{name: t, type: spoil}"))

    spoiled = [one for one in ran.result.steps[0].children if one.type == "spoil"]
    assert [one.outcome.document["list"] for one in spoiled] == [[1, "spoiled"]] * 3


def test_templates_are_rendered_for_each_round(engine):
    step = f"{{name: 's${{index}}', {MOCK}, validations: [{{eq: [$.n, '${{index}}']}}]}}"
    ran = engine.run(in_rounds("loop", step, more=", on_failure: continue"))

    children = ran.result.steps[0].children
    assert [child.name for child in children] == ["s0 [1]", "s1 [2]", "s2 [3]"]
    assert [child.checks[0].passed for child in children] == [False, True, False]


def test_the_number_of_attempts_is_the_rounds_own(engine):
    step = f"{{name: s, {MOCK}, retry_times: '${{index}}', validations: [{{eq: [$.n, 2]}}]}}"
    ran = engine.run(in_rounds("loop", step, more=", on_failure: continue"))

    assert [len(child.attempts) for child in ran.result.steps[0].children] == [1, 2, 3]


@ROUNDS
def test_steps_that_are_forgotten_run_all_the_same(engine, monkeypatch, kind):
    monkeypatch.setattr(runner, "_MAX_COMPILED", 1)
    steps = [f"{{name: {name}, {MOCK}, validations: [{{eq: [$.n, 1]}}]}}" for name in "ab"]
    ran = engine.run(in_rounds(kind, *steps))

    assert ran.status == "passed"
    assert len(ran.result.steps[0].children) == 6
