"""Results as the contract wants them: bounded, masked, storable."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.outcomes import CaseFinished, CaseRunning, Evidence, ItemOutcome
from pytest_sisyphus.execution.payloads import ERROR_LIMIT, ITEMS_LIMIT, TRACE_LIMIT, PayloadBuilder
from pytest_sisyphus.execution.status import ResultStatus

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=8)))
CASE = WantedCase(
    execution_case_id=7,
    case_id=1001,
    plan_case_id=None,
    case_key="k",
    title="",
    run_order=1,
    nodeid="",
    unfinished=True,
)


def item(status=ResultStatus.PASSED, **fields):
    return ItemOutcome(nodeid="t.py::t", status=status, **fields)


def final(*items, status=ResultStatus.FAILED, reason=""):
    return CaseFinished(case=CASE, status=status, nodeid="t.py::t", reason=reason, items=items)


def written(change):
    return PayloadBuilder("run").result(change, NOW)


def test_a_running_case():
    assert written(CaseRunning(case=CASE, nodeid="t.py::t")) == {
        "executionCaseId": 7,
        "caseId": 1001,
        "status": 1,
        "pytestNodeid": "t.py::t",
        "startedTime": "2026-01-02T03:04:05+08:00",
        "resultId": "run/7/0/1",
    }


def test_ids_grow_and_tell_the_attempt():
    writer = PayloadBuilder("run")
    ids = [
        writer.result(final(item(ResultStatus.FAILED, retry_count=n)), NOW)["resultId"]
        for n in (0, 2)
    ]

    assert ids == ["run/7/0/1", "run/7/2/2"]
    assert writer.last_sequence == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (final(item(), status=ResultStatus.PASSED), "执行通过"),
        (final(item(ResultStatus.FAILED, error="want 200", is_assertion=True)), "断言失败"),
        (final(item(ResultStatus.FAILED, error="RuntimeError: x")), "执行失败"),
        (final(status=ResultStatus.NOT_FOUND), "未找到对应的自动化用例"),
        (
            final(item(), item(ResultStatus.FAILED, error="RuntimeError: x"), item()),
            "执行失败：共 3 项，失败 1，通过 2",
        ),
    ],
)
def test_the_message_says_it_in_the_platforms_words(change, message):
    assert written(change)["resultMessage"] == message


def test_what_was_not_measured_is_absent():
    body = written(final(status=ResultStatus.NOT_FOUND, reason="nobody"))

    assert "durationSeconds" not in body
    assert "startedTime" not in body
    assert body["errorMessage"] == "nobody"


def test_texts_are_bounded_and_say_so():
    body = written(final(item(ResultStatus.FAILED, error="e" * 10**5, trace="t" * 10**6)))

    assert len(body["errorMessage"]) < ERROR_LIMIT + 60
    assert len(body["stackTrace"]) < TRACE_LIMIT + 60
    assert "940000 characters left out" in body["stackTrace"]


def test_a_thousand_items_keep_their_failures():
    items = [item() for _ in range(ITEMS_LIMIT + 100)] + [item(ResultStatus.FAILED, error="bad")]
    body = written(final(*items))

    assert len(body["ext"]["items"]) == ITEMS_LIMIT
    assert body["ext"]["items"][0]["error"] == "bad"
    assert body["ext"]["items_left_out"] == 101
    assert body["resultMessage"].endswith(f"失败 1，通过 {ITEMS_LIMIT + 100}")


def test_any_text_can_be_stored():
    body = written(final(item(ResultStatus.FAILED, error="half \ud800, nul \0, 全")))

    assert body["errorMessage"] == "half ?, nul \\0, 全"
    json.dumps(body, allow_nan=False).encode()


def test_steps_and_attempts_ride_along():
    step = {"name": "pay", "status": "failed"}
    body = written(
        final(
            item(
                ResultStatus.FAILED,
                evidence=Evidence(steps=(step,)),
                earlier_errors=("E1",),
                retry_count=1,
            )
        )
    )

    assert body["ext"] == {"steps": [step], "attempts": ["E1"]}
    assert body["retryCount"] == 1


def test_errors_of_steps_are_short():
    info = {"type": "ScriptError", "category": "business", "message": "y" * 60_000}
    steps = tuple({"name": str(n), "status": "error", "error_info": info} for n in range(1_000))
    body = written(final(item(ResultStatus.FAILED, evidence=Evidence(steps=steps))))

    assert len(json.dumps(body)) < 1_000_000
    assert body["ext"]["steps"][0]["error_info"]["type"] == "ScriptError"
    assert "59500 characters left out" in body["ext"]["steps"][0]["error_info"]["message"]


def test_worker_checks_and_cause_ride_along():
    cause = {"step": "pay", "check": "eq", "path": "$.status" + "x" * 500, "type": "AssertionError"}
    evidence = Evidence(checks=(2, 3), cause=cause, exchanges='{"steps": []}')
    body = written(final(item(ResultStatus.FAILED, worker="gw3", evidence=evidence)))

    assert (body["ext"]["worker"], body["ext"]["checks"]) == ("gw3", {"passed": 2, "total": 3})
    assert body["ext"]["cause"]["step"] == "pay"
    assert "characters left out" in body["ext"]["cause"]["path"]
    assert body["exchanges"] == '{"steps": []}'


def test_of_several_items_checks_are_added_up_and_a_worker_is_named_that_ran_all():
    passed = item(worker="gw0", evidence=Evidence(checks=(1, 1), exchanges="passed"))
    failed = Evidence(checks=(0, 2), cause={"step": "pay"}, exchanges="failed")

    def of(worker):
        bad = item(ResultStatus.FAILED, worker=worker, evidence=failed)
        return written(final(passed, bad))

    assert of("gw0")["ext"]["worker"] == "gw0"
    assert "worker" not in of("gw1")["ext"]
    assert of("gw1")["ext"]["checks"] == {"passed": 1, "total": 3}
    assert of("gw1")["exchanges"] == "failed"
    assert of("gw1")["ext"]["cause"] == {"step": "pay"}


def test_of_what_has_no_document_nothing_is_counted():
    body = written(final(item(ResultStatus.PASSED, worker="main"), status=ResultStatus.PASSED))
    assert body["ext"] == {"worker": "main"}
    assert "exchanges" not in body
