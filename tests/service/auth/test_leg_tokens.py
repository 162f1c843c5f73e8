"""Callback tokens of legs: each opens the callbacks of its execution, and of no other."""

import pytest
from service_kit import Service

from orchestrator.secrets import digest, new_token


@pytest.fixture
def service(tmp_path, database_url):
    with Service(tmp_path, database_url=database_url, token_grace=60.0) as running:
        yield running


def token_of_a_leg(service, execution, index):
    token = new_token().reveal()
    service.sql(
        "INSERT INTO execution_shard (execution_id, shard_index, attempt, status, lease_ids, "
        "start_fields, message, created_time, updated_time, callback_token_hash) VALUES "
        "(:execution, :index, 1, 2, '[]', '[]', '', '2025-09-20', '2025-09-20', :hashed)",
        execution=execution,
        index=index,
        hashed=digest(token),
    )
    return token


@pytest.mark.every_database
def test_the_token_of_each_leg_opens_its_execution_beside_the_executions_own(service):
    number = service.run_plan(1)["id"]
    own = service.runner.jobs[0].callback_token.reveal()
    of_legs = [token_of_a_leg(service, number, index) for index in (1, 2)]
    beat = {"executionId": number}
    for token in (own, *of_legs, own):
        assert service.call("/execution/heartbeat", beat, token=token).status_code == 200
    assert service.call("/execution/heartbeat", beat, token=new_token().reveal()).status_code == 403


def test_a_result_comes_with_it_too(service):
    number = service.run_plan(1)["id"]
    token = token_of_a_leg(service, number, 1)
    result = {"executionId": number, "caseId": 1, "status": 2}
    for _ in range(2):
        assert service.call("/execution/case/result", result, token=token).status_code == 200
    assert service.statuses(number) == [2]


def test_it_opens_no_other_execution(service):
    number, other = service.run_plan(1)["id"], service.run_plan(1, envCode="other")["id"]
    token = token_of_a_leg(service, number, 1)
    for path in ("/execution/heartbeat", "/execution/case/result"):
        body = {"executionId": other, "caseId": 1, "status": 2}
        assert service.call(path, body, token=token).status_code == 403
    assert service.statuses(other) == [0]


def test_it_dies_after_the_end_as_the_executions_own(service):
    number = service.started(1)
    token = token_of_a_leg(service, number, 1)
    service.result(number, 1, 2)
    service.told("/execution/finish", {"executionId": number})
    beat = {"executionId": number}
    service.clock.forward(59)
    assert service.call("/execution/heartbeat", beat, token=token).status_code == 200
    service.clock.forward(2)
    assert service.call("/execution/heartbeat", beat, token=token).status_code == 403
