"""Numbers: given out once, within what every reader takes, and no request too large to answer."""

import pytest
from service_kit import FakeClock
from statement_kit import recorded

from orchestrator.db.engine import opened
from orchestrator.executions.retention import prune
from orchestrator.runners.artifacts import Artifacts
from orchestrator.store import writer

pytestmark = pytest.mark.every_database
BIGGEST = 2**53 - 1


def pruned(service, tmp_path):
    with opened(service.url) as database:
        artifacts, clock = Artifacts(tmp_path / "files"), FakeClock()
        clock.forward(24 * 3600)
        prune(database, artifacts, clock, older_than=0, keep=0, say=lambda _: None)


def test_no_execution_or_case_gets_the_number_of_one_that_was_removed(service, tmp_path):
    first = service.started(1, 2)
    rows = {row["id"] for row in service.cases(first)}
    service.front("/execution/cancel", {"executionId": first})
    pruned(service, tmp_path)
    assert service.sql("SELECT count(*) FROM execution") == [(0,)]

    second = service.started(1, 2)

    assert second > first
    assert min(row["id"] for row in service.cases(second)) > max(rows)
    old = {"executionId": first, "caseId": 1, "status": 2}
    assert service.call("/execution/case/result", old).json()["code"] == 40011


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/execution/start", {}),
        ("/execution/heartbeat", {}),
        ("/execution/case/result", {"caseId": 1, "status": 2}),
        ("/execution/case/result", {"results": [{"caseId": 1, "status": 2}]}),
        ("/execution/finish", {}),
        ("/execution/abort", {}),
    ],
)
def test_a_runner_that_means_another_execution_of_this_id_is_refused(service, path, fields):
    """A database from a backup gives an id out again: the number of the execution tells them apart."""
    number = service.started(1)
    execution = service.detail(number)
    body = {"executionId": number, **fields}

    other = service.call(path, {**body, "executionNo": "AE20250101000000000"})
    assert (other.status_code, other.json()["code"]) == (422, 40011)
    assert service.detail(number) == execution

    same = service.call(path, {**body, "executionNo": execution["execution_no"]})
    assert same.status_code == 200


def save(service, *cases, **fields):
    body = {"projectId": 3, "planName": "p", "cases": list(cases), **fields}
    return service.front("/plan/save", body)


def test_numbers_of_plans_and_their_cases_are_given_out_once(service):
    service.catalog(1, 2, 3)
    first = save(service, 1, 2, 3)["data"]
    assert [case["plan_case_id"] for case in first["cases"]] == [1, 2, 3]
    fewer = save(service, 1, planId=first["plan_id"])["data"]
    assert [case["plan_case_id"] for case in fewer["cases"]] == [1]
    again = save(service, 1, 3, planId=first["plan_id"])["data"]
    assert [case["plan_case_id"] for case in again["cases"]] == [1, 4]
    named = save(service, {"caseId": 1, "planCaseId": 50}, planId=40)["data"]
    assert (named["plan_id"], named["cases"][0]["plan_case_id"]) == (40, 50)
    service.front("/plan/delete", {"planId": 40})
    last = save(service, 1)["data"]
    assert (last["plan_id"], last["cases"][0]["plan_case_id"]) == (41, 51)


@pytest.mark.parametrize("field", ["planId", "planCaseId"])
def test_the_largest_number_keeps_nobody_from_making_plans(service, field):
    service.catalog(1)
    largest = {"planId": BIGGEST} if field == "planId" else {}
    case = {"caseId": 1, "planCaseId": BIGGEST} if field == "planCaseId" else 1
    assert save(service, case, **largest)["code"] == 20000
    fresh = [save(service, 1)["data"] for _ in range(2)]
    numbers = [plan["plan_id"] for plan in fresh]
    assert numbers == sorted(set(numbers))
    assert max(numbers) < BIGGEST
    assert all(plan["cases"][0]["plan_case_id"] < BIGGEST for plan in fresh)


def test_a_number_out_of_bounds_of_before_keeps_nobody_from_making_plans(service):
    service.catalog(1)
    service.sql(
        "INSERT INTO plan (plan_id, plan_name, project_id, created_time, updated_time) "
        "VALUES (9223372036854775807, 'p', 3, '2025-09-20 00:00:00', '2025-09-20 00:00:00')"
    )
    assert [save(service, 1)["data"]["plan_id"] for _ in range(2)] == [1, 2]


def test_ids_have_a_bound(service):
    service.catalog(1)
    for number in (BIGGEST + 1, 2**63 - 1, 2**63, 10**30, 0, -1):
        for path, body in (
            ("/plan/save", {"planId": number, "projectId": 3, "planName": "p", "cases": [1]}),
            ("/plan/save", {"projectId": number, "planName": "p", "cases": [1]}),
            ("/plan/save", {"projectId": 3, "planName": "p", "cases": [number]}),
            ("/case/run", {"caseId": number, "envCode": "st"}),
        ):
            assert service.front(path, body)["code"] == 40009, (path, body)
        assert service.front("/execution/cancel", {"executionId": number})["code"] == 40011
        assert service.sql("SELECT count(*) FROM plan") == [(0,)]


def catalogued(service, count):
    """Not by requests: their bodies have a limit."""
    rows = ", ".join(
        f"({n}, 3, '{n}', 't', true, '2025-09-20 00:00:00', '2025-09-20 00:00:00')"
        for n in range(1, count + 1)
    )
    service.sql(
        "INSERT INTO catalog_case (case_id, project_id, case_key, case_title, enabled, "
        f"created_time, updated_time) VALUES {rows}"
    )


def test_a_plan_of_ten_thousand_cases_is_saved_and_run_in_few_statements(service, monkeypatch):
    """As many as a plan of ten, but for what is sent a thousand rows at a time."""
    monkeypatch.setattr(writer, "PATIENCE", 300.0)  # a busy machine may take its time
    catalogued(service, 10_000)
    database = service.app.state.services.database

    def statements(request):
        with recorded(database) as said:
            answer = request()
        assert answer["code"] == 20000, answer
        return len(said)

    def run():
        return service.front("/plan/run", {"planId": 1, "envCode": "st"})

    assert statements(lambda: save(service, *range(1, 10_001))) < 100
    assert statements(lambda: save(service, *range(1, 10_001), planId=1)) < 100
    assert statements(run) < 100
    assert service.detail(1)["pending_count"] == 10_000


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/plan/save", {"projectId": 3, "planName": "p", "cases": [1] * 20_001}, "cases"),
        ("/plan/save", {"projectId": 3, "planName": "p", "cases": ["x"] * 900_000}, "cases"),
        ("/plan/run", {"planId": 1, "envCode": "st", "caseIds": [1] * 900_000}, "caseIds"),
        ("/plan/run", {"planId": 1, "envCode": "st", "case_ids": ["x"] * 20_001}, "caseIds"),
    ],
)
def test_too_many_cases_are_refused_before_anything_is_made_of_them(calm, path, body, field):
    answer = calm.front(path, body)
    assert (answer["code"], answer["msg"]) == (40009, f"{field} 不能超过 20000 项")
