"""What a check says of values that are known only when the case runs."""

import re

import pytest
from languages import assert_chinese

from pytest_sisyphus.compiled import checks
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, CheckType


def checked(engine, check):
    """The only check of a request that is answered with a small body."""
    ran = engine.run(
        f"""
        - name: s
          url: http://x/
          mock: {{rules: [{{response: {{body: {{s: hello, one: [1], l: [], n: 42}}}}}}]}}
          validations: [{check}]
        """,
        config="variables: {empty: '', nothing: [], word: requird, three: 3, near: onee}",
    )
    (result,) = ran.steps["s"]["validations"]
    assert (ran.status == "passed") is result["passed"]
    return result


@pytest.mark.parametrize(
    "check",
    [
        '{contains: [$.s, "${empty}"]}',
        '{not_contains: [$.s, "${empty}"]}',
        '{startswith: [$.s, "${empty}"]}',
        '{endswith: [$.s, "${empty}"]}',
        '{regex: [$.s, "${empty}"]}',
        '{not: [{contains: [$.s, "${empty}"]}]}',
    ],
)
def test_an_expectation_that_turns_out_empty_fails(engine, check):
    assert "expect is empty text, which every text contains" in checked(engine, check)["error"]


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ('{eq: ["${empty}", 1]}', "the path '' cannot be read"),
        ('{between: [$.n, "${three}"]}', "[path, [min, max]]"),
        ('{eq: ["${three}", 3]}', 'got 3; a variable is compared with assert: "${name} == 200"'),
        ('{match: [$, {l: "${nothing}"}]}', "at .l: an empty list is part of every list"),
        ('{not: [{match: [$, {one: "${nothing}"}]}]}', "at .one: an empty list is part of every"),
        ('{schema: [$, {"${word}": [a]}]}', "did you mean 'required'?"),
        ('{not: [{schema: [$, {"${word}": [a]}]}]}', "did you mean 'required'?"),
    ],
)
def test_what_templates_hide_is_said_when_they_are_rendered(engine, check, error):
    assert error in checked(engine, check)["error"]


#: a check that fails, and what its error ends with.
MEANT_OTHERWISE = [
    ('{eq: ["${word}", requird]}', '; a check begins with a path; a variable is compared with assert: "${word} == …"'),
    ("{eq: [$.n, $.one]}", '; $.one is expected as text here; two values are compared with assert: "${response.body.n} == ${response.body.one}"'),
    ("{eq: [$.status_code, $.n]}", 'assert: "${response.status_code} == ${response.body.n}"'),
    ("{eq: [hi, $.s]}", "; the path comes first: eq: [$.s, hi]"),
    ("{eq: ['$.one[0]', $.n]}", 'assert: "${response.body.a} == ${response.body.b}"'),
    ("{gt: [$.response_time, 1000000]}", "; response_time is in ms"),
    ("{contains: [text, x]}", "; a bare word is a path, $.text; a check of the body's whole text has source: text and no path"),
    ("{eq: [content.n, 42]}", " paths begin in the body: $.n"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "error"), MEANT_OTHERWISE)
def test_what_was_meant_otherwise_is_said_how_it_is_written(engine, check, error):
    assert checked(engine, check)["error"].endswith(error)


def test_that_is_said_in_chinese_as_well(engine, set_to_chinese):
    for check, _ in MEANT_OTHERWISE:
        assert_chinese(checked(engine, check)["error"], "requird")


def test_how_two_values_are_compared_works(engine):
    assert checked(engine, '{assert: "${response.body.n} == ${response.body.n}"}')["passed"]
    assert not checked(engine, '{assert: "${response.body.n} == ${response.body.one}"}')["passed"]


def test_two_values_of_a_step_without_a_body(engine):
    ran = engine.run(
        """
        - name: s
          type: loop
          loop_type: for
          loop_count: 1
          loop_steps: [{name: a, type: wait, seconds: 0}]
          validations: [{eq: [$.iterations, $.passed]}]
        - name: t
          type: wait
          seconds: 0
          validations: [{assert: "${steps.s.document.iterations} == 1"}]
        """
    )

    assert 'assert: "${response.iterations} == ${response.passed}"' in ran.error("s")


def test_a_question_needs_no_second_sign(engine, set_to_chinese):
    error = checked(engine, '{eq: ["${near}", 1]}')["error"]

    assert "是否想写 'one'？ 校验的第一项是路径" in error


@pytest.mark.parametrize(
    "check",
    [
        '{eq: [$.n, "${nope}"]}',
        '{ne: [$.n, "${nope}"]}',
        '{type: eq, path: $.n, expect: 42, description: "${nope}"}',
        '{or: [{eq: [$.n, "${nope}"]}, {eq: [$.n, 42]}]}',
        '{or: [{eq: [$.n, 42]}, {eq: [$.n, "${nope}"]}]}',
        '{not: [{eq: [$.n, "${nope}"]}]}',
        '{not: [{eq: [$.n, 42]}, {eq: [$.n, "${nope}"]}]}',
        '{or: [{eq: [$.n, 42]}, {and: [{not: [{eq: [$.n, "${nope}"]}]}]}]}',
    ],
)
def test_an_undefined_variable_is_an_error_wherever_it_stands(engine, check):
    assert "no variable 'nope' in '${nope}' at case.yaml:" in checked(engine, check)["error"]


@pytest.mark.parametrize(
    "setter", ["extractors: {nope: $.n}", "extract: [{name: nope, path: $.n}]"]
)
@pytest.mark.parametrize("inside", ["{setter}", "setup: [{{name: b, url: http://x/, {setter}}}]"])
def test_the_step_that_sets_the_variable_is_named(engine, setter, inside):
    ran = engine.run(
        f"""
        - {{name: a, url: "/${{nope}}"}}
        - {{name: b, url: http://x/, {inside.format(setter=setter)}}}
        """
    )

    assert "; step 'b' (case.yaml:4) sets it" in ran.error("a")


def test_it_is_the_steps_error_and_no_failed_assertion(engine):
    ran = engine.run(
        """
        - name: s
          url: http://x/
          mock: {rules: [{response: {body: {n: 42}}}]}
          validations: [{or: [{eq: [$.n, "${nope}"]}, {eq: [$.n, 42]}]}]
        """
    )

    assert (ran.steps["s"]["status"], ran.category("s")) == ("error", "system")


@pytest.mark.parametrize(
    ("check", "path"),
    [
        ("{type: contains, source: text, expect: hello}", "$"),
        ("{type: regex, source: text, expect: '^[{]'}", "$"),
        ("{type: contains, source: text, path: $, expect: hello}", "$"),
    ],
)
def test_the_text_needs_no_path(engine, check, path):
    result = checked(engine, check)

    assert (result["passed"], result["path"]) == (True, path)


def test_a_count_of_nothing_is_shown_as_an_empty_list(engine):
    result = checked(engine, "{length_eq: ['$.l[*]', 1]}")

    assert (result["actual"], result["error"]) == ([], "Expected matches to be 1, but got 0")


def test_text_is_found_in_the_digits_of_a_number(engine):
    assert checked(engine, "{regex: [$.n, '^4']}")["passed"]


def remainder(selection, expected, *, strict):
    rest = selection.value % expected
    return PASSED if rest == 0 else CheckOutcome(passed=False, error=f"the rest is {rest}")


@pytest.mark.parametrize(
    "check",
    [
        "{or: [BROKEN, {status_code: 200}]}",
        "{or: [{status_code: 200}, BROKEN]}",
        "{or: [{and: [BROKEN, {status_code: 200}]}, {status_code: 200}]}",
        "{or: [{not: [BROKEN]}, {status_code: 200}]}",
        "{or: [{not: [BROKEN, {status_code: 200}]}, {status_code: 200}]}",
        "{or: [{or: [{status_code: 200}, BROKEN]}, {status_code: 200}]}",
        "{or: [{each: [$.one, [{divisible_by: [$, 0]}]]}, {status_code: 200}]}",
        "{and: [BROKEN, {status_code: 200}]}",
        "{not: [BROKEN]}",
        "{not: [{and: [BROKEN, {status_code: 404}]}]}",
        "{not: [{or: [BROKEN, {status_code: 404}]}]}",
        "{each: [$.one, [{or: [{exists: $}, {divisible_by: [$, 0]}]}]]}",
        "{not: [{each: [$.one, [{divisible_by: [$, 0]}]]}]}",
    ],
)
def test_a_check_that_breaks_fails_all_that_it_is_part_of(engine, check):
    engine.extra_checks = (
        CheckType(name="divisible_by", check=remainder, description="divides without rest"),
    )

    result = checked(engine, check.replace("BROKEN", "{divisible_by: [$.n, 0]}"))

    assert not result["passed"]
    assert "the check 'divisible_by' itself broke: ZeroDivisionError" in result["error"]


@pytest.mark.parametrize("check", ["{eq: [$.n, 5]}", "{not: [{eq: [$.n, 6]}]}"])
def test_a_bug_of_our_own_names_the_check_and_its_place(engine, monkeypatch, check):
    def broken(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr(checks, "select", broken)
    result = checked(engine, check)

    assert not result["passed"]
    assert re.search(
        r"case.yaml:\d+: the check 'eq' itself broke: ValueError: no such thing \(", result["error"]
    )


def test_one_that_fails_without_breaking_leaves_the_rest_to_pass(engine):
    engine.extra_checks = (
        CheckType(name="divisible_by", check=remainder, description="divides without rest"),
    )

    assert checked(engine, "{or: [{divisible_by: [$.n, 5]}, {exists: $.s}]}")["passed"]
