"""A step of which several things failed says all of them."""

import pytest

from pytest_sisyphus.documents.failure_text import failure_text

MOCKED = "url: http://x/, mock: {rules: [{response: {body: {method: GET}}}]}"


def test_an_extractor_beside_a_failed_check(engine):
    ran = engine.run(
        f"- {{name: a, {MOCKED}, validations: [{{status_code: 201}}], "
        "extractors: {m: $.method, n: $.nope, o: $.no}}"
    )

    step, text = ran.steps["a"], failure_text(ran.document)
    first, *additional = step["error_info"]["message"].splitlines()
    assert first == "Expected status 201, but got 200"
    assert [one.partition(": ")[2][:30] for one in additional] == [
        "extractor 'n': no match for $.",
        "extractor 'o': no match for $.",
    ]
    assert step["error_info"]["category"] == "assertion"
    assert step["status"] == "failed"
    assert step["extracted_vars"] == {"m": "GET"}
    assert ran.document["error_info"] == step["error_info"]
    assert text.count("Expected status 201") == 2  # the headline, and the check with its place
    assert text.count("    also: case.yaml:3: extractor 'n': no match for $.nope") == 1
    assert text.count("extractor 'o'") == 1


def test_several_extractors_without_a_match(engine):
    ran = engine.run(f"- {{name: a, {MOCKED}, extractors: {{n: $.nope, o: $.no}}}}")

    text = failure_text(ran.document)
    assert ran.steps["a"]["error_info"]["category"] == "parsing"
    assert text.count("extractor 'n'") == text.count("extractor 'o'") == 1


@pytest.mark.parametrize(
    ("keys", "around"),
    [
        ("type: loop, loop_type: for, loop_count: 1, loop_steps", "eq: [$.iterations, 7]"),
        ("type: concurrent, concurrent_steps", "eq: [$.total_steps, 7]"),
    ],
)
def test_a_check_of_a_step_around_a_failed_one(engine, keys, around):
    child = f"[{{name: child, {MOCKED}, validations: [{{status_code: 201}}]}}]"

    ran = engine.run(f"- {{name: l, {keys}: {child}, validations: [{{{around}}}]}}")

    text = failure_text(ran.document)
    assert "step 'l' failed: step 'child'" in text
    assert "Expected 7, but got 1" in text
    assert "in 'l' failed: Expected status 201, but got 200" in text


def test_an_extractor_of_a_step_around_a_failed_one(engine):
    child = f"[{{name: child, {MOCKED}, validations: [{{status_code: 201}}]}}]"

    ran = engine.run(
        f"- {{name: l, type: concurrent, concurrent_steps: {child}, extractors: {{n: $.nope}}}}"
    )

    text = failure_text(ran.document)
    assert "also: case.yaml:3: extractor 'n': no match for $.nope" in text
    assert "Expected status 201, but got 200" in text


def test_a_step_around_a_failed_one_is_not_told_twice_without_reason(engine):
    child = f"[{{name: child, {MOCKED}, validations: [{{status_code: 201}}]}}]"

    ran = engine.run(
        f"- {{name: l, type: concurrent, concurrent_steps: {child}, "
        "validations: [{eq: [$.total_steps, 1]}]}"
    )

    assert "step 'l' failed" not in failure_text(ran.document)
