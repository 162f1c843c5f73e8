"""What runners say, one word at a time: the effect of each internal endpoint."""

import pytest
from service_kit import Service

pytestmark = pytest.mark.every_database


def test_queued_brings_an_execution_to_2_and_is_taken_over_there(service):
    number = service.run_plan(1)["id"]
    service.told("/execution/queued", {"executionId": number, "queueId": 5, "jobName": "j"})
    data = service.told("/execution/queued", {"execution_id": str(number), "build_number": "9"})

    assert data == {"execution_id": number, "execution_status": 2, "warnings": []}
    row = service.detail(number)
    assert (row["status"], row["jenkins_queue_id"]) == (2, 5)
    assert (row["jenkins_job_name"], row["jenkins_build_number"]) == ("j", 9)


@pytest.mark.parametrize("first", ["queued", "start"])
def test_what_start_says_of_its_build_wins_in_either_order(service, first):
    number = service.run_plan(1)["id"]
    calls = {
        "queued": {"queueId": 5, "buildNumber": 1, "buildUrl": "http://j/1"},
        "start": {"buildNumber": 2},
    }
    for name in sorted(calls, reverse=first == "start"):
        service.told(f"/execution/{name}", {"executionId": number, **calls[name]})

    row = service.detail(number)
    assert (row["status"], row["jenkins_queue_id"]) == (3, 5)
    assert (row["jenkins_build_number"], row["jenkins_build_url"]) == (2, "http://j/1")


def test_start_sets_the_time_once(service):
    number = service.run_plan(1)["id"]
    service.told("/execution/start", {"executionId": number, "consoleUrl": "http://c"})
    first = service.detail(number)
    service.clock.forward(60)
    data = service.told("/execution/start", {"executionId": number})

    assert data == {"execution_id": number, "execution_status": 3, "warnings": []}
    again = service.detail(number)
    assert again["start_time"] == first["start_time"] is not None
    assert again["console_url"] == "http://c"


@pytest.mark.parametrize("path", ["queued", "start"])
def test_queued_and_start_after_the_end_are_refused(service, path):
    number = service.started(1)
    service.front("/execution/cancel", {"executionId": number})

    response = service.call(f"/execution/{path}", {"executionId": number})

    assert response.status_code == 409
    assert response.json()["code"] == 40010
    told = {"execution_id": number, "status": 6, "execution_status": 6}
    assert response.json()["data"] == told


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        ("heartbeat", {}),
        ("case/result", {"caseId": 1, "status": 2}),
        ("case/result", {"results": [{"caseId": 1, "status": 2}]}),
        ("finish", {}),
        ("abort", {}),
    ],
)
def test_other_calls_after_the_end_are_accepted_and_tell_of_it(service, path, extra):
    number = service.started(1)
    service.front("/execution/cancel", {"executionId": number})

    data = service.told(f"/execution/{path}", {"executionId": number, **extra})

    assert data["execution_status"] == 6
    assert service.detail(number)["status"] == 6


def test_a_batch_names_unknown_cases_and_takes_the_rest(service):
    number = service.started(1, 2)
    rows = service.cases(number)
    results = [
        {"executionCaseId": rows[0]["id"], "status": 2},
        {"executionCaseId": 999, "status": 2},
        {"caseId": 777, "status": 3},
        {"caseId": 2, "planCaseId": rows[1]["plan_case_id"], "status": 3},
        {"caseId": 2, "planCaseId": 4711, "status": 2},
        {"status": 2},
    ]

    data = service.told("/execution/case/result", {"executionId": number, "results": results})

    assert service.statuses(number) == [2, 3]
    assert [(r["execution_case_id"], r["case_id"]) for r in data["rejected"]] == [
        (999, None),
        (None, 777),
        (None, 2),
        (None, None),
    ]
    assert all(r["reason"] for r in data["rejected"])


def test_a_malformed_result_refuses_the_whole_batch(service):
    number = service.started(1, 2)
    results = [{"caseId": 1, "status": 2}, {"caseId": 2, "status": 8}]

    response = service.call("/execution/case/result", {"executionId": number, "results": results})

    assert response.status_code == 422
    assert response.json()["msg"] == "results[1].status 不能大于 7"
    assert service.statuses(number) == [0, 0]


def test_a_single_result_of_an_unknown_case_is_a_parameter_error(service):
    number = service.started(1)
    other = service.front_data("/case/run", {"caseId": 1, "envCode": "qa"})["id"]
    foreign = service.cases(other)[0]["id"]
    body = {"executionId": number, "executionCaseId": foreign, "status": 2}

    response = service.call("/execution/case/result", body)

    assert response.status_code == 422
    assert response.json()["code"] == 40009
    data = response.json()["data"]
    assert data["execution_status"] == 3
    assert data["rejected"][0]["execution_case_id"] == foreign
    assert service.statuses(other) == [0]


@pytest.mark.parametrize(
    ("statuses", "end"),
    [([2, 2], 4), ([2, 5], 4), ([2, 3], 5), ([4, 2], 5), ([6, 2], 5), ([7, 2], 5)],
)
def test_finish_ends_in_what_the_cases_say(service, statuses, end):
    number = service.started(1, 2)
    for case, status in enumerate(statuses, start=1):
        service.result(number, case, status)
    service.clock.forward(42.5)

    body = {"executionId": number, "reportUrl": "http://r", "consoleUrl": "http://c"}
    data = service.told("/execution/finish", body)

    assert data["execution_status"] == end
    assert (data["missing"], data["complete"]) == ([], True)
    row = service.detail(number)
    assert (row["report_url"], row["console_url"]) == ("http://r", "http://c")
    assert row["duration_seconds"] == 42.5


def test_a_finish_with_counts_asks_for_what_is_missing(service):
    number = service.started(1, 2)
    service.result(number, 1, 2)
    row = service.cases(number)[1]
    ask = {"executionId": number, "counts": {"2": 2}, "lastSequence": 4}

    data = service.told("/execution/finish", ask)

    missing = [{"execution_case_id": row["id"], "case_id": 2}]
    assert (data["execution_status"], data["missing"]) == (3, missing)
    service.result(number, 2, 2)
    data = service.told("/execution/finish", ask)
    assert (data["execution_status"], data["missing"]) == (4, [])


@pytest.mark.parametrize("ask", [{}, {"counts": {"2": 2}, "final": True}])
def test_a_final_finish_with_missing_cases_ends_in_8(service, ask):
    number = service.started(1, 2, 3)
    service.result(number, 1, 2)
    service.result(number, 2, 1)

    data = service.told("/execution/finish", {"executionId": number, **ask})

    assert data["execution_status"] == 8
    assert [one["case_id"] for one in data["missing"]] == [2, 3]
    assert service.statuses(number) == [2, 4, 4]
    assert "未上报结果" in service.cases(number)[2]["error_message"]
    assert "未上报结果" in service.detail(number)["trigger_message"]


def test_finish_proves_that_it_started(service):
    number = service.run_plan(1)["id"]
    service.result(number, 1, 2)
    assert service.told("/execution/finish", {"executionId": number})["execution_status"] == 4


def test_a_late_start_is_refused_but_its_time_is_kept(service):
    number = service.run_plan(1)["id"]
    service.result(number, 1, 2)
    service.clock.forward(30)
    service.told("/execution/finish", {"executionId": number})
    began = {"executionId": number, "startTime": "2025-09-20T07:30:00Z"}

    assert service.call("/execution/start", began).status_code == 409
    assert service.detail(number)["duration_seconds"] == 30


def test_the_clock_of_a_runner_cannot_make_a_negative_duration(service):
    number = service.started(1, startTime="2025-09-20T07:34:00Z")
    service.result(number, 1, 2)
    service.told("/execution/finish", {"executionId": number})
    assert service.detail(number)["duration_seconds"] is None


@pytest.mark.parametrize(
    ("ask", "end", "rest"),
    [({}, 6, 7), ({"status": 6}, 6, 7), ({"status": "7"}, 7, 7), ({"status": 8}, 8, 4)],
)
@pytest.mark.parametrize("started", [True, False])
def test_abort_ends_it_early(service, ask, end, rest, started):
    number = service.started(1, 2) if started else service.run_plan(1, 2)["id"]
    service.result(number, 1, 3)

    body = {"executionId": number, "message": "SIGTERM", **ask}
    data = service.told("/execution/abort", body)

    assert data == {"execution_id": number, "execution_status": end, "warnings": []}
    assert service.statuses(number) == [3, rest]
    assert service.detail(number)["trigger_message"] == "SIGTERM"
    assert service.told("/execution/abort", {**body, "status": 7})["execution_status"] == end


@pytest.mark.parametrize("status", [5, 9, "x"])
def test_abort_names_a_status_it_may_end_in(service, status):
    number = service.started(1)
    response = service.call("/execution/abort", {"executionId": number, "status": status})
    assert (response.status_code, response.json()["code"]) == (422, 40009)


def test_running_is_shown_while_a_case_runs(service):
    number = service.started(1, 2)
    service.result(number, 1, 1, startedTime="2025-09-20T07:31:00Z", pytestNodeid="a::b")

    row = service.cases(number)[0]
    assert (row["status"], row["pytest_nodeid"]) == (1, "a::b")
    assert row["started_time"]
    assert service.detail(number)["running_count"] == 1


def test_the_same_case_twice_in_one_execution_gets_one_result_by_its_case_id(service):
    """Rows made by hand: an older service may have left them."""
    number = service.started(1)
    service.sql(
        "INSERT INTO execution_case (execution_id, plan_case_id, case_id, case_key, case_title, "
        "run_order, status, retry_count, ext, created_time, updated_time, marked) "
        "SELECT execution_id, 99, case_id, case_key, case_title, 2, 0, 0, ext, created_time, "
        "updated_time, FALSE FROM execution_case WHERE execution_id = :id",
        id=number,
    )
    service.result(number, 1, 2)
    assert service.statuses(number) == [2, 2]


def test_a_second_runner_is_refused_while_the_first_is_alive(service):
    number = service.started(1, runnerId="a")
    other = {"executionId": number, "runnerId": "b"}
    paths = {
        "start": {},
        "heartbeat": {},
        "case/result": {"caseId": 1, "status": 2},
        "finish": {},
        "abort": {},
    }
    for path, extra in paths.items():
        response = service.call(f"/execution/{path}", {**other, **extra})
        assert (response.status_code, response.json()["code"]) == (409, 40010)
    assert service.statuses(number) == [0]
    assert service.call("/execution/start", {**other, "runnerId": "a"}).status_code == 200


def test_a_heartbeat_renews_the_lease(service):
    number = service.started(1, runnerId="a")
    for _ in range(3):
        service.clock.forward(80)
        service.told("/execution/heartbeat", {"executionId": number, "runnerId": "a"})
    service.clock.forward(80)
    other = {"executionId": number, "runnerId": "b"}
    assert service.call("/execution/start", other).status_code == 409


def test_a_second_runner_takes_over_when_the_lease_ran_out(service):
    number = service.started(1, runnerId="a")
    service.clock.forward(91)

    service.told("/execution/start", {"executionId": number, "runnerId": "b"})

    first = {"executionId": number, "runnerId": "a", "caseId": 1, "status": 2}
    assert service.call("/execution/case/result", first).status_code == 409
    assert service.statuses(number) == [0]


def test_a_second_runner_waits_one_lease_after_the_service_started_again(tmp_path, database_url):
    options = {"database_url": database_url}
    with Service(tmp_path, **options) as service:
        number = service.started(1, runnerId="a")
    clock = service.clock
    clock.forward(200)
    with Service(tmp_path, **options, clock=clock) as service:
        late = {"executionId": number, "runnerId": "b"}
        result = {"caseId": 1, "status": 2}
        assert service.call("/execution/start", late).status_code == 409
        assert service.call("/execution/case/result", {**late, **result}).status_code == 409
        clock.forward(89)
        assert service.result(number, 1, 2, runnerId="a")["execution_status"] == 3
        clock.forward(91)
        service.told("/execution/start", late)


def test_a_stranger_cannot_change_what_is_over_while_the_lease_lasts(service):
    number = service.started(1, runnerId="a")
    service.front("/execution/cancel", {"executionId": number})
    late = {"executionId": number, "caseId": 1, "status": 2}

    refused = service.call("/execution/case/result", {**late, "runnerId": "b"})
    assert refused.status_code == 409
    assert refused.json()["data"] == {"execution_id": number, "status": 6, "execution_status": 6}
    assert service.call("/execution/case/result", {**late, "runnerId": "a"}).status_code == 200
    assert service.statuses(number) == [2]


def test_a_late_result_of_another_runner_is_taken_once_the_lease_ran_out(service):
    number = service.started(1, runnerId="a")
    service.clock.forward(91)
    service.app.state.services.watchdog.sweep()
    assert service.detail(number)["status"] == 8

    assert service.result(number, 1, 2, runnerId="b")["execution_status"] == 8
    assert service.statuses(number) == [2]


def test_a_result_that_contradicts_itself_is_rejected_and_both_are_named(service):
    number = service.started(1, 2)
    first, second = service.cases(number)
    reason = f"executionCaseId {second['id']} 的 caseId 是 2，与上报的 caseId 1 不一致"
    wrong = {"executionCaseId": second["id"], "caseId": 1, "status": 3}
    named = {"execution_case_id": second["id"], "case_id": 1, "reason": reason}

    one = service.call("/execution/case/result", {"executionId": number, **wrong})
    assert (one.status_code, one.json()["msg"]) == (422, reason)
    assert one.json()["data"]["rejected"] == [named]
    right = {"executionCaseId": first["id"], "caseId": 1, "status": 2}
    plan = {"executionCaseId": first["id"], "planCaseId": second["plan_case_id"], "status": 3}
    body = {"executionId": number, "results": [wrong, right, plan]}
    many = service.told("/execution/case/result", body)
    assert [one["execution_case_id"] for one in many["rejected"]] == [second["id"], first["id"]]
    assert "planCaseId" in many["rejected"][1]["reason"]
    assert service.statuses(number) == [2, 0]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "report.html", "http://", "https://h/a b"]
)
def test_an_address_that_is_not_of_the_web_is_dropped_and_said(service, url):
    number = service.run_plan(1)["id"]

    def warned(path, **fields):
        return service.told(f"/execution/{path}", {"executionId": number, **fields})["warnings"]

    def dropped(*names):
        return [f"{name} 不是 http(s) 地址，已忽略" for name in names]

    assert warned("queued", buildUrl=url) == dropped("buildUrl")
    assert warned("start", buildUrl=url, consoleUrl=url) == dropped("buildUrl", "consoleUrl")
    [result] = service.result(number, 1, 2, reportUrl=url)["warnings"]
    assert (result["case_id"], result["reason"]) == (1, dropped("reportUrl")[0])
    assert warned("heartbeat") == []
    assert warned("finish", reportUrl=url, consoleUrl=url) == dropped("consoleUrl", "reportUrl")
    row = service.detail(number)
    assert [row[name] for name in ("jenkins_build_url", "console_url", "report_url")] == [None] * 3
    assert service.cases(number)[0]["report_url"] is None


@pytest.mark.parametrize(
    ("counts", "warnings"),
    [
        ({"2": 1, "3": 1}, []),
        ({"2": 1, "3": 1, "4": 0}, []),
        (
            {"2": 5},
            [
                "counts 与已收到的结果不一致：状态 2 上报 5 个，实有 1 个",
                "counts 与已收到的结果不一致：状态 3 上报 0 个，实有 1 个",
            ],
        ),
    ],
)
def test_a_finish_that_counted_otherwise_is_warned(service, counts, warnings):
    number = service.started(1, 2)
    service.result(number, 1, 2)
    service.result(number, 2, 3)
    data = service.told("/execution/finish", {"executionId": number, "counts": counts})
    assert (data["complete"], data["execution_status"]) == (True, 5)
    assert data["warnings"] == warnings


def test_a_case_that_ran_when_its_process_ended_says_so(service):
    number = service.started(1, 2, 3)
    service.result(number, 1, 2)
    service.result(number, 2, 1)
    service.runner.on_ended(number, "退出码 7")
    assert [row["error_message"] for row in service.cases(number)] == [
        "",
        "执行异常结束，用例正在执行，未收到结果：退出码 7",
        "执行异常结束，用例未开始：退出码 7",
    ]


def test_a_database_that_is_not_there_is_a_503_that_may_be_tried_again(tmp_path):
    with Service(tmp_path) as service:
        number = service.started(1)
        service.sql("ALTER TABLE execution_case RENAME TO gone")
        response = service.call(
            "/execution/case/result", {"executionId": number, "caseId": 1, "status": 2}
        )
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        assert response.json()["code"] == 50000
        service.sql("ALTER TABLE gone RENAME TO execution_case")
        assert service.statuses(number) == [0]
