"""`same_members`: lists that are equal in some order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select
from pytest_sisyphus.values.numbers import Numeral

REGISTRY = Registry("check", CHECKS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


def outcome_of(actual, expected, path="$", *, strict=False):
    step_data = StepData(document={"status_code": 200, "body": actual}, body=actual)
    return evaluate(REGISTRY["eq_unordered"], select(step_data, path), expected, strict=strict)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([3, 1, 2], [1, 2, 3]),
        ([], []),
        ([1, 1, 2], [1, 2, 1]),
        ([{"a": [1, 2]}, {"a": []}], [{"a": []}, {"a": [1, 2]}]),
        ([5.0, 1], [1, 5]),
        ([Numeral("5.00"), 1], [1, "5.00"]),
        ([True, None, "x"], ["x", "true", None]),
        # text in the file equals the number that it spells; who fits where is found out
        ([5, "5"], ["5", 5]),
        ([{"a": 5, "b": 5}, {"a": 5, "b": "5"}], [{"a": "5", "b": "5"}, {"a": "5", "b": 5}]),
    ],
)
def test_the_same_in_any_order(actual, expected):
    assert outcome_of(actual, expected).passed


@pytest.mark.parametrize(
    ("actual", "expected", "error"),
    [
        (
            [1, 3],
            [1, 2],
            "Expected the same members in any order, but 1 is missing: 2; 1 is not expected: [1] 3",
        ),
        ([1], [1, 2], "but 1 is missing: 2"),
        ([1, 2], [2], "but 1 is not expected: [0] 1"),
        ([1, 2, 2], [1, 1, 2], "1 is missing: 1 (2 expected, 1 there); 1 is not expected: [2] 2"),
        (["5"], [5], '1 is missing: 5; 1 is not expected: [0] "5"'),
        ([True], [1], "1 is missing: 1; 1 is not expected: [0] true"),
        (
            [{"id": 1, "n": 1}, {"id": 2, "n": 7}],
            [{"id": 2, "n": 8}, {"id": 1, "n": 1}],
            "the nearest differs at $[1].n: expected 8, but got 7",
        ),
        ([*range(9)], [], "9 are not expected: [0] 0, [1] 1, [2] 2 and 6 more"),
        ([[1, 2]], [[2, 1]], "1 is missing: [2,1]; 1 is not expected: [0] [1,2]"),
    ],
)
def test_what_is_missing_and_what_is_not_expected(actual, expected, error):
    outcome = outcome_of(actual, expected)

    assert (outcome.passed, outcome.evaluated) == (False, True)
    assert error in outcome.error


def test_strict_text_is_no_number():
    assert outcome_of([5], ["5"]).passed
    assert not outcome_of([5], ["5"], strict=True).passed


def test_what_a_path_matches_is_a_list_also_when_it_is_one():
    assert outcome_of({"l": [{"id": 9}]}, [9], "$.l[*].id").passed
    assert outcome_of({"l": [{"id": 9}, {"id": 7}]}, [7, 9], "$.l[*].id").passed


@pytest.mark.parametrize("actual", [5, "text", {"a": 1}, None])
def test_what_is_no_list_has_no_members(actual):
    outcome = outcome_of(actual, [1])

    assert (outcome.passed, outcome.evaluated) == (False, False)
    assert "has no members, a list does" in outcome.error


def test_very_many_texts_that_spell_the_same_number_are_given_up():
    outcome = outcome_of([0] * 1000, ["0"] * 1000)

    assert (outcome.passed, outcome.evaluated) == (False, False)
    assert 'more than 300 elements such as "0" could be each other\'s' in outcome.error
    assert outcome_of([0] * 300, ["0"] * 300).passed
    assert outcome_of([*range(20_000)], [str(one) for one in range(20_000)][::-1]).passed


def test_a_nesting_without_end_is_no_crash():
    deep = []
    for _ in range(20_000):
        deep = [deep]

    assert "nested too deeply" in outcome_of([deep], [deep]).error


@given(st.lists(JSON, max_size=6), st.randoms())
def test_every_order_passes_and_one_element_less_does_not(members, chance):
    shuffled = random.Random(chance.random()).sample(members, len(members))

    assert outcome_of(members, shuffled).passed
    assert outcome_of(members, shuffled, strict=True).passed
    assert not outcome_of(members, shuffled[1:]).passed or not members
