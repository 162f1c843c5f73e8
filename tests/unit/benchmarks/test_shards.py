"""The least time in which legs can do some work: what the benchmark of shards is judged by."""

import pytest

from benchmarks.shards import bound


@pytest.mark.parametrize(
    ("seconds", "arrivals", "gone", "least"),
    [
        ([1.0] * 10, [0.0], [], 10.0),
        ([1.0] * 10, [0.0, 0.0], [], 5.0),
        # the second comes after 4 s: 6 s of work are left for two
        ([1.0] * 10, [0.0, 4.0], [], 7.0),
        ([1.0] * 10, [4.0, 0.0], [], 7.0),
        # the third is too late to help
        ([1.0] * 4, [0.0, 0.0, 9.0], [], 2.0),
        # nothing is quicker than the longest
        ([5.0, 1.0], [0.0, 0.0, 0.0], [], 5.0),
        # one goes after 2 s: 6 s of work are left for the other, or for it and who comes then
        ([1.0] * 10, [0.0, 0.0], [2.0], 8.0),
        ([1.0] * 10, [0.0, 0.0, 2.0], [2.0], 5.0),
    ],
)
def test_the_bound(seconds, arrivals, gone, least):
    assert bound(seconds, arrivals, gone) == pytest.approx(least)
