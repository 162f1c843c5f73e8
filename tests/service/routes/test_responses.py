"""Every answer has exactly the fields that the interface document shows, with their types."""

import re

import pytest
from service_kit import USER, Service

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
NULL = type(None)

EXECUTION = {
    "id": int,
    "execution_no": str,
    "trigger_type": int,
    "project_id": int,
    "plan_id": (int, NULL),
    "plan_round_no": (int, NULL),
    "source_case_id": (int, NULL),
    "env_code": str,
    "run_mode": int,
    "status": int,
    "jenkins_job_name": (str, NULL),
    "jenkins_queue_id": (int, NULL),
    "jenkins_build_number": (int, NULL),
    "jenkins_build_url": (str, NULL),
    "console_url": (str, NULL),
    "report_url": (str, NULL),
    "total_count": int,
    "pending_count": int,
    "running_count": int,
    "passed_count": int,
    "failed_count": int,
    "blocked_count": int,
    "skipped_count": int,
    "not_found_count": int,
    "canceled_count": int,
    "trigger_by": int,
    "trigger_source": str,
    "trigger_message": str,
    "start_time": (str, NULL),
    "end_time": (str, NULL),
    "duration_seconds": (int, float, NULL),
    "ext": dict,
    "created_time": str,
    "updated_time": str,
    "plan_name": (str, NULL),
    "case_title": (str, NULL),
    "rerun_of": (int, NULL),
    "trigger_name": (str, NULL),
    "runner": str,
    "revision": (str, NULL),
    "created_at": str,
    "started_at": (str, NULL),
    "finished_at": (str, NULL),
    "last_heard": (str, NULL),
    "lease_until": (str, NULL),
    "ended_how": (str, NULL),
    "ended_by": (int, NULL),
    "ended_name": (str, NULL),
    "outcome": (int, NULL),
    "healed_at": (str, NULL),
    "late_count": (int, NULL),
    "shard_total": int,
    "retry_lost": bool,
}
SUMMARY = ["total", "pending", "running", "passed", "failed", "blocked", "skipped", "notFound"]
CASE = {
    "id": int,
    "execution_id": int,
    "plan_case_id": (int, NULL),
    "case_id": int,
    "case_key": str,
    "case_title": str,
    "run_order": int,
    "status": int,
    "pytest_nodeid": (str, NULL),
    "result_message": (str, NULL),
    "error_message": (str, NULL),
    "stack_trace": (str, NULL),
    "report_url": (str, NULL),
    "duration_seconds": (int, float, NULL),
    "started_time": (str, NULL),
    "finished_time": (str, NULL),
    "retry_count": int,
    "ext": dict,
    "created_time": str,
    "updated_time": str,
    "started_at": (str, NULL),
    "finished_at": (str, NULL),
    "marked": bool,
    "worker": (str, NULL),
    "checks": (dict, NULL),
    "cause": (dict, NULL),
    "shard_index": (int, NULL),
}


def assert_shape(row, shape):
    assert row.keys() == shape.keys()
    assert {
        name: row[name] for name, kind in shape.items() if not isinstance(row[name], kind)
    } == {}
    times = [v for k, v in row.items() if k.endswith("_time") and v is not None]
    assert all(TIME.fullmatch(value) for value in times)


def test_a_single_run_answers_with_the_whole_row(service):
    service.catalog(1001)

    body = {"caseId": 1001, "envCode": "st", "jenkinsJobName": "job", "remark": "前端手动触发"}
    answer = service.front("/case/run", body)

    assert (answer["code"], answer["msg"]) == (20000, "success")
    row = answer["data"]
    assert_shape(row, EXECUTION)
    assert {k: row[k] for k in ("trigger_type", "project_id", "plan_id", "source_case_id")} == {
        "trigger_type": 1,
        "project_id": 3,
        "plan_id": None,
        "source_case_id": 1001,
    }
    assert (row["status"], row["run_mode"], row["trigger_by"]) == (2, 1, USER)
    assert (row["jenkins_job_name"], row["jenkins_queue_id"]) == ("job", 321)
    assert row["trigger_message"] == "http://jenkins/queue/item/321/"
    assert (row["trigger_source"], row["ext"]) == ("platform", {"remark": "前端手动触发"})
    assert (row["total_count"], row["pending_count"]) == (1, 1)


def test_a_plan_run_answers_with_the_whole_row(service):
    row = service.run_plan(1001, 1002, roundNo=1, runMode="2")

    assert_shape(row, EXECUTION)
    assert (row["trigger_type"], row["plan_id"], row["plan_round_no"]) == (2, 2001, 1)
    assert (row["source_case_id"], row["run_mode"], row["total_count"]) == (None, 2, 2)


def test_the_execution_number_is_the_local_moment_with_milliseconds(tmp_path):
    from zoneinfo import ZoneInfo

    with Service(tmp_path, timezone=ZoneInfo("Asia/Shanghai")) as service:
        row = service.run_plan(1001)

    assert row["execution_no"] == "AE20250920153000000"
    assert row["created_time"] == "2025-09-20 15:30:00"


def test_the_list_holds_whole_rows_newest_first(service):
    first = service.run_plan(1001)
    second = service.front_data("/plan/run", {"planId": 2001, "envCode": "qa"})

    data = service.front_data("/execution/list", query={"pageNo": 1, "pageSize": 20})

    assert data.keys() == {"list", "total"}
    assert [row["id"] for row in data["list"]] == [second["id"], first["id"]]
    assert data["total"] == 2
    assert_shape(data["list"][0], EXECUTION)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"projectId": 3}, 2),
        ({"projectId": 4}, 0),
        ({"plan_id": "2001"}, 1),
        ({"status": 2}, 2),
        ({"status": "0"}, 0),
        ({"triggerType": 1}, 1),
        ({"planId": ""}, 2),
    ],
)
def test_the_list_filters(service, query, total):
    service.run_plan(1001)
    service.front("/case/run", {"caseId": 1001, "envCode": "st"})

    data = service.front_data("/execution/list", query=query)

    assert (len(data["list"]), data["total"]) == (total, total)


def test_a_page_past_the_end_is_empty_and_keeps_the_total(service):
    service.run_plan(1001)
    for page in (2, 10**9, 2**53 - 1):
        data = service.front_data("/execution/list", query={"pageNo": page, "pageSize": 500})
        assert data == {"list": [], "total": 1}


def test_detail_adds_a_summary(service):
    number = service.started(1, 2)
    service.result(number, 1, 2)

    row = service.detail(number)

    summary = row.pop("summary")
    assert_shape(row, {**EXECUTION, "event_id": str, "waiting": (dict, NULL), "shards": list})
    assert list(summary) == [*SUMMARY, "canceled"]
    assert summary == dict.fromkeys(summary, 0) | {"total": 2, "pending": 1, "passed": 1}


def test_the_case_list_holds_whole_rows_in_run_order(service):
    number = service.started(1003, 1001, 1002)
    sent = {
        "resultMessage": "断言失败",
        "errorMessage": "AssertionError: x",
        "stackTrace": "Traceback …",
        "durationSeconds": "1.5",
        "startedTime": "2025-09-20T07:36:02Z",
        "finishedTime": "2025-09-20T07:36:20+00:00",
        "retryCount": 1,
        "ext": {"steps": [1]},
        "reportUrl": "http://allure/case/101",
    }
    service.result(number, 1001, 3, **sent)

    data = service.front_data("/execution/case/list", query={"executionId": number})

    assert [row["case_id"] for row in data["list"]] == [1003, 1001, 1002]
    assert [row["run_order"] for row in data["list"]] == [1, 2, 3]
    for row in data["list"]:
        assert_shape(row, CASE)
    failed = data["list"][1]
    assert (failed["status"], failed["retry_count"], failed["duration_seconds"]) == (3, 1, 1.5)
    assert (failed["error_message"], failed["ext"]) == ("AssertionError: x", {"steps": [1]})
    only = service.front("/execution/case/list", query={"executionId": number, "status": 3})
    assert [row["id"] for row in only["data"]["list"]] == [failed["id"]]
    assert only["data"]["total"] == 1


def test_times_are_shown_in_the_configured_zone(tmp_path):
    from zoneinfo import ZoneInfo

    with Service(tmp_path, timezone=ZoneInfo("Asia/Shanghai")) as service:
        number = service.run_plan(1)["id"]
        service.clock.forward(900)
        start = {"executionId": number, "startTime": "2025-09-20 15:36:00"}
        service.told("/execution/start", start)
        service.result(number, 1, 2, startedTime="2025-09-20T07:36:02Z")
        service.told("/execution/finish", {"executionId": number, "endTime": "2025-09-20 15:45:00"})

        row = service.detail(number)
        assert (row["start_time"], row["end_time"]) == (
            "2025-09-20 15:36:00",
            "2025-09-20 15:45:00",
        )
        assert row["duration_seconds"] == 540
        assert service.cases(number)[0]["started_time"] == "2025-09-20 15:36:02"


def test_pull_answers_in_camel_case_by_run_order(service):
    row = service.run_plan(1003, 1001, roundNo=1)

    headers = {"X-CALLBACK-SECRET": "the-shared-secret"}
    path = "/it/api/automation/execution/case/pull"
    data = service.client.get(path, params={"executionId": row["id"]}, headers=headers).json()[
        "data"
    ]

    assert data.pop("execution_status") == 2
    items = data.pop("items")
    assert data == {
        "executionId": row["id"],
        "executionNo": row["execution_no"],
        "triggerType": 2,
        "projectId": 3,
        "planId": 2001,
        "planRoundNo": 1,
        "envCode": "st",
        "runMode": 1,
        "status": 2,
        "total": 2,
        "keepExchanges": "failed",
    }
    assert [item["caseId"] for item in items] == [1003, 1001]
    assert {type(item.pop("executionCaseId")) for item in items} == {int}
    assert items[0] == {
        "planCaseId": 1,
        "caseId": 1003,
        "caseKey": "1003",
        "caseTitle": "case 1003",
        "runOrder": 1,
        "pytestNodeid": "t.yaml::1003",
        "status": 0,
    }
    query = {"executionId": row["id"], "pageNo": 2, "pageSize": 1}
    page = service.client.get(path, params=query, headers=headers).json()["data"]
    assert ([item["caseId"] for item in page["items"]], page["total"]) == ([1001], 2)


def test_probes_are_outside_the_envelope(service):
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/readyz").text == "ready\n"
