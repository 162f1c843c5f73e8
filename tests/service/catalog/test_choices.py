"""What a page chooses from: projects, environments, plans in brief, cases by what is known of them."""

import pytest

CASES = [
    {"caseId": 1, "caseKey": "a", "caseTitle": "登录", "tags": ["smoke", "烟雾"]},
    {"caseId": 2, "caseKey": "b", "caseTitle": "下单"},
    {"caseId": 3, "caseKey": "c", "caseTitle": "退款", "tags": ["smokes"], "enabled": False},
]


@pytest.fixture
def shop(service):
    service.told("/case/sync", {"projectId": 3, "cases": CASES, "complete": True})
    service.told("/case/sync", {"projectId": 4, "cases": [{"caseId": 9}]})
    return service


def ran(shop, case, status, env="st", **more):
    """A single run of the case that ended so."""
    number = shop.front_data("/case/run", {"caseId": case, "envCode": env})["id"]
    shop.told("/execution/start", {"executionId": number})
    shop.result(number, case, status, **more)
    shop.told("/execution/finish", {"executionId": number})
    return number


def listed(shop, path, **query):
    answer = shop.front(path, query=query)
    assert answer["code"] == 20000, answer
    return answer["data"]


def numbers(shop, **query):
    return [row["case_id"] for row in listed(shop, "/case/list", **query)["list"]]


@pytest.mark.every_database
def test_projects_are_those_of_the_catalogue(shop):
    assert listed(shop, "/project/list") == {
        "list": [
            {"project_id": 3, "project_name": None, "case_count": 3},
            {"project_id": 4, "project_name": None, "case_count": 1},
        ],
        "total": 2,
    }


@pytest.mark.every_database
def test_environments_are_those_that_were_used_last_used_first(shop):
    assert listed(shop, "/environment/list") == {"list": [], "total": 0}

    ran(shop, 1, 2, "uat")
    ran(shop, 1, 2, "st")
    newest = ran(shop, 1, 2, "uat")
    rows = listed(shop, "/environment/list")["list"]

    assert [row["env_code"] for row in rows] == ["uat", "st"]
    assert rows[0]["last_execution_id"] == newest
    assert rows[0]["last_used_at"].startswith("2025-09-20T")


KNOWN = [
    ({"caseIds": "2,9,77"}, [2, 9]),
    ({"enabled": "false"}, [3]),
    ({"enabled": "true", "projectId": 3}, [1, 2]),
    ({"tag": "smoke"}, [1]),
    ({"tag": "烟雾"}, [1]),
    ({"lastStatus": "3,4"}, [2]),
    ({"lastStatus": 2}, [1]),
    ({"flaky": "true"}, [1]),
    ({"flaky": "false", "projectId": 3}, [2, 3]),
    ({"flaky": "true", "lastStatus": "3"}, []),
    ({"missing": "true"}, []),
]


@pytest.mark.every_database
def test_cases_are_found_by_what_is_known_of_them(shop):
    ran(shop, 1, 2, retryCount=1)
    ran(shop, 2, 3)

    for query, found in KNOWN:
        assert numbers(shop, **query) == found, query


def test_cases_that_disappeared_are_found(shop):
    shop.told("/case/sync", {"projectId": 3, "cases": CASES[1:], "complete": True})

    assert numbers(shop, missing="true") == [1]
    assert numbers(shop, missing="false", projectId=3) == [2, 3]


def test_pages_of_what_is_looked_for_among_all(shop):
    for case in (1, 2):
        ran(shop, case, 3)
    pages = [listed(shop, "/case/list", lastStatus=3, pageSize=1, pageNo=n) for n in (1, 2, 3)]

    assert [[row["case_id"] for row in page["list"]] for page in pages] == [[1], [2], []]
    assert {page["total"] for page in pages} == {2}


@pytest.mark.parametrize("given", ["1,", "1,x", "0", ",".join(["1"] * 501), str(2**53)])
def test_ids_that_cannot_be_are_refused(shop, given):
    answer = shop.front("/case/list", query={"caseIds": given})

    assert answer["code"] == 40009
    assert "caseIds" in answer["msg"]


@pytest.mark.every_database
def test_plans_in_brief_come_in_pages_with_their_last_run(shop):
    saved = [
        shop.front_data("/plan/save", {"projectId": 3, "planName": name, "cases": cases})["plan_id"]
        for name, cases in (("回归", [1, 2]), ("冒烟", [1]), ("夜间回归", [2]))
    ]
    run = shop.front_data("/plan/run", {"planId": saved[0], "envCode": "st"})
    page = listed(shop, "/plan/list", view="brief", pageSize=2)
    found = listed(shop, "/plan/list", view="brief", keyword="回归")["list"]

    assert (page["total"], [row["plan_id"] for row in page["list"]]) == (3, saved[:0:-1])
    assert [row["plan_name"] for row in found] == ["夜间回归", "回归"]
    assert found[0]["last"] is None
    assert found[1] == {
        "plan_id": saved[0],
        "plan_name": "回归",
        "project_id": 3,
        "jenkins_job_name": None,
        "case_count": 2,
        "last": {
            "execution_id": run["id"],
            "status": 2,
            "outcome": None,
            "env_code": "st",
            "created_at": run["created_at"],
        },
    }
    assert listed(shop, "/plan/list", view="brief", projectId=4)["total"] == 0


@pytest.mark.every_database
def test_the_history_of_one_environment(shop):
    ran(shop, 1, 2, "st")
    ran(shop, 1, 3, "uat")
    there = listed(shop, "/case/history", caseId=1, envCode="uat")
    everywhere = listed(shop, "/case/history", caseId=1)

    assert ([row["env_code"] for row in there["list"]], there["total"]) == (["uat"], 1)
    assert (there["pass_rate"], everywhere["pass_rate"]) == (0, 50)
    assert there["list"][0]["finished_at"].startswith("2025-09-20T")


def test_events_go_on_from_where_the_detail_stands(shop):
    number = shop.front_data("/case/run", {"caseId": 1, "envCode": "st"})["id"]
    shop.told("/execution/start", {"executionId": number})
    place = shop.detail(number)["event_id"]
    shop.result(number, 1, 2)
    shop.told("/execution/finish", {"executionId": number})
    headers = {"token": "a-login-token", "Last-Event-ID": place}
    path = f"/it/api/automation/execution/events?executionId={number}"
    text = shop.client.get(path, headers=headers).text

    assert text.count("event: case") == 1
    assert text.count("event: execution") == 1
    last = {"token": "a-login-token", "Last-Event-ID": shop.detail(number)["event_id"]}
    assert shop.client.get(path, headers=last).status_code == 204
