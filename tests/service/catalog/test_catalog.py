"""The catalogue, plans, and the history of a case."""

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.every_database


def run_once(service, case, status, env="st", revision=None, **fields):
    row = service.front_data("/case/run", {"caseId": case, "envCode": env})
    service.told("/execution/start", {"executionId": row["id"], "revision": revision})
    service.result(row["id"], case, status, **fields)
    service.told("/execution/finish", {"executionId": row["id"]})
    service.clock.forward(60)
    return row


def listed(service, **query):
    return service.front_data("/case/list", query=query)


def test_sync_creates_updates_and_names_what_it_cannot_take(service):
    cases = [
        {"caseId": 1, "caseKey": "a", "caseTitle": "A", "pytestNodeid": "x::a", "tags": ["smoke"]},
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
            "tags": ["smoke"],
            "missing_since": None,
            "last_status": None,
            "last_execution_id": None,
            "last_finished_time": None,
            "flaky": False,
            "average_duration_seconds": None,
        },
        {
            "case_id": 2,
            "case_key": "b",
            "case_title": "B",
            "project_id": 3,
            "pytest_nodeid": None,
            "enabled": False,
            "tags": [],
            "missing_since": None,
            "last_status": None,
            "last_execution_id": None,
            "last_finished_time": None,
            "flaky": False,
            "average_duration_seconds": None,
        },
    ]


FAULTS = [
    ({"caseId": 5, "caseTitle": 7}, 5, "cases[1].caseTitle 必须为字符串"),
    ({"caseId": -4}, None, "cases[1].caseId 不能小于 1"),
    ({"caseId": "x", "caseTitle": 7}, None, "cases[1].caseId 必须为整数"),
    ({"case_id": 5, "enabled": "maybe"}, 5, "cases[1].enabled 必须为布尔值"),
    ({"caseId": 5, "caseKey": "k" * 256}, 5, "cases[1].caseKey 不能超过 255 个字符"),
    ({"caseId": 5, "caseTitle": "a\0b"}, 5, "cases[1].caseTitle 含有非法字符"),
    ({"caseId": 5, "pytestNodeid": "a\0b"}, 5, "cases[1].pytestNodeid 含有非法字符"),
    ({"caseId": 5, "tags": ["a", 5]}, 5, "cases[1].tags[1] 必须为字符串"),
    (7, None, "cases[1] 必须为对象"),
    (None, None, "cases[1] 必须为对象"),
]


@pytest.mark.parametrize("number", ["9" * 20, "9" * 4000])
def test_a_number_that_is_too_big_is_said_alike_in_query_and_body(service, number):
    asked = service.front("/case/list", query={"projectId": 3, "pageNo": number})
    assert (asked["code"], asked["msg"]) == (40009, "pageNo 不能大于 2^53-1")
    body = {"projectId": int("9" * 20), "planName": "p", "cases": [1]}
    assert service.front("/plan/save", body)["msg"] == "projectId 不能大于 2^53-1"


@pytest.mark.parametrize(("row", "case_id", "reason"), FAULTS)
def test_a_row_that_cannot_be_understood_is_rejected_alone(service, row, case_id, reason):
    service.catalog(5, 6)
    cases = [{"caseId": 1, "caseTitle": "A"}, row, {"caseId": 2}]
    data = service.told("/case/sync", {"projectId": 3, "cases": cases, "complete": True})

    rejected = {"execution_case_id": None, "case_id": case_id, "reason": reason}
    assert (data["created"], data["rejected"]) == (2, [rejected])
    # nobody knows which case it is, where it does not say: then none is missing
    enabled = {one["case_id"]: one["enabled"] for one in listed(service)["list"]}
    assert enabled == {1: True, 2: True, 5: True, 6: case_id is None}


@pytest.mark.parametrize(
    ("change", "msg"),
    [
        ({"cases": {}}, "cases 必须为数组"),
        ({"cases": None}, "projectId、cases 为必传参数"),
        ({"projectId": "x"}, "projectId 必须为整数"),
    ],
)
def test_a_list_that_is_none_is_refused(service, change, msg):
    response = service.call("/case/sync", {"projectId": 3, "cases": [], **change})
    assert (response.status_code, response.json()["msg"]) == (422, msg)


def test_a_complete_sync_disables_what_is_missing_in_its_own_project(service):
    service.catalog(1, 2, 3)
    service.catalog(9, project=4)

    cases = [{"caseId": 2}]
    data = service.told("/case/sync", {"projectId": 3, "cases": cases, "complete": True})

    assert data["disabled"] == 2
    assert [one["case_id"] for one in data["disabled_cases"]] == [1, 3]
    rows = {row["case_id"]: row for row in listed(service)["list"]}
    assert {number: row["enabled"] for number, row in rows.items()} == {
        1: False,
        2: True,
        3: False,
        9: True,
    }
    assert rows[2]["pytest_nodeid"] == "t.yaml::2"


SEARCHED = [
    ({"projectId": 4}, [9]),
    ({"keyword": "CASE 2"}, [2]),
    ({"keyword": "yaml::1"}, [1, 10]),
    ({"keyword": "%"}, []),
    ({"keyword": "_"}, []),
    ({"pageNo": 2, "pageSize": 3}, [10]),
]


def test_the_catalogue_is_searched_and_paged(service):
    service.catalog(1, 2, 10)
    service.catalog(9, project=4)
    for query, cases in SEARCHED:
        data = listed(service, **query)
        assert [row["case_id"] for row in data["list"]] == cases, query


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

    data = service.front_data("/case/history", query={"caseId": 1})

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
        "finished_at",
    ]
    assert (newest["execution_id"], newest["env_code"]) == (last["id"], "qa")
    assert (newest["status"], newest["error_message"]) == (3, "boom")
    assert (oldest["execution_no"], oldest["duration_seconds"]) == (first["execution_no"], 1.5)


def test_a_case_without_runs_has_no_pass_rate(service):
    service.catalog(1)
    data = service.front_data("/case/history", query={"caseId": 1})
    assert data == {
        "list": [],
        "total": 0,
        "pass_rate": None,
        "flaky": False,
        "average_duration_seconds": None,
    }


#: a run by a letter: passed, Failed, Blocked, skipped, canceled, n(ot found), healed by a retry.
STATUS = {"p": 2, "F": 3, "B": 4, "s": 5, "n": 6, "c": 7, "h": 2}


#: of each case, whether it is flaky after so many runs.
FLAKY = [
    {"": False, "p": False, "pF": False, "pFp": True}
    | {"pFp" + 17 * "p": True, "pFp" + 18 * "p": False, "pFp" + 20 * "p": False},
    {"h": True, "h" + 20 * "s": False},
    {"pBp": True},
    {"FBF": False},
    {"ppFF": False},
    {"Fscnp": False},
    {"FspcF": True},
]


def test_flaky_is_a_case_that_changes_its_mind(service):
    cases = [*range(1, len(FLAKY) + 1)]
    service.catalog(*cases)
    told = dict.fromkeys(cases, False)
    for case, flaky in zip(cases, FLAKY, strict=True):
        done = ""
        for runs, told[case] in flaky.items():
            for letter in runs.removeprefix(done):
                run_once(service, case, STATUS[letter], retryCount=int(letter == "h"))
            done = runs

            history = service.front_data("/case/history", query={"caseId": case})
            assert history["flaky"] == flaky[runs], runs
            assert {row["case_id"]: row["flaky"] for row in listed(service)["list"]} == told, runs


def test_verdicts_of_one_revision_in_one_environment_must_agree(service):
    told = {}
    service.catalog(*range(1, 7))
    for case, (runs, flaky) in enumerate(
        [
            ([("st", "a", 2), ("st", "a", 3)], True),
            ([("st", "a", 2), ("st", "b", 3)], False),
            ([("st", "a", 2), ("st", "b", 2), ("st", "a", 3)], True),
            ([("st", "a", 2), ("st", None, 3)], False),
            ([("st", "a", 2), ("qa", "a", 3)], False),
            ([("st", None, 2), ("qa", None, 3), ("st", None, 2), ("qa", None, 3)], False),
        ],
        start=1,
    ):
        for env, revision, status in runs:
            run_once(service, case, status, env=env, revision=revision)

        history = service.front_data("/case/history", query={"caseId": case})
        assert history["flaky"] == flaky, runs
        told[case] = flaky
    assert {row["case_id"]: row["flaky"] for row in listed(service)["list"]} == told


def test_a_verdict_of_the_service_is_none_of_the_case(service):
    """Blocked because the runner was lost says nothing about the case."""
    service.catalog(1)
    run_once(service, 1, 2)
    for _ in range(2):
        row = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        service.told("/execution/start", {"executionId": row["id"]})
        service.told("/execution/finish", {"executionId": row["id"]})
        run_once(service, 1, 2)

    data = service.front_data("/case/history", query={"caseId": 1})
    assert [run["status"] for run in data["list"]] == [2, 4, 2, 4, 2]
    assert (data["pass_rate"], data["flaky"]) == (100, False)


def test_the_average_duration_is_of_runs_that_judged_and_were_measured(service):
    service.catalog(1, 2)
    run_once(service, 1, 2, durationSeconds=1)
    run_once(service, 1, 3, durationSeconds=2, env="qa")
    run_once(service, 1, 2)
    run_once(service, 1, 5, durationSeconds=60)

    data = service.front_data("/case/history", query={"caseId": 1})
    assert data["average_duration_seconds"] == 1.5
    averages = [row["average_duration_seconds"] for row in listed(service)["list"]]
    assert averages == [1.5, None]


def test_a_page_of_the_catalogue_costs_as_many_statements_as_one_case(service):
    service.catalog(*range(1, 8))
    for case in range(1, 8):
        run_once(service, case, 2)

    def statements(size):
        seen = []
        engine = service.app.state.services.database.engine
        note = lambda *told: seen.append(told[2])  # noqa: E731 -- the listener to take away again
        sa.event.listen(engine, "before_cursor_execute", note)
        assert len(listed(service, pageSize=size)["list"]) == size
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    assert statements(1) == statements(7)


def test_a_case_that_disappeared_keeps_its_past_and_can_come_back(service):
    service.plan(1, 2)
    run_once(service, 2, 2)
    body = {"projectId": 3, "cases": [{"caseId": 1}], "complete": True}
    service.told("/case/sync", body)
    gone = listed(service)["list"][1]
    service.clock.forward(60)

    assert service.told("/case/sync", body)["disabled"] == 0
    assert listed(service)["list"][1] == gone
    assert (gone["enabled"], gone["last_status"]) == (False, 2)
    assert gone["missing_since"]
    assert service.front("/case/run", {"caseId": 2, "envCode": "st"})["code"] == 40009
    assert service.front_data("/case/history", query={"caseId": 2})["total"] == 1
    plan = service.front_data("/plan/detail", query={"planId": 2001})
    assert [case["enabled"] for case in plan["cases"]] == [True, False]
    row = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})
    assert [case["case_id"] for case in service.cases(row["id"])] == [1]

    service.catalog(2)
    back = listed(service)["list"][1]
    assert (back["enabled"], back["missing_since"]) == (True, None)


def test_a_part_of_the_suite_makes_nothing_disappear(service):
    service.catalog(1, 2)
    service.told("/case/sync", {"projectId": 3, "cases": [{"caseId": 1}]})
    assert [row["missing_since"] for row in listed(service)["list"]] == [None, None]


def test_a_sync_without_tags_leaves_them(service):
    for case in ({"caseId": 1, "tags": ["smoke", "slow"]}, {"caseId": 1}):
        service.told("/case/sync", {"projectId": 3, "cases": [case]})
    assert listed(service)["list"][0]["tags"] == ["smoke", "slow"]
    service.told("/case/sync", {"projectId": 3, "cases": [{"caseId": 1, "tags": []}]})
    assert listed(service)["list"][0]["tags"] == []


def test_a_project_cannot_take_the_case_of_another_that_still_has_it(service):
    service.catalog(1)
    cases = [{"caseId": 1, "caseTitle": "stolen"}, {"caseId": 5}]
    body = {"projectId": 4, "cases": cases, "complete": True}

    data = service.told("/case/sync", body)

    assert (data["created"], data["updated"], data["disabled"]) == (1, 0, 0)
    assert data["rejected"] == [
        {"execution_case_id": None, "case_id": 1, "reason": "caseId 1 已属于项目 3"}
    ]
    rows = listed(service)["list"]
    assert [(row["case_id"], row["project_id"]) for row in rows] == [(1, 3), (5, 4)]
    assert rows[0]["case_title"] == "case 1"

    service.told("/case/sync", {"projectId": 3, "cases": [], "complete": True})
    assert service.told("/case/sync", body)["rejected"] == []
    assert [row["project_id"] for row in listed(service)["list"]] == [4, 4]


def test_a_key_of_several_cases_names_none_of_them(service):
    cases = [{"caseId": 1, "caseKey": "twin"}, {"caseId": 2, "caseKey": "twin"}]
    service.told("/case/sync", {"projectId": 3, "cases": cases})
    data = service.told("/case/sync", {"projectId": 3, "cases": [{"caseKey": "twin"}]})
    assert [one["reason"] for one in data["rejected"]] == ["caseKey twin 对应多个用例，需传 caseId"]


def test_a_plan_is_saved_shown_listed_replaced_and_deleted(service):
    service.catalog(1, 2, 3)
    body = {
        "projectId": 3,
        "planName": "回归",
        "jenkinsJobName": "job",
        "cases": [{"caseId": 2, "planCaseId": 5002, "roundNo": 1}, 1],
    }
    saved = service.front_data("/plan/save", body)

    assert {k: v for k, v in saved.items() if k != "cases"} == {
        "plan_id": 1,
        "plan_name": "回归",
        "project_id": 3,
        "jenkins_job_name": "job",
        "shards": 1,
        "retry_lost": False,
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
    assert service.front_data("/plan/detail", query={"planId": 1}) == saved
    assert service.front_data("/plan/list", query={"projectId": 3}) == {
        "list": [saved],
        "total": 1,
    }
    assert service.front_data("/plan/list", query={"projectId": 4})["total"] == 0

    body |= {"planId": 1, "planName": "新", "cases": [3, 1]}
    replaced = service.front_data("/plan/save", body)
    assert (replaced["plan_id"], replaced["plan_name"]) == (1, "新")
    assert [(c["case_id"], c["plan_case_id"]) for c in replaced["cases"]] == [(3, 5004), (1, 5003)]

    assert service.front("/plan/delete", {"planId": 1})["code"] == 20000
    assert service.front("/plan/detail", query={"planId": 1})["code"] == 40009
    assert service.front("/plan/delete", {"planId": 1})["code"] == 40009
    assert service.front_data("/plan/list")["total"] == 0


def test_past_executions_outlive_their_plan_and_its_number_is_not_given_out_again(service):
    row = service.run_plan(1)
    service.front("/plan/delete", {"planId": 2001})

    assert service.detail(row["id"])["plan_id"] == 2001
    fresh = service.front("/plan/save", {"projectId": 3, "planName": "n", "cases": [1]})
    assert fresh["data"]["plan_id"] == 2002


def test_a_plan_and_its_cases_are_of_one_project(service):
    service.catalog(1, project=3)
    service.catalog(2, project=4)
    mine = {"projectId": 3, "planName": "p", "cases": [1]}
    assert service.front("/plan/save", {**mine, "cases": [1, 2]}) == {
        "code": 40009,
        "msg": "cases 中的 caseId 2 属于项目 4",
        "data": None,
    }
    plan = service.front_data("/plan/save", mine)["plan_id"]
    moved = {"planId": plan, "projectId": 4, "planName": "q", "cases": [2]}
    refused = service.front("/plan/save", moved)
    assert (refused["code"], refused["msg"]) == (40009, f"计划 {plan} 属于项目 3，不能改为其他项目")
    assert service.front_data("/plan/detail", query={"planId": plan})["plan_name"] == "p"
    service.front("/plan/delete", {"planId": plan})
    assert service.front_data("/plan/save", moved)["project_id"] == 4


BAD_PLANS = [
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
]


def test_a_bad_plan_names_what_is_wrong(service):
    service.catalog(1, 2)
    for change, msg in BAD_PLANS:
        body = {"projectId": 3, "planName": "p", "cases": [1], **change}
        assert service.front("/plan/save", body) == {"code": 40009, "msg": msg, "data": None}
        assert service.front_data("/plan/list")["total"] == 0, change
