"""Which exit code a session has: pytest's own, unless that would say more than was reached."""

from types import SimpleNamespace

import pytest
from pytest import ExitCode  # noqa: PT013 - as a table reads it

from pytest_sisyphus.execution.exit_code import exit_code, leg_exit_code

DELIVERED, UNDELIVERED = SimpleNamespace(undelivered=()), SimpleNamespace(undelivered=("a",))
NOTHING = "nothing was left for this machine"
NO_WORKERS = "the session ended before its queue did: no workers were left"


@pytest.mark.parametrize(
    ("code", "ran_any", "stats", "strict", "expected"),
    [
        (ExitCode.OK, True, DELIVERED, True, ExitCode.OK),
        (ExitCode.OK, False, DELIVERED, False, ExitCode.NO_TESTS_COLLECTED),
        (ExitCode.OK, True, UNDELIVERED, True, ExitCode.TESTS_FAILED),
        (ExitCode.OK, True, UNDELIVERED, False, ExitCode.OK),
        (ExitCode.OK, True, None, True, ExitCode.OK),
        (ExitCode.TESTS_FAILED, False, UNDELIVERED, True, ExitCode.TESTS_FAILED),
        (ExitCode.INTERRUPTED, False, None, True, ExitCode.INTERRUPTED),
    ],
)
def test_nothing_run_and_nothing_delivered_are_no_success(code, ran_any, stats, strict, expected):
    run = SimpleNamespace(ran_any=ran_any, stats=stats)
    assert exit_code(code, run, strict=strict) == expected


def leg(**known):
    told = {"lost_reason": "", "is_drained": True, "leased_cases": 2, "ran_any": True}
    return SimpleNamespace(**{**told, "is_over": True, **known})


@pytest.mark.parametrize(
    ("code", "run", "is_interrupted", "expected", "notes"),
    [
        (ExitCode.OK, leg(), False, ExitCode.OK, []),
        (ExitCode.OK, leg(lost_reason="x"), False, ExitCode.INTERRUPTED, ["stopped: x"]),
        (ExitCode.TESTS_FAILED, leg(lost_reason="x"), True, ExitCode.TESTS_FAILED, []),
        (ExitCode.NO_TESTS_COLLECTED, leg(leased_cases=0), False, ExitCode.OK, [NOTHING]),
        (ExitCode.TESTS_FAILED, leg(leased_cases=0), False, ExitCode.TESTS_FAILED, [NOTHING]),
        (ExitCode.NO_TESTS_COLLECTED, leg(), False, ExitCode.OK, []),
        (ExitCode.NO_TESTS_COLLECTED, leg(ran_any=False), False, ExitCode.NO_TESTS_COLLECTED, []),
        (ExitCode.OK, leg(is_over=False), False, ExitCode.TESTS_FAILED, [NO_WORKERS]),
        (ExitCode.INTERNAL_ERROR, leg(is_over=False), False, ExitCode.INTERNAL_ERROR, []),
    ],
)
def test_a_leg_succeeds_where_its_queue_is_empty(code, run, is_interrupted, expected, notes):
    assert leg_exit_code(code, run, is_interrupted=is_interrupted) == (expected, notes)
