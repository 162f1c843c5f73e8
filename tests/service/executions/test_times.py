"""Ends before their beginnings: the outcome is kept, the time is not, and the answer says so."""

from zoneinfo import ZoneInfo

import pytest
from service_kit import Service

#: the fake clock stands at 07:30 UTC.
START, END, BEFORE = "2025-09-20T07:10:00Z", "2025-09-20T07:20:30Z", "2025-09-20T07:00:00Z"
AHEAD, SHORTLY_BEFORE = "2025-09-20T07:34:00Z", "2025-09-20T07:09:59.4Z"
#: of no clock that is right: after now, and long before the execution was made.
NEVER = [
    "2099-01-01T00:00:00Z",
    "2025-09-20T07:36:01Z",
    "2025-09-19T07:29:59Z",
    "1970-01-02T00:00:00Z",
]
FAR = "{} 与服务器时间相差过大，已忽略，改用服务器时间"
CASE = "finishedTime 早于 startedTime，已忽略，改用服务器时间"
EXECUTION = "endTime 早于 startTime，已忽略，改用服务器时间"


@pytest.fixture
def service(tmp_path, database_url):
    with Service(tmp_path, database_url=database_url, timezone=ZoneInfo("UTC")) as running:
        yield running


def shown(row, *names):
    return [row[name] and str(row[name]).removeprefix("2025-09-20 ") for name in names]


OF_A_RESULT = [
    ({"startedTime": START, "finishedTime": END}, ["07:10:00", "07:20:30"], None, False),
    ({"startedTime": START, "finishedTime": BEFORE}, ["07:10:00", "07:30:00"], None, True),
    ({"startedTime": START, "finishedTime": BEFORE, "durationSeconds": 4}, ["07:10:00", "07:30:00"], 4, True),
    ({"startedTime": START, "finishedTime": SHORTLY_BEFORE}, ["07:10:00", "07:10:00"], None, False),
    ({"startedTime": AHEAD, "finishedTime": END}, ["07:34:00", "07:34:00"], None, True),
    ({"startedTime": AHEAD}, ["07:34:00", "07:34:00"], None, False),
    ({"finishedTime": BEFORE}, [None, "07:00:00"], None, False),
    ({"startedTime": START}, ["07:10:00", "07:30:00"], None, False),
]  # fmt: skip


@pytest.mark.every_database
def test_a_result_is_never_lost_for_its_times(service):
    number = service.started(*range(1, len(OF_A_RESULT) + 1))

    for case, (times, stored, seconds, warned) in enumerate(OF_A_RESULT, start=1):
        data = service.result(number, case, 3, **times)

        row = service.cases(number)[case - 1]
        assert shown(row, "started_time", "finished_time") == stored, times
        assert (row["case_id"], row["status"], row["duration_seconds"]) == (case, 3, seconds)
        named = {"execution_case_id": row["id"], "case_id": case, "reason": CASE}
        assert (data["warnings"], data["rejected"]) == ([named] if warned else [], [])


@pytest.mark.every_database
@pytest.mark.parametrize("never", NEVER)
def test_a_time_of_no_clock_is_replaced_by_the_servers(service, never):
    number = service.run_plan(1)["id"]
    started = service.told("/execution/start", {"executionId": number, "startTime": never})
    assert started["warnings"] == [FAR.format("startTime")]

    running = service.result(number, 1, 1, startedTime=never)
    service.clock.forward(60)
    result = service.result(number, 1, 2, startedTime=never, finishedTime=never, durationSeconds=4)
    faults = [one["reason"] for one in running["warnings"] + result["warnings"]]
    assert faults == [FAR.format(n) for n in ("startedTime", "startedTime", "finishedTime")]
    row = service.cases(number)[0]
    assert shown(row, "started_time", "finished_time") == ["07:30:00", "07:31:00"]
    assert (row["status"], row["duration_seconds"]) == (2, 4)

    ended = service.told("/execution/finish", {"executionId": number, "endTime": never})
    assert ended["warnings"] == [FAR.format("endTime")]
    row = service.detail(number)
    assert shown(row, "start_time", "end_time") == ["07:30:00", "07:31:00"]
    assert row["duration_seconds"] == 60


def test_a_batch_takes_the_good_and_mends_the_bad(service):
    number = service.started(1, 2, 3)
    results = [
        {"caseId": 1, "status": 2, "startedTime": START, "finishedTime": END},
        {"caseId": 2, "status": 1, "startedTime": START},
        {"caseId": 2, "status": 2, "finishedTime": BEFORE},
        {"caseId": 9, "status": 2},
        {"caseId": 3, "status": 2, "startedTime": START, "finishedTime": BEFORE},
    ]

    data = service.told("/execution/case/result", {"executionId": number, "results": results})

    assert [one["case_id"] for one in data["warnings"]] == [2, 3]
    assert [one["case_id"] for one in data["rejected"]] == [9]
    assert service.statuses(number) == [2, 2, 2]
    ends = [shown(row, "finished_time")[0] for row in service.cases(number)]
    assert ends == ["07:20:30", "07:30:00", "07:30:00"]


def test_a_beginning_that_comes_late_is_not_put_behind_the_end(service):
    number = service.started(1)
    service.result(number, 1, 2, finishedTime=END)
    service.result(number, 1, 1, startedTime=AHEAD)
    assert service.cases(number)[0]["started_time"] is None
    service.result(number, 1, 1, startedTime=START)
    assert shown(service.cases(number)[0], "started_time") == ["07:10:00"]


OF_AN_EXECUTION = [
    ((START, END), "07:20:30", 630, False),
    ((START, BEFORE), "07:30:00", None, True),
    ((START, SHORTLY_BEFORE), "07:10:00", 0, False),
    ((START, None), "07:30:00", 1200, False),
    ((AHEAD, END), "07:34:00", None, True),
    ((AHEAD, None), "07:34:00", None, False),
]


@pytest.mark.every_database
def test_an_execution_ends_after_it_began(service):
    for (start, end), stored, seconds, warned in OF_AN_EXECUTION:
        number = service.started(1, startTime=start)
        service.result(number, 1, 2)

        data = service.told("/execution/finish", {"executionId": number, "endTime": end})

        row = service.detail(number)
        assert (shown(row, "end_time"), row["duration_seconds"]) == ([stored], seconds)
        assert (row["status"], data["complete"]) == (4, True)
        assert data["warnings"] == ([EXECUTION] if warned else [])
        again = service.told("/execution/finish", {"executionId": number, "endTime": end})
        assert (again["warnings"], service.detail(number)) == (data["warnings"], row)


def test_a_start_after_the_end_is_not_put_behind_it(service):
    number = service.run_plan(1)["id"]
    service.front("/execution/cancel", {"executionId": number})
    assert (
        service.call("/execution/start", {"executionId": number, "startTime": AHEAD}).status_code
        == 409
    )
    assert service.detail(number)["start_time"] is None
