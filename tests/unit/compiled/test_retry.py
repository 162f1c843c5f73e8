"""The delays, by their formulas, and the decision to try again."""

import pytest

from pytest_sisyphus.compiled.retry import Retries
from pytest_sisyphus.errors import CheckFailed, ConnectionFailed, TemplateError, TimedOut
from pytest_sisyphus.spec.config import RetryPolicy


def policy(**keys):
    return Retries(extra_attempts=9, policy=RetryPolicy.model_construct(**keys))


@pytest.mark.parametrize(
    ("retries", "delays"),
    [
        (Retries(extra_attempts=9), [1, 2, 4, 8, 10, 10]),
        (policy(strategy="fixed", base_delay=0.2), [0.2, 0.2, 0.2]),
        (policy(strategy="linear", base_delay=0.2), [0.2, 0.4, 0.6]),
        (
            policy(strategy="exponential", base_delay=0.2, backoff_multiplier=3.0, max_delay=1.0),
            [0.2, 0.6, 1.0, 1.0],
        ),
    ],
)
def test_delays_follow_the_formula(retries, delays):
    assert [retries.delay(k) for k in range(1, len(delays) + 1)] == pytest.approx(delays)


def test_a_huge_exponent_is_capped():
    assert policy(max_delay=60.0).delay(5000) == 60.0


def test_jitter_stays_within_ten_percent():
    jittery = policy(strategy="fixed", base_delay=10.0, jitter=True)

    assert all(9 <= jittery.delay(1) <= 11 for _ in range(100))


@pytest.mark.parametrize(("asked", "waited"), [(5.0, 5.0), (500.0, 60.0), (0.0, 1.0)])
def test_retry_after_is_honoured_up_to_max_delay(asked, waited):
    assert policy(strategy="fixed", base_delay=1.0).delay(1, asked) == waited


@pytest.mark.parametrize(
    ("keys", "error", "status", "again"),
    [
        ({}, CheckFailed("x"), 200, True),
        ({}, TemplateError("x"), None, False),
        ({"retry_on": ("network",)}, ConnectionFailed("x"), None, True),
        ({"retry_on": ("network",)}, TimedOut("x"), None, False),
        ({"retry_on": ("TimeoutError",)}, TimedOut("x"), None, True),
        ({"retry_on": ("5xx",)}, CheckFailed("x"), 503, True),
        ({"retry_on": ("5xx",)}, CheckFailed("x"), 404, False),
        ({"retry_on": ("404",)}, CheckFailed("x"), 404, True),
        ({"stop_on": ("4xx",)}, CheckFailed("x"), 404, False),
        ({"retry_on": ("assertion",), "stop_on": ("404",)}, CheckFailed("x"), 404, False),
    ],
)
def test_again(keys, error, status, again):
    assert policy(**keys).should_retry(1, error, status) is again


@pytest.mark.parametrize(
    ("keys", "status", "again"),
    [
        ({"retry_on": ("5xx",)}, 503, True),
        ({"retry_on": ("5XX", "network")}, 503, True),
        ({"retry_on": ("503",)}, 503, True),
        ({"retry_on": (503,)}, 503, True),
        ({"retry_on": ("5xx",)}, 200, False),
        ({"retry_on": ("5xx",)}, None, False),
        ({"retry_on": ("5xx",), "stop_on": (501,)}, 501, False),
        ({"retry_on": ("network",)}, 503, False),
        ({}, 503, False),
    ],
)
def test_a_status_that_is_named_needs_no_failed_check(keys, status, again):
    assert policy(**keys).should_retry_status(1, status) is again


def test_a_status_is_not_asked_about_more_often_than_allowed():
    retries = Retries(extra_attempts=2, policy=policy(retry_on=("5xx",)).policy)

    assert [retries.should_retry_status(k, 503) for k in (1, 2, 3)] == [True, True, False]
    assert not Retries(extra_attempts=2).should_retry_status(1, 503)


def test_never_more_often_than_allowed():
    retries = Retries(extra_attempts=2)

    assert [retries.should_retry(k, CheckFailed("x"), None) for k in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
