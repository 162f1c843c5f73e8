"""`match`: what is expected is part of what is there."""

import pytest

from pytest_sisyphus.checks import partial
from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.select import select

REGISTRY = Registry("check", CHECKS)
ORDERS = {
    "total": 2,
    "orders": [
        {"id": 7, "state": "paid", "items": [{"sku": "pen", "n": 2}, {"sku": "ink", "n": 1}]},
        {"id": 9, "state": "new", "items": []},
    ],
    "one": [{"id": 9}],
    "none": [],
    "deep": [[1, 2], [3]],
}


def outcome_of(expected, path="$", body=ORDERS, *, strict=False):
    step_data = StepData(document={"status_code": 200, "body": body}, body=body)
    return evaluate(REGISTRY["match"], select(step_data, path), expected, strict=strict)


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ({"total": 2}, "$"),
        ({"total": 2.0, "orders": [{"id": 9}]}, "$"),
        ({"orders": [{"items": [{"n": 1}]}, {"state": "new"}]}, "$"),
        ({"orders": [{"id": 9}, {"id": 7}]}, "$"),  # in any order
        ({"orders": [{"id": 9}, {"state": "new"}]}, "$"),  # both the same one
        ({"total": "2"}, "$"),  # as eq has it
        ([{"id": 7}], "$.orders"),
        ([{"id": 7}], "$.orders[*]"),
        ([9, 7], "$.orders[*].id"),
        ([{"id": 9}], "$.one[*]"),  # a single match is a list of one where a list is asked for
        ({"id": 9}, "$.one[*]"),
        ([2], "$.deep[:1]"),  # a single match that is a list is that list
        ([[2], [3]], "$.deep"),
        ([9], "$.orders[?@.state=='new'].id"),
    ],
)
def test_a_part(expected, path):
    assert outcome_of(expected, path).passed


@pytest.mark.parametrize(
    ("expected", "path", "error"),
    [
        (
            {"total": 3},
            "$",
            'Expected a match of {"total":3}, but at $.total: expected 3, but got 2',
        ),
        (
            {"totla": 2},
            "$",
            (
                "at $.totla: expected 2, but it is missing; there is: total, orders, one, none, deep; "
                "did you mean 'total'?"
            ),
        ),
        (
            {"id": 7, "state": "new", "items": {"n": 1}, "a b": 1},
            "$.orders[0]",
            (
                "but at $.orders[0].state: expected new, but got paid; at $.orders[0].items: expected "
                '{"n":1}, but got [{"sku":"pen","n":2},{"sku":"ink","n":1}]; '
                "at $.orders[0]['a b']: expected 1, but it is missing; there is: id, state, items"
            ),
        ),
        (
            {"orders": [{"id": 9, "state": "lost"}]},
            "$",
            (
                'but at $.orders: none of 2 matches {"id":9,"state":"lost"}; the nearest differs '
                "at $.orders[1].state: expected lost, but got new"
            ),
        ),
        (
            [{"id": 9}, {"id": 8}],
            "$.orders[*]",
            'but none of 2 matches {"id":8}; the nearest differs at match [0].id: expected 8, but got 7',
        ),
        (
            {"orders": [{"state": "lost"}]},
            "$",
            (
                'but at $.orders: none of 2 matches {"state":"lost"}; the nearest differs '
                "at $.orders[0].state: expected lost, but got paid"
            ),
        ),
        (
            [{"stat": "paid"}],
            "$.orders",
            (
                "the nearest differs at $.orders[0].stat: expected paid, but it is missing; "
                "there is: state, id, items; did you mean 'state'?"
            ),
        ),
        ([8], "$.orders[*].id", "but none of 2 matches 8"),
        ([1], "$.none", "at $.none: expected an element that matches 1, but the list is empty"),
        ([{"id": 7}], "$.total", 'at $.total: expected [{"id":7}], but got 2'),
        ({"id": 7}, "$.total", 'at $.total: expected {"id":7}, but got 2'),
        ({"id": 7}, "$.orders", 'at $.orders: expected {"id":7}, but got [{'),
        ({"orders": [["x"]]}, "$", 'at $.orders: none of 2 matches ["x"]'),
        (
            dict.fromkeys("abcdef", 1),
            "$.one[0]",
            "at $.one[0].c: expected 1, but it is missing; there is: id; and 3 more",
        ),
    ],
)
def test_the_smallest_difference(expected, path, error):
    outcome = outcome_of(expected, path)

    assert (outcome.passed, outcome.evaluated) == (False, True)
    assert error in outcome.error


def test_types_count_under_strict():
    assert not outcome_of({"total": "2"}, strict=True).passed
    assert not outcome_of({"total": 2}, body={"total": True}).passed
    assert not outcome_of([1], body=[True]).passed


def test_text_that_came_never_equals_an_expected_number():
    body = {"total": "2", "paid": "true", "ids": ["7"]}

    assert not outcome_of({"total": 2}, body=body).passed
    assert not outcome_of({"paid": True}, body=body).passed
    assert not outcome_of([7], "$.ids", body=body).passed
    assert outcome_of({"total": "2", "paid": "true"}, body={"total": 2, "paid": True}).passed


def test_the_nearest_has_most_of_the_keys():
    outcome = outcome_of([{"b": 1}], body=[5, {"x": 1}, {"b": 2}])

    assert 'none of 3 matches {"b":1}; the nearest differs at $[2].b: expected 1, but got 2' in (
        outcome.error
    )


def test_a_single_match_that_is_a_list_stands_for_itself():
    outcome = outcome_of([[1, 2]], "$.deep[:1]")

    assert not outcome.passed
    assert "at $.deep[:1]: none of 2 matches [1,2]" in outcome.error


@pytest.mark.parametrize(
    ("expected", "path", "error"),
    [
        ({"orders": []}, "$", "at .orders: an empty list is part of every list"),
        ({"items": []}, "$.orders[0]", "at .items: an empty list is part of every list"),
        ([{}], "$.orders", "at [0]: an empty mapping is part of every mapping"),
        ({"total": 3, "none": []}, "$", "at .none: an empty list is part of every list"),
        ([{"id": 7}, {"items": [[]]}], "$.orders", "at [1].items[0]: an empty list is part"),
    ],
)
def test_an_empty_part_decides_nothing(expected, path, error):
    outcome = outcome_of(expected, path)

    assert (outcome.passed, outcome.evaluated) == (False, False)
    assert error in outcome.error
    assert "for none write is_empty with its path, as in is_empty: $.items" in outcome.error


def test_a_list_of_matches_has_no_keys():
    outcome = outcome_of({"state": "new"}, "$.orders[*]")

    assert (outcome.passed, outcome.evaluated) == (False, False)
    assert '$.orders[*] matches 2 values, and their list has no keys; write [{"state":"new"}]' in (
        outcome.error
    )


def test_long_lists_cost_what_they_are_long():
    rows = [{"state": "new", "id": one, "tags": [one]} for one in range(20_000)]
    numbers = list(range(20_000))

    assert outcome_of(rows, body=rows).passed
    assert outcome_of(rows[::-1], body=rows).passed
    assert outcome_of([{"id": "19999"}], body=rows).passed  # text is looked for everywhere
    assert not outcome_of([*rows, {"id": 7, "tags": [8]}], body=rows).passed
    assert outcome_of(numbers[::-1], body=numbers).passed


def test_what_would_take_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(partial, "_BUDGET", 1000)
    rows = [{"ids": [one]} for one in range(100)]

    outcome = outcome_of(rows[::-1], body=rows)

    assert (outcome.passed, outcome.evaluated) == (False, False)
    assert "match compared 1000 pairs of values and was not done" in outcome.error


def test_a_nesting_without_end_is_no_crash():
    deep = [1]
    for _ in range(20_000):
        deep = [deep]

    outcome = outcome_of(deep, body=[[]])

    assert not outcome.passed
