"""and, or, not: three-valued, so that nothing unknown passes."""

import itertools

import pytest

from pytest_sisyphus.checks.builtin import CHECKS
from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.checks.logic import combine
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, StepData
from pytest_sisyphus.extract.select import select

T = PASSED
F = CheckOutcome(passed=False, error="Expected 0, but got 1")
U = CheckOutcome(passed=False, evaluated=False, error="no match for $.nope")


@pytest.mark.parametrize(
    ("kind", "verdicts", "passed", "evaluated"),
    [
        ("and", [T], True, True),
        ("and", [T, T], True, True),
        ("and", [T, F], False, True),
        ("and", [F, F], False, True),
        ("and", [T, U], False, False),
        ("and", [F, U], False, False),
        ("and", [U], False, False),
        ("and", [], False, False),
        ("or", [T], True, True),
        ("or", [F, T], True, True),
        ("or", [U, T], True, True),
        ("or", [F], False, True),
        ("or", [F, F], False, True),
        ("or", [F, U], False, False),
        ("or", [U], False, False),
        ("or", [], False, False),
        ("not", [F], True, True),
        ("not", [F, F], True, True),
        ("not", [T], False, True),
        ("not", [F, T], False, True),
        ("not", [U, T], False, True),
        # W20: what could not be evaluated does not pass by being negated
        ("not", [U], False, False),
        ("not", [F, U], False, False),
        ("not", [], False, False),
    ],
)
def test_verdicts_combine(kind, verdicts, passed, evaluated):
    verdict = combine(kind, verdicts)

    assert (verdict.passed, verdict.evaluated) == (passed, evaluated)
    assert bool(verdict.error) is not passed


@pytest.mark.parametrize("kinds", list(itertools.product(["and", "or", "not"], repeat=3)))
def test_the_unknown_never_passes_however_deep_it_is_wrapped(kinds):
    verdict = U
    for kind in kinds:
        verdict = combine(kind, [verdict])

    assert not verdict.passed
    assert not verdict.evaluated


@pytest.mark.parametrize("document", [{"status_code": 200}, {"rows": []}])
def test_not_of_a_status_code_passes_neither_for_that_code_nor_for_no_code(document):
    """W20."""
    selection = select(StepData(document=document, body=document), "$.status_code")
    status_code = next(check for check in CHECKS if check.name == "status_code")

    assert not combine("not", [evaluate(status_code, selection, 200, strict=False)]).passed


def test_not_of_a_conjunction_with_something_unknown_does_not_pass():
    assert not combine("not", [combine("and", [F, U])]).passed
    assert not combine("not", [combine("or", [F, U])]).passed


@pytest.mark.parametrize(
    ("kind", "verdicts", "error"),
    [
        ("and", [T, F], "1 of 2 sub_validations did not pass: 2. Expected 0, but got 1"),
        ("and", [U, F], "2 of 2 sub_validations did not pass: 1. no match for $.nope; 2. Exp"),
        ("and", [F] * 9, "; and 6 more"),
        ("or", [F, U], "none of 2 sub_validations passed: 1. Expected 0, but got 1; 2. no match"),
        ("not", [F, T, T], "Expected no sub_validation to pass, but number 2, 3 did"),
        ("not", [F, U], "not could not be evaluated: 2. no match for $.nope"),
        ("and", [], "and has no sub_validations"),
    ],
)
def test_the_sentence_names_the_parts(kind, verdicts, error):
    assert error in combine(kind, verdicts).error
