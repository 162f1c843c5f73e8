"""Checks of users are judged like ours, and their bugs stay theirs."""

import pytest

from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, CheckType, Selection, StepData

SUBJECT = StepData(document={"status_code": 200}, body=5)
PICKED = Selection(path="$.n", matches=(5,), step_data=SUBJECT)
MISSED = Selection(path="$.n", matches=(), no_match="no match for $.n", step_data=SUBJECT)


def check(judge_it, **more):
    return CheckType(name="mine", check=judge_it, description="a user's check", **more)


def raising(error):
    def judge_it(selection, expected, *, strict):
        raise error

    return judge_it


def giving(**fields):
    return lambda selection, expected, *, strict: CheckOutcome(**fields)


def test_a_users_check_sees_the_selection_the_expectation_and_strict():
    seen = []

    def judge_it(selection, expected, *, strict):
        seen.append(
            (selection.value, selection.step_data.document["status_code"], expected, strict)
        )
        return PASSED

    assert evaluate(check(judge_it), PICKED, "x", strict=True).passed
    assert seen == [(5, 200, "x", True)]


@pytest.mark.parametrize(
    ("judge_it", "error"),
    [
        (raising(KeyError("k")), "the check 'mine' itself broke: KeyError: 'k'"),
        (raising(AssertionError("no")), "the check 'mine' itself broke: AssertionError: no"),
        (raising(ConfigError("expects a colour")), "expects a colour"),
        (lambda *_, strict: True, "itself broke: it returned a bool, not a CheckOutcome"),
        (lambda *_, strict: None, "itself broke: it returned a NoneType, not a CheckOutcome"),
        (giving(passed="no"), "itself broke: CheckOutcome.passed must be a bool, got 'no'"),
        (giving(passed=1), "itself broke: CheckOutcome.passed must be a bool, got 1"),
        (giving(passed=False, error=5), "itself broke: CheckOutcome.error must be a str, got 5"),
        (giving(passed=True, error="bad"), "passed, and yet has an error or was not evaluated"),
        (
            giving(passed=True, evaluated=False),
            "a CheckOutcome is passed=True alone, or passed=False",
        ),
        (lambda: PASSED, "itself broke: TypeError"),
    ],
)
def test_a_check_that_breaks_is_not_evaluated(judge_it, error):
    verdict = evaluate(check(judge_it), PICKED, 1, strict=False)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert error in verdict.error


@pytest.mark.parametrize("error", ["", "  "])
def test_a_check_that_does_not_say_why_it_failed_gets_a_general_text(error):
    verdict = evaluate(check(giving(passed=False, error=error)), PICKED, 7, strict=False)

    assert verdict == CheckOutcome(passed=False, error="mine did not pass: expected 7, got 5")


def test_what_ends_a_test_passes_through_a_check():
    with pytest.raises(pytest.exit.Exception):
        evaluate(check(raising(pytest.exit.Exception("enough"))), PICKED, 1, strict=False)


def test_a_miss_is_never_handed_to_a_check_that_does_not_ask_for_misses():
    verdict = evaluate(check(lambda *_, strict: PASSED), MISSED, 1, strict=False)

    assert verdict == CheckOutcome(passed=False, error="no match for $.n", evaluated=False)


def test_a_check_may_ask_for_misses():
    kind = check(lambda *_, strict: PASSED, accepts_no_match=True)

    assert evaluate(kind, MISSED, 1, strict=False).passed


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_not_a_verdict(interrupt):
    with pytest.raises(interrupt):
        evaluate(check(raising(interrupt())), PICKED, 1, strict=False)
