"""Delivery rules: whatever is repeated or comes in another order ends in the same rows."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_kit import counted, counters

pytestmark = pytest.mark.every_database
CASES = (1, 2, 3)
OUTCOMES = st.sampled_from([2, 3, 4, 5, 6])
#: what each case's attempts end in; the last one counts.
ATTEMPTS = st.lists(OUTCOMES, min_size=1, max_size=2)
IGNORED = ("id", "execution_id", "created_time", "updated_time")


@pytest.fixture
def shared(service):
    """One service for all examples: each makes executions of its own."""
    service.plan(*CASES)
    return service


def results_of(attempts):
    """The calls of one run, in order, as its sender makes them."""
    for case, outcomes in zip(CASES, attempts, strict=True):
        for retry, status in enumerate(outcomes):
            stem = {"caseId": case, "retryCount": retry, "pytestNodeid": f"n{case}"}
            began = {"startedTime": f"2025-09-20T07:0{case}:0{retry}Z"}
            yield {**stem, **began, "status": 1}
            yield {
                **stem,
                **began,
                "status": status,
                "resultId": f"run/{case}/{retry}",
                "errorMessage": f"message {status}",
                "finishedTime": f"2025-09-20T07:0{case}:3{retry}Z",
                "durationSeconds": 1.25,
                "ext": {"attempt": retry},
            }


def delivered(service, results, mode, finish=True):
    """A fresh execution after these calls: its row and its cases."""
    number = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    service.told("/execution/start", {"executionId": number, "runnerId": "a"})
    if mode == "batch":
        service.told("/execution/case/result", {"executionId": number, "results": results})
    for body in results if mode == "single" else []:
        service.told("/execution/case/result", {"executionId": number, **body})
        detail = service.detail(number)
        assert counters(detail) == counted(service.statuses(number))
    if finish:
        body = {"executionId": number, "counts": {}}
        assert service.told("/execution/finish", body)["missing"] == []
    rows = service.cases(number)
    detail = service.detail(number)
    return detail, [{k: v for k, v in row.items() if k not in IGNORED} for row in rows]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), attempts=st.tuples(*[ATTEMPTS] * len(CASES)))
def test_repeated_and_reordered_results_end_in_the_same_rows(shared, data, attempts):
    sent = list(results_of(attempts))
    repeated = sent + data.draw(st.lists(st.sampled_from(sent), max_size=8))
    shuffled = data.draw(st.permutations(repeated))
    mode = data.draw(st.sampled_from(["single", "batch"]))

    right, right_rows = delivered(shared, sent, "single")
    detail, rows = delivered(shared, shuffled, mode)

    assert [row["status"] for row in rows] == [outcomes[-1] for outcomes in attempts]
    assert rows == right_rows
    assert counters(detail) == counters(right) == counted([row["status"] for row in rows])
    assert detail["status"] == right["status"]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), attempts=st.tuples(*[ATTEMPTS] * len(CASES)))
def test_a_cancel_in_the_middle_keeps_every_real_outcome(shared, data, attempts):
    sent = list(results_of(attempts))
    shuffled = data.draw(st.permutations(sent))
    cut = data.draw(st.integers(0, len(shuffled)))
    number = shared.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    shared.told("/execution/start", {"executionId": number})
    for index, body in enumerate([*shuffled, None]):
        if index == cut:
            shared.front("/execution/cancel", {"executionId": number})
        if body:
            shared.told("/execution/case/result", {"executionId": number, **body})

    statuses, detail = shared.statuses(number), shared.detail(number)
    assert detail["status"] == 6
    assert counters(detail) == counted(statuses)
    for status, outcomes in zip(statuses, attempts, strict=True):
        # a blocked attempt is no real outcome: it may leave the mark of the cancel
        assert status == outcomes[-1] or (status == 7 and outcomes[-1] == 4)


#: two results, what the case ends in, and what is said of the one that was dropped.
PAIRS = [
    ({"status": 2}, {"status": 3}, 2, "状态 2（retryCount 0），后到的状态 3（retryCount 0"),
    ({"status": 3}, {"status": 2}, 3, "状态 3（retryCount 0），后到的状态 2（retryCount 0"),
    ({"status": 3}, {"status": 2, "resultId": "b"}, 3, "resultId b）不改变它"),
    ({"status": 2}, {"status": 2, "resultId": "b"}, 2, ""),
    ({"status": 3}, {"status": 1}, 3, ""),
    ({"status": 3}, {"status": 1, "retryCount": 1}, 3, ""),
    ({"status": 3}, {"status": 2, "retryCount": 1}, 2, ""),
    ({"status": 2, "retryCount": 1}, {"status": 3, "retryCount": 0}, 2, ""),
    (
        {"status": 3, "resultId": "x"},
        {"status": 2, "retryCount": 1, "resultId": "x"},
        3,
        "状态 3（retryCount 0），后到的状态 2（retryCount 1，resultId x）",
    ),
    ({"status": 1}, {"status": 1}, 1, ""),
    ({"status": 1, "retryCount": 1}, {"status": 3}, 3, ""),
]


@pytest.mark.parametrize("mode", ["single", "batch"])
def test_of_two_results_the_rules_choose(service, caplog, mode):
    number = service.started(*range(1, len(PAIRS) + 1))
    for case, (first, second, end, dropped) in enumerate(PAIRS, start=1):
        said = [{"caseId": case, **one} for one in (first, second)]
        if mode == "batch":
            said = [{"results": said}]
        caplog.clear()
        for body in said:
            data = service.told("/execution/case/result", {"executionId": number, **body})
        statuses = service.statuses(number)
        assert statuses[case - 1] == end, (first, second)
        assert counters(service.detail(number)) == counted(statuses)
        assert data["rejected"] == []
        assert [one["case_id"] for one in data["warnings"]] == [case] * bool(dropped)
        assert all(dropped in one["reason"] for one in data["warnings"])
        logged = [one for one in caplog.messages if "结果未采用" in one]
        assert len(logged) == len(data["warnings"])


def test_many_dropped_verdicts_of_one_call_are_one_line_of_the_log(service, caplog):
    number = service.started(1, 2)
    body = {"executionId": number, "results": [{"caseId": n, "status": 2} for n in (1, 2)]}
    service.told("/execution/case/result", body)
    body["results"] = [{"caseId": n, "status": 3} for n in (1, 2)]

    data = service.told("/execution/case/result", body)

    assert [one["case_id"] for one in data["warnings"]] == [1, 2]
    [line] = [one for one in caplog.messages if "结果未采用" in one]
    assert line.endswith("(and 1 more)")
    assert service.statuses(number) == [2, 2]


@pytest.mark.parametrize(
    ("ran", "message"), [(True, "pytest was killed in its teardown"), (False, "")]
)
def test_what_pytest_says_of_a_case_that_a_cancel_met_takes_the_place_of_the_mark(
    service, ran, message
):
    number = service.started(1)
    if ran:
        service.result(number, 1, 1)
    service.front("/execution/cancel", {"executionId": number})

    for words in ("pytest was killed in its teardown", "said again"):
        data = service.result(number, 1, 7, errorMessage=words, resultId=words)
        assert data["warnings"] == []

    [row] = service.cases(number)
    assert (row["status"], row["error_message"]) == (7, message)
    assert counters(service.detail(number)) == counted([7])


@pytest.mark.parametrize(
    ("element", "complaint"),
    [("text", "必须为对象"), (None, "必须为对象"), ({"caseId": 2, "status": 9}, ".status")],
)
def test_a_batch_with_an_element_that_cannot_be_understood_is_refused_whole(
    service, element, complaint
):
    number = service.started(1, 2)
    body = {"executionId": number, "results": [{"caseId": 1, "status": 2}, element]}

    answer = service.call("/execution/case/result", body)

    assert (answer.status_code, answer.json()["code"]) == (422, 40009)
    assert answer.json()["msg"].startswith("results[1]")
    assert complaint in answer.json()["msg"]
    assert service.statuses(number) == [0, 0]


def test_a_running_that_comes_after_its_outcome_tells_when_it_began(service):
    number = service.started(1)
    service.result(number, 1, 2)
    assert service.cases(number)[0]["started_time"] is None

    service.result(number, 1, 1, startedTime="2025-09-19 10:00:00")

    row = service.cases(number)[0]
    assert (row["status"], row["started_time"]) == (2, "2025-09-19 10:00:00")


@pytest.mark.parametrize(
    ("late", "end"),
    [(2, 2), (3, 3), (5, 5), (6, 6), (4, 4), (7, 4)],
)
def test_a_late_outcome_heals_what_was_blocked_because_it_ended_in_8(service, late, end):
    number = service.started(1, 2)
    service.told("/execution/finish", {"executionId": number})
    assert service.statuses(number) == [4, 4]

    data = service.result(number, 1, late)

    assert data["execution_status"] == 8
    assert service.statuses(number) == [end, 4]
    detail = service.detail(number)
    assert detail["status"] == 8
    assert counters(detail) == counted([end, 4])


def test_a_late_outcome_of_an_older_attempt_heals_nothing(service):
    """Attempt 1 was running when it was cancelled: that attempt 0 had passed says nothing of it."""
    number = service.started(1)
    service.result(number, 1, 1, retryCount=1)
    service.front("/execution/cancel", {"executionId": number})
    service.result(number, 1, 4, retryCount=1)
    service.result(number, 1, 2, retryCount=0)
    assert service.statuses(number) == [7]


def test_a_really_blocked_case_stays_blocked(service):
    number = service.started(1, 2)
    service.result(number, 1, 4, errorMessage="fixture broke")
    service.told("/execution/finish", {"executionId": number})

    service.result(number, 1, 2)
    service.result(number, 2, 2)

    assert service.statuses(number) == [4, 2]
    assert service.cases(number)[0]["error_message"] == "fixture broke"


def test_a_late_finish_asks_for_what_never_came(service):
    """The lease ran out, the runner is back: it learns what to send again."""
    number = service.started(1, 2)
    service.result(number, 1, 2)
    service.told("/execution/abort", {"executionId": number, "status": 8})

    data = service.told("/execution/finish", {"executionId": number, "counts": {"2": 2}})
    assert [one["case_id"] for one in data["missing"]] == [2]
    service.result(number, 2, 2)
    data = service.told("/execution/finish", {"executionId": number, "counts": {"2": 2}})
    assert (data["missing"], data["execution_status"]) == ([], 8)


def test_concurrent_results_leave_exact_counters(service):
    cases = list(range(1, 41))
    number = service.started(*cases)
    barrier = threading.Barrier(8)

    def send(share):
        barrier.wait()
        for case in share:
            service.result(number, case, 1)
            service.result(number, case, 2 + case % 2)

    threads = [threading.Thread(target=send, args=(cases[n::8] * 2,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = service.statuses(number)
    assert statuses == [2 + case % 2 for case in cases]
    assert counters(service.detail(number)) == counted(statuses)


def test_a_finish_racing_with_the_last_results_never_loses_one(service):
    cases = list(range(1, 21))
    number = service.started(*cases)
    stop = threading.Event()

    def finish():
        while not stop.is_set():
            service.told("/execution/finish", {"executionId": number, "counts": {"2": 20}})

    thread = threading.Thread(target=finish)
    thread.start()
    try:
        for case in cases:
            service.result(number, case, 2)
    finally:
        stop.set()
        thread.join()
    service.told("/execution/finish", {"executionId": number, "counts": {"2": 20}})

    assert service.detail(number)["status"] == 4
    assert counters(service.detail(number)) == counted([2] * 20)
