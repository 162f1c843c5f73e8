"""Checks of users are judged like ours, and their bugs stay theirs."""

import pytest

from pytest_sisyphus.checks.judge import judge
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.models.parts import PASSED, CheckType, Selection, Subject, Verdict

SUBJECT = Subject(document={"status_code": 200}, body=5)
PICKED = Selection(path="$.n", matches=(5,), subject=SUBJECT)
MISSED = Selection(path="$.n", matches=(), miss="no match for $.n", subject=SUBJECT)


def check(judge_it, **more):
    return CheckType(name="mine", judge=judge_it, description="a user's check", **more)


def raising(error):
    def judge_it(selection, expected, *, strict):
        raise error

    return judge_it


def giving(**fields):
    return lambda selection, expected, *, strict: Verdict(**fields)


def test_a_users_check_sees_the_selection_the_expectation_and_strict():
    seen = []

    def judge_it(selection, expected, *, strict):
        seen.append((selection.value, selection.subject.document["status_code"], expected, strict))
        return PASSED

    assert judge(check(judge_it), PICKED, "x", strict=True).passed
    assert seen == [(5, 200, "x", True)]


@pytest.mark.parametrize(
    ("judge_it", "error"),
    [
        (raising(KeyError("k")), "the check 'mine' itself broke: KeyError: 'k'"),
        (raising(AssertionError("no")), "the check 'mine' itself broke: AssertionError: no"),
        (raising(ConfigError("expects a colour")), "expects a colour"),
        (lambda *_, strict: True, "itself broke: it returned a bool, not a Verdict"),
        (lambda *_, strict: None, "itself broke: it returned a NoneType, not a Verdict"),
        (giving(passed="no"), "itself broke: Verdict.passed must be a bool, got 'no'"),
        (giving(passed=1), "itself broke: Verdict.passed must be a bool, got 1"),
        (giving(passed=False, error=5), "itself broke: Verdict.error must be a str, got 5"),
        (giving(passed=True, error="bad"), "passed, and yet has an error or was not evaluated"),
        (giving(passed=True, evaluated=False), "a Verdict is passed=True alone, or passed=False"),
        (lambda: PASSED, "itself broke: TypeError"),
    ],
)
def test_a_check_that_breaks_is_not_evaluated(judge_it, error):
    verdict = judge(check(judge_it), PICKED, 1, strict=False)

    assert (verdict.passed, verdict.evaluated) == (False, False)
    assert error in verdict.error


@pytest.mark.parametrize("error", ["", "  "])
def test_a_check_that_does_not_say_why_it_failed_gets_a_general_text(error):
    verdict = judge(check(giving(passed=False, error=error)), PICKED, 7, strict=False)

    assert verdict == Verdict(passed=False, error="mine did not pass: expected 7, got 5")


def test_what_ends_a_test_passes_through_a_check():
    with pytest.raises(pytest.exit.Exception):
        judge(check(raising(pytest.exit.Exception("enough"))), PICKED, 1, strict=False)


def test_a_miss_is_never_handed_to_a_check_that_does_not_ask_for_misses():
    verdict = judge(check(lambda *_, strict: PASSED), MISSED, 1, strict=False)

    assert verdict == Verdict(passed=False, error="no match for $.n", evaluated=False)


def test_a_check_may_ask_for_misses():
    kind = check(lambda *_, strict: PASSED, judges_misses=True)

    assert judge(kind, MISSED, 1, strict=False).passed


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_not_a_verdict(interrupt):
    with pytest.raises(interrupt):
        judge(check(raising(interrupt())), PICKED, 1, strict=False)
