"""What a document keeps of long values, and what it says about them."""

from datetime import datetime

import pytest

from pytest_sisyphus.documents.build import case_document
from pytest_sisyphus.location import Location
from pytest_sisyphus.redact import Redactor
from pytest_sisyphus.results import (
    CaseResult,
    CaseStatus,
    CheckResult,
    Outcome,
    StepResult,
    StepStatus,
)

LIMIT = 100
NOW = datetime(2026, 1, 31, 12, 30)  # noqa: DTZ001 - as the protocol has it
TIMES = {"start_time": NOW, "end_time": NOW, "duration": 0.0, "location": Location("case.yaml", 1)}


def document(body, request=None, **step):
    """Of a case with one response."""
    outcome = Outcome(
        document={"status_code": 200, "request": {"body": request}, "body": body},
        is_response=True,
    )
    made = StepResult(
        name="s", type="request", status=StepStatus.SUCCESS, outcome=outcome, **TIMES, **step
    )
    result = CaseResult(
        name="c",
        status=CaseStatus.PASSED,
        steps=(made,),
        final_variables=step.get("extracted", {}),
        **TIMES,
    )
    return case_document(result, mask=Redactor().data, max_body=LIMIT, nodeid="case.yaml::c")


LONG = [
    ("x" * 101, 101),
    ("中" * 34, 102),
    ({"rows": ["x" * 90]}, 104),
    (b"\xff" * 101, 303),
    ({"odd": {1, 2}, "more": "x" * 100}, 127),
]


@pytest.mark.parametrize(("value", "size"), LONG)
def test_a_long_value_is_cut_and_says_so_wherever_it_stands(value, size):
    check = CheckResult(passed=True, type="eq", path="$", actual=value, expected=value)
    whole = document(value, value, checks=(check,), extracted={"all": value})
    (step,) = whole["steps"]

    for holder in (step["response"], step["response"]["request"]):
        assert (holder["truncated"], holder["full_size"]) == (True, size)
        assert 90 < len(holder["body"].encode()) <= LIMIT
    marked = {"value": step["response"]["body"], "truncated": True, "full_size": size}
    (validation,) = step["validations"]
    assert validation["actual"] == validation["expected"] == marked
    assert step["extracted_vars"]["all"] == whole["final_variables"]["all"] == marked


def test_what_is_cut_is_kept_once():
    value = {"rows": ["x" * 200]}
    (step,) = document(value, extracted={"all": value})["steps"]

    assert step["response"]["body"] is step["extracted_vars"]["all"]["value"]


@pytest.mark.parametrize("value", ["x" * 100, "中" * 33, {"rows": [1.5, None]}, None, 7])
def test_what_fits_is_whole(value):
    (step,) = document(value)["steps"]

    assert step["response"]["body"] == value
    assert "truncated" not in step["response"]
