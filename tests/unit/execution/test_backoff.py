"""The one retry layer's policy."""

import pytest

from pytest_sisyphus.execution.backoff import Backoff, is_transient


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 302])
def test_what_may_be_different_next_time_is_tried_again(status):
    assert is_transient(status)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422])
def test_what_the_orchestrator_decided_is_not_tried_again(status):
    assert not is_transient(status)


@pytest.mark.parametrize(
    ("failures", "chance", "delay"),
    [(1, 1.0, 0.2), (1, 0.0, 0.1), (2, 1.0, 0.4), (5, 1.0, 3.2), (9, 1.0, 30.0), (999, 1.0, 30.0)],
)
def test_the_delay_grows_by_the_formula(failures, chance, delay):
    assert Backoff(chance=lambda: chance).delay(failures) == pytest.approx(delay)


@pytest.mark.parametrize(("retry_after", "delay"), [(None, 0.2), (0.1, 0.2), (90.0, 90.0)])
def test_retry_after_is_never_undercut(retry_after, delay):
    assert Backoff(chance=lambda: 1.0).delay(1, retry_after) == delay
