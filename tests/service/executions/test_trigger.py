"""Run requests: what is refused, what conflicts, what is answered twice."""

import threading

import pytest
from service_kit import SECRET, Service
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from orchestrator.runners.protocol import TriggerReceipt
from orchestrator.secrets import digest
from orchestrator.store import tokens

pytestmark = pytest.mark.every_database


def both(*calls):
    """Make the calls at the same moment; their answers."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def go(index):
        barrier.wait()
        answers[index] = calls[index]()

    threads = [threading.Thread(target=go, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


BAD_SINGLE_RUNS = [
    ({}, "caseId、envCode 为必传参数"),
    ({"caseId": 1001}, "caseId、envCode 为必传参数"),
    ({"caseId": None, "envCode": "st"}, "caseId、envCode 为必传参数"),
    ({"caseId": 1001, "envCode": "  "}, "caseId、envCode 为必传参数"),
    ({"caseId": 999, "envCode": "st"}, "该用例不存在或未接入自动化"),
    ({"caseId": 1002, "envCode": "st"}, "该用例不存在或未接入自动化"),
    ({"caseId": 0, "envCode": "st"}, "caseId 不能小于 1"),
    ({"caseId": True, "envCode": "st"}, "caseId 必须为整数"),
    ({"caseId": "abc", "envCode": "st"}, "caseId 必须为整数"),
    ({"caseId": 2**70, "envCode": "st"}, "caseId 不能大于 2^53-1"),
    ({"caseId": 1001, "envCode": "st", "runMode": 3}, "runMode 不能大于 2"),
    ({"caseId": 1001, "envCode": ["st"]}, "envCode 必须为字符串"),
    ({"caseId": 1001, "envCode": 5}, "envCode 必须为字符串"),
    ({"caseId": 1001, "envCode": "st", "jenkinsJobName": 5}, "jenkinsJobName 必须为字符串"),
    ({"caseId": 1001, "envCode": "st", "remark": 5}, "remark 必须为字符串"),
    ({"caseId": 1001, "envCode": "s" * 65}, "envCode 不能超过 64 个字符"),
]


def test_a_bad_single_run_names_what_is_wrong(service):
    service.catalog(1001)
    disabled = [{"caseId": 1002, "enabled": False}]
    service.told("/case/sync", {"projectId": 3, "cases": disabled})

    for body, msg in BAD_SINGLE_RUNS:
        assert service.front("/case/run", body) == {"code": 40009, "msg": msg, "data": None}
        assert service.front_data("/execution/list")["total"] == 0, body


BAD_PLAN_RUNS = [
    ({"envCode": "st"}, "planId、envCode 为必传参数"),
    ({"planId": 2001}, "planId、envCode 为必传参数"),
    ({"planId": 9, "envCode": "st"}, "该计划不存在"),
    ({"planId": 2001, "envCode": "st", "roundNo": 9}, "计划下无可执行自动化用例"),
    ({"planId": 2001, "envCode": "st", "roundNo": 0}, "roundNo 不能小于 1"),
    ({"planId": 2001, "envCode": "st", "caseIds": []}, "caseIds 不能为空"),
    ({"planId": 2001, "envCode": "st", "caseIds": [1, "x"]}, "caseIds[1] 必须为整数"),
    ({"planId": 2001, "envCode": "st", "caseIds": 1}, "caseIds 必须为数组"),
    (
        {"planId": 2001, "envCode": "st", "caseIds": [1, 7]},
        "caseIds 中的 7 不在该计划（轮次）内",
    ),
    ({"planId": 2001, "envCode": "st", "caseIds": [3]}, "计划下无可执行自动化用例"),
]


def test_a_bad_plan_run_names_what_is_wrong(service):
    service.catalog(1, 2, 3)
    held = [{"caseId": 1, "roundNo": 1}, {"caseId": 2, "roundNo": 2}, {"caseId": 3, "roundNo": 1}]
    service.front("/plan/save", {"planId": 2001, "projectId": 3, "planName": "p", "cases": held})
    service.told("/case/sync", {"projectId": 3, "cases": [{"caseId": 3, "enabled": False}]})

    for body, msg in BAD_PLAN_RUNS:
        assert service.front("/plan/run", body) == {"code": 40009, "msg": msg, "data": None}


@pytest.mark.parametrize(
    ("fields", "cases"),
    [
        ({}, [5, 1, 2, 4]),
        ({"roundNo": 1}, [5, 1, 4]),
        ({"round_no": "2"}, [5, 2]),
        ({"caseIds": [2, 5]}, [5, 2]),
        ({"case_ids": ["4"], "roundNo": 1}, [4]),
    ],
)
def test_a_plan_run_takes_the_round_in_the_plans_order(service, fields, cases):
    service.catalog(1, 2, 3, 4, 5)
    held = [
        {"caseId": 5, "planCaseId": 5001},
        {"caseId": 1, "roundNo": 1},
        {"caseId": 2, "roundNo": 2},
        {"caseId": 3},
        {"caseId": 4, "roundNo": 1},
    ]
    service.front("/plan/save", {"planId": 2001, "projectId": 3, "planName": "p", "cases": held})
    service.told("/case/sync", {"projectId": 3, "cases": [{"caseId": 3, "enabled": False}]})

    row = service.front_data("/plan/run", {"planId": 2001, "envCode": "st", **fields})

    assert [case["case_id"] for case in service.cases(row["id"])] == cases
    assert row["total_count"] == row["pending_count"] == len(cases)


def test_a_job_name_comes_from_the_request_then_from_the_plan(service):
    service.runner.receipt = TriggerReceipt()
    service.catalog(1)
    head = {"planId": 1, "projectId": 3, "planName": "p", "jenkinsJobName": "plan-job"}
    service.front("/plan/save", {**head, "cases": [1]})

    asked = {"planId": 1, "envCode": "a", "jenkinsJobName": "mine"}
    assert service.front_data("/plan/run", asked)["jenkins_job_name"] == "mine"
    row = service.front_data("/plan/run", {"planId": 1, "envCode": "b"})
    assert row["jenkins_job_name"] == "plan-job"
    assert [job.job_name for job in service.runner.jobs] == ["mine", "plan-job"]


def test_a_second_run_in_the_same_environment_is_refused_until_the_first_is_over(service):
    first = service.run_plan(1, roundNo=1)
    ask = {"planId": 2001, "envCode": "st", "roundNo": 1}

    answer = service.front("/plan/run", ask)

    assert answer["code"] == 40010
    assert answer["data"] == {"execution_id": first["id"], "status": 2}
    assert service.front("/plan/run", {**ask, "envCode": "qa"})["code"] == 20000
    assert service.front("/plan/run", {**ask, "roundNo": 2})["code"] == 20000
    assert service.front("/case/run", {"caseId": 1, "envCode": "st"})["code"] == 20000
    service.front("/execution/cancel", {"executionId": first["id"]})
    assert service.front("/plan/run", ask)["code"] == 20000


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_simultaneous_requests_exactly_one_passes(service, attempt):
    service.catalog(1)
    body = {"caseId": 1, "envCode": "st"}

    answers = both(*[lambda: service.front("/case/run", body)] * 4)

    assert sorted(answer["code"] for answer in answers) == [20000, 40010, 40010, 40010]
    assert len(service.runner.jobs) == 1


@pytest.mark.parametrize("attempt", range(5))
def test_two_services_on_one_database_let_one_run_pass(tmp_path, database_url, attempt):
    options = {"database_url": database_url}
    with Service(tmp_path, **options) as one, Service(tmp_path, **options) as two:
        one.catalog(1)
        body = {"caseId": 1, "envCode": "st"}

        answers = both(*[lambda s=s: s.front("/case/run", body) for s in (one, two)])

        assert sorted(answer["code"] for answer in answers) == [20000, 40010]


def test_the_database_itself_refuses_a_second_unfinished_run(service):
    first = service.run_plan(1)
    [[key]] = service.sql("SELECT active_key FROM execution WHERE id = :id", id=first["id"])
    copy = "UPDATE execution SET active_key = :key WHERE id = :id"
    other = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})

    assert key
    with pytest.raises(IntegrityError):
        service.sql(copy, key=key, id=other["id"])


def test_execution_numbers_are_unique_in_the_same_millisecond(service):
    service.catalog(*range(1, 31))
    calls = [
        lambda n=n: service.front_data("/case/run", {"caseId": n, "envCode": "st"})
        for n in range(1, 31)
    ]

    numbers = {row["execution_no"] for row in both(*calls)}

    assert len(numbers) == 30
    assert {len(number) for number in numbers} == {19}


def test_a_refusing_runner_is_a_state_not_a_crash(service):
    service.plan(1, 2)
    service.runner.refuses = "Jenkins 拒绝：403"

    answer = service.front("/plan/run", {"planId": 2001, "envCode": "st"})

    assert answer["code"] == 50002
    row = answer["data"]
    assert (row["status"], row["trigger_message"]) == (7, "Jenkins 拒绝：403")
    assert (row["pending_count"], row["canceled_count"], row["total_count"]) == (0, 2, 2)
    assert service.detail(row["id"])["status"] == 7
    service.runner.refuses = ""
    assert service.front("/plan/run", {"planId": 2001, "envCode": "st"})["code"] == 20000


def test_a_start_that_is_quicker_than_the_runners_answer_is_kept(service):
    """The local runner may launch pytest before `trigger` returns."""
    take = service.runner.trigger

    def trigger(job):
        receipt = take(job)
        service.told("/execution/start", {"executionId": job.execution_id, "buildNumber": 7})
        return receipt

    service.runner.trigger = trigger
    row = service.run_plan(1)

    assert (row["status"], row["jenkins_build_number"], row["jenkins_queue_id"]) == (3, 7, 321)


def test_a_cancel_while_the_runner_is_being_asked_stops_the_run(service):
    take = service.runner.trigger

    def trigger(job):
        service.front("/execution/cancel", {"executionId": job.execution_id})
        return take(job)

    service.runner.trigger = trigger
    row = service.run_plan(1)

    assert row["status"] == 6
    assert service.runner.canceled == [row["id"], row["id"]]


def test_an_idempotency_key_gives_the_first_answer_again(service):
    service.plan(1)
    headers = {"Idempotency-Key": "k1"}
    body = {"planId": 2001, "envCode": "st"}

    first = service.front("/plan/run", body, headers=headers)
    service.told("/execution/start", {"executionId": first["data"]["id"]})
    again = service.front("/plan/run", body, headers=headers)

    assert again == first
    assert len(service.runner.jobs) == 1
    other = service.front("/plan/run", body, headers={"Idempotency-Key": "k2"})
    assert other["code"] == 40010


@pytest.mark.parametrize(
    "other", [{"envCode": "qa"}, {"runMode": 2}, {"roundNo": 1}, {"remark": "x"}, {"caseIds": [1]}]
)
def test_an_idempotency_key_stands_for_one_request_only(service, other):
    service.plan(1)
    headers, body = {"Idempotency-Key": "k"}, {"planId": 2001, "envCode": "st"}
    first = service.front_data("/plan/run", body, headers=headers)

    assert service.front("/plan/run", body | other, headers=headers) == {
        "code": 40010,
        "msg": "该 Idempotency-Key 已用于另一个请求",
        "data": {"execution_id": first["id"], "status": 2},
    }
    assert len(service.runner.jobs) == 1
    same = {"plan_id": "2001", "env_code": "st", "runMode": "1", "remark": None}
    assert service.front_data("/plan/run", same, headers=headers) == first


def test_each_endpoint_and_each_user_has_idempotency_keys_of_its_own(service):
    service.plan(1)
    headers = {"Idempotency-Key": "k"}
    single = service.front_data("/case/run", {"caseId": 1, "envCode": "st"}, headers=headers)
    plan = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"}, headers=headers)
    service.front("/execution/cancel", {"executionId": plan["id"]})
    again = service.front_data("/execution/rerun", {"executionId": plan["id"]}, headers=headers)
    with service.database.writing() as connection, Session(connection) as session:
        tokens.add_token(session, digest("another"), 9, "", service.clock.now())
        session.flush()
    body, theirs = {"caseId": 1, "envCode": "qa"}, {"token": "another", **headers}
    other = service.front_data("/case/run", body, headers=theirs)

    assert len({row["id"] for row in (single, plan, again, other)}) == 4


def test_a_refused_request_does_not_use_its_idempotency_key_up(service):
    service.catalog(1)
    headers = {"Idempotency-Key": "k"}
    wrong = service.front("/case/run", {"caseId": 9, "envCode": "st"}, headers=headers)
    right = service.front("/case/run", {"caseId": 1, "envCode": "st"}, headers=headers)
    assert (wrong["code"], right["code"]) == (40009, 20000)


def test_a_key_of_a_service_that_kept_no_requests_still_gives_the_first_answer(service):
    service.catalog(1)
    headers, body = {"Idempotency-Key": "k"}, {"caseId": 1, "envCode": "st"}
    first = service.front("/case/run", body, headers=headers)
    service.sql("UPDATE idempotency_key SET request_hash = NULL")
    assert service.front("/case/run", body, headers=headers) == first


def test_an_idempotency_key_repeats_a_refusal_too(service):
    service.plan(1)
    service.runner.refuses = "no"
    headers, body = {"Idempotency-Key": "k"}, {"planId": 2001, "envCode": "st"}

    first = service.front("/plan/run", body, headers=headers)
    service.runner.refuses = ""

    assert service.front("/plan/run", body, headers=headers) == first
    assert first["code"] == 50002


def test_simultaneous_requests_with_one_key_make_one_execution(service):
    service.catalog(1)
    headers, body = {"Idempotency-Key": "k"}, {"caseId": 1, "envCode": "st"}

    answers = both(*[lambda: service.front("/case/run", body, headers=headers)] * 4)

    assert {(answer["code"], answer["data"]["id"]) for answer in answers} == {
        (20000, answers[0]["data"]["id"])
    }


def test_cancel_stops_the_runner_and_closes_the_cases(service):
    number = service.started(1, 2)
    service.result(number, 1, 2)

    row = service.front_data("/execution/cancel", {"executionId": str(number)})

    assert (row["status"], row["passed_count"], row["canceled_count"]) == (6, 1, 1)
    assert row["end_time"]
    assert service.statuses(number) == [2, 7]
    assert service.runner.canceled == [number]
    again = service.front("/execution/cancel", {"executionId": number})
    assert (again["code"], again["data"]) == (40010, {"execution_id": number, "status": 6})


@pytest.mark.parametrize(
    ("only_failed", "cases"), [(False, [1, 2, 3]), (True, [2, 3]), ("true", [2, 3]), (0, [1, 2, 3])]
)
def test_rerun_takes_the_same_cases_or_those_that_failed(service, only_failed, cases):
    number = service.started(1, 2, 3)
    for case, status in ((1, 2), (2, 3), (3, 6)):
        service.result(number, case, status)
    service.told("/execution/finish", {"executionId": number})

    row = service.front("/execution/rerun", {"executionId": number, "onlyFailed": only_failed})

    assert row["data"]["id"] != number
    assert [case["case_id"] for case in service.cases(row["data"]["id"])] == cases
    assert (row["data"]["plan_id"], row["data"]["env_code"]) == (2001, "st")
    assert row["data"]["ext"]["rerun_of"] == number


def test_rerun_without_a_failed_case_has_nothing_to_do(service):
    number = service.started(1)
    service.result(number, 1, 2)
    service.told("/execution/finish", {"executionId": number})

    answer = service.front("/execution/rerun", {"executionId": number, "onlyFailed": True})

    assert answer == {"code": 40009, "msg": "没有需要重跑的用例", "data": None}


def test_rerun_of_something_unfinished_is_a_conflict(service):
    number = service.started(1)
    answer = service.front("/execution/rerun", {"executionId": number})
    assert (answer["code"], answer["data"]["execution_id"]) == (40010, number)


def test_a_fresh_token_replaces_the_old_one(service):
    number = service.run_plan(1)["id"]
    old = service.runner.jobs[0].callback_token.reveal()
    assert (
        service.call("/execution/heartbeat", {"executionId": number}, token=old).status_code == 200
    )

    new = service.front_data("/execution/token", {"executionId": number})["callback_token"]

    assert (
        service.call("/execution/heartbeat", {"executionId": number}, token=old).status_code == 403
    )
    assert (
        service.call("/execution/heartbeat", {"executionId": number}, token=new).status_code == 200
    )
    service.front("/execution/cancel", {"executionId": number})
    assert service.front("/execution/token", {"executionId": number})["code"] == 40010


def test_the_job_carries_what_pytest_needs(service):
    row = service.run_plan(1, runMode=2)
    job = service.runner.jobs[0]

    assert (job.execution_id, job.execution_no) == (row["id"], row["execution_no"])
    assert (job.env_code, job.run_mode, job.trigger_type) == ("st", 2, 2)
    assert job.base_url == "http://127.0.0.1:8000"
    assert repr(job).count("***") == 1
    assert len(job.callback_token.reveal()) == 47
    assert SECRET not in repr(job)
