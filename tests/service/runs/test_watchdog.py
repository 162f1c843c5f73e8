"""Executions fallen silent are closed, by the server's clock; nothing stays running for ever."""

import pytest
from service_kit import FakeClock, Service, counted, counters

from orchestrator.runners.protocol import RunPhase, RunState

pytestmark = pytest.mark.every_database


def sweep(service):
    """One round of the watchdog, as a frontend can ask for it."""
    return service.front("/execution/poll", {})


def test_a_lease_that_ran_out_ends_in_8(service):
    number = service.started(1, 2, runnerId="a")
    service.result(number, 1, 2)

    service.clock.forward(90)
    sweep(service)
    assert service.detail(number)["status"] == 3
    service.clock.forward(1)
    sweep(service)

    row = service.detail(number)
    assert row["status"] == 8
    assert "90 秒没有心跳" in row["trigger_message"]
    assert row["end_time"]
    assert service.statuses(number) == [2, 4]
    assert "90 秒没有心跳" in service.cases(number)[1]["error_message"]
    assert counters(row) == counted([2, 4])


@pytest.mark.parametrize(("status", "end"), [(2, 4), (3, 5)])
def test_a_lease_that_ran_out_after_every_result_is_a_verdict(service, status, end):
    number = service.started(1)
    service.result(number, 1, status)
    service.clock.forward(91)
    sweep(service)
    assert service.detail(number)["status"] == end


@pytest.mark.parametrize("call", ["heartbeat", "start", "queued", "case/result", "finish"])
def test_every_callback_renews_the_lease(service, call):
    number = service.started(1, 2)
    service.clock.forward(80)
    extra = {"caseId": 1, "status": 1} if call == "case/result" else {"counts": {}}
    service.told(f"/execution/{call}", {"executionId": number, **extra})
    service.clock.forward(80)
    sweep(service)
    assert service.detail(number)["status"] == 3


def test_a_waiting_execution_waits_as_long_as_its_runner_has_it(service):
    number = service.run_plan(1)["id"]
    service.clock.forward(3600)
    sweep(service)
    assert service.detail(number)["status"] == 2


def test_a_runner_that_ended_closes_the_execution(service):
    number = service.run_plan(1)["id"]
    service.runner.sightings[number] = RunState(phase=RunPhase.ENDED, reason="构建已中止")

    row = service.front_data("/execution/poll", {"executionId": number})

    assert (row["status"], row["trigger_message"]) == (8, "构建已中止")
    assert row["summary"]["blocked"] == 1


def test_a_runner_that_does_not_know_a_queued_job_loses_it_after_a_while(service):
    number = service.run_plan(1)["id"]
    service.runner.sightings[number] = RunState(phase=RunPhase.UNKNOWN)
    sweep(service)
    assert service.detail(number)["status"] == 2
    service.clock.forward(91)
    sweep(service)
    assert service.detail(number)["status"] == 8


def test_the_end_of_a_process_is_noticed_at_once(service):
    number = service.started(1)
    service.runner.on_ended(number, "pytest 进程已结束（退出码 4）")
    assert service.detail(number)["status"] == 8
    service.runner.on_ended(number, "again")
    assert "退出码 4" in service.detail(number)["trigger_message"]


def test_the_end_of_a_process_that_finished_changes_nothing(service):
    number = service.started(1)
    service.result(number, 1, 2)
    service.told("/execution/finish", {"executionId": number})
    before = service.detail(number)
    service.runner.on_ended(number, "exit 0")
    assert service.detail(number) == before


def test_a_trigger_that_broke_off_is_closed_as_such(service):
    number = service.run_plan(1)["id"]
    service.sql("UPDATE execution SET status = 1 WHERE id = :id", id=number)
    service.clock.forward(91)
    sweep(service)
    row = service.detail(number)
    assert (row["status"], row["trigger_message"]) == (7, "触发过程中断")
    assert service.front("/plan/run", {"planId": 2001, "envCode": "st"})["code"] == 20000


def test_the_watchdog_looks_at_once_when_the_service_starts(tmp_path):
    clock = FakeClock()
    with Service(tmp_path, clock=clock) as service:
        number = service.started(1)
    clock.forward(1000)
    with Service(tmp_path, clock=clock) as service:
        # the service was away itself: a living runner gets the time of a lease to say so
        sweep(service)
        assert service.detail(number)["status"] == 3
        clock.forward(91)
        sweep(service)
        assert service.detail(number)["status"] == 8


def test_a_runner_that_outlived_the_services_absence_goes_on(tmp_path):
    clock = FakeClock()
    with Service(tmp_path, clock=clock) as service:
        number = service.started(1, runnerId="a")
    clock.forward(600)
    with Service(tmp_path, clock=clock) as service:
        clock.forward(60)
        service.told("/execution/heartbeat", {"executionId": number, "runnerId": "a"})
        clock.forward(60)
        sweep(service)
        assert service.detail(number)["status"] == 3


def test_many_open_executions_are_looked_at_in_batches(service):
    first = service.started(1)
    [row] = service.sql("SELECT * FROM execution")
    kept = {name: value for name, value in row._mapping.items() if name != "id"}
    insert = f"INSERT INTO execution ({', '.join(kept)}) VALUES (:{', :'.join(kept)})"
    for n in range(120):
        unique = dict.fromkeys(("execution_no", "file_key", "active_key"), f"{n}")
        service.sql(insert, **kept | unique | {"ext": "{}", "start_fields": "[]"})
    service.clock.forward(91)

    data = sweep(service)["data"]

    assert data == {"list": [], "total": 0}
    assert service.front_data("/execution/list", query={"status": 3})["total"] == 0
    assert service.detail(first)["status"] == 8


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("cases", "status"), [((1, 2), 5), ((1,), 8)], ids=["complete", "incomplete"]
)
@pytest.mark.parametrize("token", [True, False])
def test_results_whose_start_was_lost_bind_the_execution_and_end_by_their_lease(
    service, cases, status, token
):
    """`start` got a 503, then pytest was killed: nobody says how it ended."""
    execution = service.run_plan(1, 2)
    number = execution["id"]
    own = service.front_data("/execution/token", {"executionId": number})["token"]
    for case in cases:
        body = {"executionId": number, "caseId": case, "status": 3, "runnerId": "one"}
        assert service.call("/execution/case/result", body, token=own * token).status_code == 200
    assert service.detail(number)["status"] == 2

    other = service.call("/execution/start", {"executionId": number, "runnerId": "two"})
    assert other.status_code == 409
    service.clock.forward(80)
    alive = {"executionId": number, "runnerId": "one"}
    assert service.call("/execution/heartbeat", alive).status_code == 200
    service.clock.forward(80)
    service.front("/execution/poll", {})
    assert service.detail(number)["status"] == 2
    service.clock.forward(11)
    service.front("/execution/poll", {})

    assert service.detail(number)["status"] == status
    service.run_plan(1, 2)  # nothing is in its way


def test_what_waits_for_its_runner_has_no_lease(service):
    number = service.run_plan(1)["id"]
    service.told("/execution/queued", {"executionId": number, "queueId": 5, "runnerId": "one"})
    service.clock.forward(10_000)
    service.front("/execution/poll", {})
    assert service.detail(number)["status"] == 2
