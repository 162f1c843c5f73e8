"""A step that had nothing to do is skipped, and a case in which nothing was done with it."""

import textwrap

import pytest
from engine_kit import Engine

from pytest_sisyphus.source.case_file import read_cases
from pytest_sisyphus.source.reader import Reader

MOCKED = "url: http://x/, mock: {rules: [{response: {body: {n: 1}}}]}"
PASS = f"{MOCKED}, validations: [{{status_code: 200}}]"
SKIPPED_CHILD = f"[{{name: child, {PASS}, skip_if: true}}]"


def loop(keys, *, steps=f"[{{name: child, {PASS}}}]", more=""):
    return f"- {{name: l, type: loop, {keys}, loop_steps: {steps}{more}}}\n"


FOREACH = "loop_type: foreach, loop_items: []"
EMPTY = loop(FOREACH)
ALL_SKIPPED = loop("loop_type: for, loop_count: 2", steps=SKIPPED_CHILD)
CONCURRENT = f"- {{name: l, type: concurrent, concurrent_steps: {SKIPPED_CHILD}}}\n"


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (EMPTY, "no iteration: loop_items is empty"),
        (loop("loop_type: for, loop_count: 0"), "no iteration: loop_count is 0"),
        (
            loop("loop_type: while, loop_condition: index < 0"),
            "no iteration: loop_condition did not hold",
        ),
        (ALL_SKIPPED, "every step of it was skipped"),
        (CONCURRENT, "every step of it was skipped"),
        (
            loop(
                "loop_type: for, loop_count: 1", steps=f"[{EMPTY[2:].strip()}]".replace("l,", "i,")
            ),
            "every step of it was skipped",
        ),
    ],
)
def test_it_is_skipped_with_the_reason_and_so_is_its_case(engine, steps, reason):
    ran = engine.run(steps)

    assert ran.steps["l"]["status"] == "skipped"
    assert ran.steps["l"]["meta"]["reason"] == reason
    assert ran.status == "skipped"
    assert ran.document["statistics"]["passed_steps"] == 0


def test_its_document_is_there_for_later_steps(engine):
    ran = engine.run(
        loop(FOREACH, more=", extractors: {n: $.iterations}")
        + '- {name: after, url: "http://x/${n}", mock: {rules: [{response: {body: '
        "\"${steps['l'].document.iterations} ${steps['l'].status}\"}}]}, "
        'validations: [{eq: [$, "0 skipped"]}]}'
    )

    assert ran.response("l")["iterations"] == 0
    assert ran.steps["l"]["status"] == "skipped"
    assert ran.steps["after"]["status"] == "success"
    assert ran.status == "passed"


@pytest.mark.parametrize(
    ("expected", "step", "case"), [(0, "success", "passed"), (1, "failed", "failed")]
)
def test_checks_of_its_own_judge_it(engine, expected, step, case):
    ran = engine.run(loop(FOREACH, more=f", validations: [{{eq: [$.iterations, {expected}]}}]"))

    assert ran.steps["l"]["status"] == step
    assert ran.status == case


def test_an_extractor_that_finds_nothing_is_an_error_still(engine):
    ran = engine.run(loop(FOREACH, more=", extractors: {n: $.nope}"))

    assert ran.steps["l"]["status"] == "error"
    assert ran.status == "failed"


def test_what_depends_on_it_is_skipped_too(engine):
    ran = engine.run(EMPTY + f"- {{name: after, {PASS}, depends_on: l}}")

    assert ran.steps["after"]["meta"]["reason"] == "depends_on 'l', which is skipped"
    assert ran.status == "skipped"


def test_one_step_that_ran_is_enough(engine):
    two = f"[{{name: a, {PASS}, skip_if: true}}, {{name: b, {PASS}}}]"

    ran = engine.run(loop("loop_type: for, loop_count: 1", steps=two))

    assert ran.steps["l"]["status"] == "success"
    assert ran.status == "passed"


class WithSetup(Engine):
    """Around the steps stand a setup and a teardown that pass."""

    setup = f"{{name: before, {PASS}}}"

    def _cases(self, steps, config, validation):
        around = f"setup: {self.setup}\nteardown: {{name: after all, {PASS}}}\n"
        path = self.folder / "around.yaml"
        path.write_text(
            f"name: case\n{around}steps:\n{textwrap.indent(steps, '  ')}", encoding="utf-8"
        )
        return read_cases(path, Reader(roots=(self.folder,), base=self.folder), validation)


@pytest.mark.parametrize("steps", [f"- {{name: s, {PASS}, skip_if: true}}", EMPTY, CONCURRENT])
def test_a_setup_alone_tests_nothing(tmp_path, steps):
    ran = WithSetup(tmp_path).run(steps)

    assert ran.steps["before"]["status"] == "success"
    assert ran.steps["after all"]["status"] == "success"
    assert ran.status == "skipped"


def test_a_failed_setup_is_a_failure_all_the_same(tmp_path):
    engine = WithSetup(tmp_path)
    engine.setup = engine.setup.replace("status_code: 200", "status_code: 201")

    assert engine.run(f"- {{name: s, {PASS}}}").status == "failed"
