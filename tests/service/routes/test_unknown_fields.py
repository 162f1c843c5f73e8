"""Fields that mean nothing are named, and change nothing."""

import pytest
from service_kit import Service


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("planned")) as service:
        service.plan(1, 2)
        yield service


@pytest.mark.parametrize(
    ("path", "body", "code", "warnings"),
    [
        (
            "/plan/run",
            {"planId": 2001, "envCode": "a", "rumMode": 1},
            20000,
            ["未知字段 rumMode，是否为 runMode"],
        ),
        (
            "/plan/run",
            {"plan_id": 2001, "envCode": "b", "case_id": [1], "colour": "red"},
            20000,
            ["未知字段 case_id，是否为 caseIds", "未知字段 colour"],
        ),
        ("/plan/run", {"planId": 2001, "env_code": "c", "run_mode": 2}, 20000, None),
        (
            "/case/run",
            {"caseid": 1, "envCode": "a"},
            40009,
            ["未知字段 caseid，是否为 caseId"],
        ),
        ("/case/run", {"envCode": "a"}, 40009, None),
        (
            "/plan/save",
            {
                "projectId": 3,
                "planName": "q",
                "cases": [1, {"caseId": 2, "roundno": 1}],
                "\x00": 1,
            },
            20000,
            ["未知字段 \ufffd", "cases[1]：未知字段 roundno，是否为 roundNo"],
        ),
    ],
)
def test_unknown_fields_of_a_body_are_named(planned, path, body, code, warnings):
    answer = planned.front(path, body)

    assert answer["code"] == code
    assert (answer["data"] or {}).get("warnings") == warnings


def test_unknown_fields_of_a_query_are_named(planned):
    answer = planned.front("/execution/list", query={"pagesize": 1, "_": 12})
    assert answer["data"]["warnings"] == ["未知字段 pagesize，是否为 pageSize", "未知字段 _"]
    assert len(answer["data"]["list"]) == answer["data"]["total"]


def test_unknown_fields_of_a_runner_are_ignored(planned):
    body = {"projectId": 3, "cases": [], "complet": True}
    assert "warnings" not in planned.told("/case/sync", body)


def test_many_unknown_fields_are_not_all_named(planned):
    answer = planned.front("/execution/cancel", {f"x{n}": 1 for n in range(10_000)})
    assert answer["code"] == 40011
    body = {"projectId": 3, "planName": "q", "cases": [1], **{f"x{n}": 1 for n in range(10_000)}}
    assert len(planned.front_data("/plan/save", body)["warnings"]) == 10


def test_the_root_leads_to_the_description(planned):
    answer = planned.client.get("/")
    assert (answer.status_code, 'href="/docs"' in answer.text) == (200, True)
