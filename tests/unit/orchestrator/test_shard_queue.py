"""The queue of legs as rules: weights, order, the size of a lease, a broken machine."""

import pytest

from orchestrator.executions import shard_queue


def test_an_unknown_case_weighs_as_a_long_one():
    known = {n: float(n) for n in range(1, 11)}
    assert shard_queue.weights([1, 99], known) == [1.0, 1.0]
    assert shard_queue.weights([*range(1, 11), 99], known)[-1] == 10.0


def test_where_nothing_is_known_each_case_weighs_the_same():
    assert shard_queue.weights([1, 2], {}) == [5.0, 5.0]


def test_a_case_of_no_time_still_weighs_something():
    assert shard_queue.weights([1], {1: 0.0}) == [0.01]


def test_long_cases_go_first_then_the_heaviest_file_in_the_order_of_the_plan():
    seconds = [0.1] * 400 + [50.0, 90.0]
    files = ["a"] * 100 + ["b"] * 300 + ["a", "b"]

    ranks = shard_queue.ranked(seconds, files, 2)

    order = sorted(range(len(seconds)), key=lambda case: ranks[case])
    assert sorted(ranks) == [*range(1, len(seconds) + 1)]
    assert order == [401, 400, *range(100, 400), *range(100)]


@pytest.mark.parametrize(
    ("rest", "slots", "every", "wanted"),
    [
        (80.0, 1, 4, 10.0),
        (4.0, 1, 4, 2.0),
        (10_000.0, 1, 4, 60.0),
        (80.0, 3, 4, 30.0),
        (9.0, 1, 0, 4.5),
    ],
)
def test_a_lease_is_a_part_of_what_is_left(rest, slots, every, wanted):
    assert shard_queue.lease_seconds(rest, slots=slots, all_slots=every) == wanted


def test_a_lease_is_one_case_at_least():
    assert shard_queue.taken([(1, 99.0), (2, 0.1)], 2.0) == [1]
    assert shard_queue.taken([(1, 1.0), (2, 1.0), (3, 1.0)], 2.0) == [1, 2]
    assert shard_queue.taken([], 2.0) == []


@pytest.mark.parametrize(
    ("own", "others", "suspect"),
    [
        ({False: 10}, {True: 6, False: 5}, True),
        ({False: 9}, {True: 6, False: 5}, False),
        ({False: 30, True: 1}, {True: 6, False: 5}, False),
        ({False: 10}, {True: 5, False: 5}, False),
        ({False: 10}, {}, False),
    ],
)
def test_a_machine_is_suspect_when_it_fails_alone(own, others, suspect):
    assert shard_queue.is_suspect(own, others) is suspect
