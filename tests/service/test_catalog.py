"""The catalogue, plans, and the history of a case."""

import pytest

from orchestrator.services.queries import is_flaky

pytestmark = pytest.mark.every_database


def run_once(service, case, status, env="st", **fields):
    row = service.front("/case/run", {"caseId": case, "envCode": env})["data"]
    service.told("/execution/start", {"executionId": row["id"]})
    service.result(row["id"], case, status, **fields)
    service.told("/execution/finish", {"executionId": row["id"]})
    service.clock.forward(60)
    return row


def listed(service, **query):
    return service.front("/case/list", query=query)["data"]


def test_sync_creates_updates_and_names_what_it_cannot_take(service):
    cases = [
        {"caseId": 1, "caseKey": "a", "caseTitle": "A", "pytestNodeid": "x::a"},
        {"case_id": "2", "case_key": "b"},
        {"caseId": 1, "caseKey": "again"},
        {"caseKey": "unknown"},
        {},
    ]
    data = service.told("/case/sync", {"projectId": 3, "cases": cases})

    assert (data["created"], data["updated"], data["disabled"]) == (2, 0, 0)
    assert [one["case_id"] for one in data["rejected"]] == [1, None, None]
    again = [{"caseKey": "b", "caseTitle": "B", "enabled": "false"}]
    data = service.told("/case/sync", {"projectId": 3, "cases": again})
    assert (data["created"], data["updated"]) == (0, 1)
    assert listed(service)["list"] == [
        {
            "case_id": 1,
            "case_key": "a",
            "case_title": "A",
            "project_id": 3,
            "pytest_nodeid": "x::a",
            "enabled": True,
            "last_status": None,
            "last_execution_id": None,
            "last_finished_time": None,
        },
        {
            "case_id": 2,
            "case_key": "b",
            "case_title": "B",
            "project_id": 3,
            "pytest_nodeid": None,
            "enabled": False,
            "last_status": None,
            "last_execution_id": None,
            "last_finished_time": None,
        },
    ]


def test_a_complete_sync_disables_what_is_missing_in_its_own_project(service):
    service.catalog(1, 2, 3)
    service.catalog(9, project=4)

    cases = [{"caseId": 2}]
    data = service.told("/case/sync", {"projectId": 3, "cases": cases, "complete": True})

    assert data["disabled"] == 2
    rows = {row["case_id"]: row for row in listed(service)["list"]}
    assert {number: row["enabled"] for number, row in rows.items()} == {
        1: False,
        2: True,
        3: False,
        9: True,
    }
    assert rows[2]["pytest_nodeid"] == "t.yaml::2"


@pytest.mark.parametrize(
    ("query", "cases"),
    [
        ({"projectId": 4}, [9]),
        ({"keyword": "CASE 2"}, [2]),
        ({"keyword": "yaml::1"}, [1, 10]),
        ({"keyword": "%"}, []),
        ({"keyword": "_"}, []),
        ({"pageNo": 2, "pageSize": 3}, [10]),
    ],
)
def test_the_catalogue_is_searched_and_paged(service, query, cases):
    service.catalog(1, 2, 10)
    service.catalog(9, project=4)
    data = listed(service, **query)
    assert [row["case_id"] for row in data["list"]] == cases


def test_the_catalogue_knows_the_last_run(service):
    service.catalog(1, 2)
    run_once(service, 1, 2)
    last = run_once(service, 1, 3)
    service.front("/case/run", {"caseId": 1, "envCode": "st"})

    row = listed(service)["list"][0]
    assert (row["last_status"], row["last_execution_id"]) == (3, last["id"])
    assert row["last_finished_time"]


def test_history_is_newest_first_with_a_pass_rate(service):
    service.catalog(1)
    first = run_once(service, 1, 2, durationSeconds=1.5)
    run_once(service, 1, 5)
    last = run_once(service, 1, 3, env="qa", errorMessage="boom")

    data = service.front("/case/history", query={"caseId": 1})["data"]

    assert (data["total"], data["pass_rate"], data["flaky"]) == (3, 50, False)
    newest, _, oldest = data["list"]
    assert list(newest) == [
        "execution_id",
        "execution_no",
        "execution_case_id",
        "env_code",
        "status",
        "duration_seconds",
        "finished_time",
        "error_message",
    ]
    assert (newest["execution_id"], newest["env_code"]) == (last["id"], "qa")
    assert (newest["status"], newest["error_message"]) == (3, "boom")
    assert (oldest["execution_no"], oldest["duration_seconds"]) == (first["execution_no"], 1.5)


def test_a_case_without_runs_has_no_pass_rate(service):
    service.catalog(1)
    data = service.front("/case/history", query={"caseId": 1})["data"]
    assert data == {"list": [], "total": 0, "pass_rate": None, "flaky": False}


@pytest.mark.parametrize(
    ("recent", "flaky"),
    [
        ([], False),
        ([(2, 0)], False),
        ([(2, 1)], True),
        ([(3, 2)], False),
        ([(3, 0), (2, 0)], False),
        ([(2, 0), (3, 0), (2, 0)], True),
        ([(2, 0), (4, 0), (2, 0)], True),
        ([(3, 0), (5, 0), (2, 0), (7, 0), (3, 0)], True),
        ([(3, 0), (3, 0), (2, 0), (2, 0)], False),
    ],
)
def test_flaky_is_a_case_that_changes_its_mind(recent, flaky):
    assert is_flaky(recent) == flaky


def test_a_plan_is_saved_shown_listed_replaced_and_deleted(service):
    service.catalog(1, 2, 3)
    body = {
        "projectId": 3,
        "planName": "回归",
        "jenkinsJobName": "job",
        "cases": [{"caseId": 2, "planCaseId": 5002, "roundNo": 1}, 1],
    }
    saved = service.front("/plan/save", body)["data"]

    assert {k: v for k, v in saved.items() if k != "cases"} == {
        "plan_id": 1,
        "plan_name": "回归",
        "project_id": 3,
        "jenkins_job_name": "job",
    }
    assert saved["cases"] == [
        {
            "plan_case_id": 5002,
            "case_id": 2,
            "case_key": "2",
            "case_title": "case 2",
            "round_no": 1,
            "run_order": 1,
            "enabled": True,
        },
        {
            "plan_case_id": 5003,
            "case_id": 1,
            "case_key": "1",
            "case_title": "case 1",
            "round_no": None,
            "run_order": 2,
            "enabled": True,
        },
    ]
    assert service.front("/plan/detail", query={"planId": 1})["data"] == saved
    assert service.front("/plan/list", query={"projectId": 3})["data"] == {
        "list": [saved],
        "total": 1,
    }
    assert service.front("/plan/list", query={"projectId": 4})["data"]["total"] == 0

    body |= {"planId": 1, "planName": "新", "cases": [3, 1]}
    replaced = service.front("/plan/save", body)["data"]
    assert (replaced["plan_id"], replaced["plan_name"]) == (1, "新")
    assert [(c["case_id"], c["plan_case_id"]) for c in replaced["cases"]] == [(3, 5004), (1, 5003)]

    assert service.front("/plan/delete", {"planId": 1})["code"] == 20000
    assert service.front("/plan/detail", query={"planId": 1})["code"] == 40009
    assert service.front("/plan/delete", {"planId": 1})["code"] == 40009
    assert service.front("/plan/list")["data"]["total"] == 0


def test_past_executions_outlive_their_plan_and_its_number_is_not_given_out_again(service):
    row = service.run_plan(1)
    service.front("/plan/delete", {"planId": 2001})

    assert service.detail(row["id"])["plan_id"] == 2001
    fresh = service.front("/plan/save", {"projectId": 3, "planName": "n", "cases": [1]})
    assert fresh["data"]["plan_id"] == 2002


@pytest.mark.parametrize(
    ("change", "msg"),
    [
        ({"projectId": None}, "projectId、planName、cases 为必传参数"),
        ({"planName": ""}, "projectId、planName、cases 为必传参数"),
        ({"cases": None}, "projectId、planName、cases 为必传参数"),
        ({"cases": []}, "cases 不能为空"),
        ({"cases": {}}, "cases 必须为数组"),
        ({"cases": [1, "x"]}, "cases[1].caseId 必须为整数"),
        ({"cases": [{}]}, "cases[0].caseId 为必传参数"),
        ({"cases": [1, 9]}, "cases 中的 caseId 9 不存在或未接入自动化"),
        ({"cases": [1, 1]}, "cases 中的 caseId 重复（caseId 1）"),
        (
            {"cases": [{"caseId": 1, "planCaseId": 5}, {"caseId": 2, "planCaseId": 5}]},
            "cases 中的 planCaseId 重复（caseId 2）",
        ),
        ({"planName": "n" * 256}, "planName 不能超过 255 个字符"),
    ],
)
def test_a_bad_plan_names_what_is_wrong(service, change, msg):
    service.catalog(1, 2)
    body = {"projectId": 3, "planName": "p", "cases": [1], **change}
    assert service.front("/plan/save", body) == {"code": 40009, "msg": msg, "data": None}
    assert service.front("/plan/list")["data"]["total"] == 0
