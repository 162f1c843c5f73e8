"""What a page for people needs of rows: names, ends explained, signs of life, brief lists, searches."""

import datetime as dt
import gzip
import json
from zoneinfo import ZoneInfo

import pytest
from live_kit import Listener, live
from service_kit import API, TOKEN, USER, Service, counted, counters, until

from orchestrator.secrets import digest
from orchestrator.status import EndedHow

SHANGHAI = ZoneInfo("Asia/Shanghai")
BRIEF = {
    *("id", "case_id", "case_key", "case_title", "run_order", "status", "pytest_nodeid"),
    *("error_message", "duration_seconds", "started_at", "retry_count", "worker", "marked"),
    *("checks", "cause"),
}


def listed(service, **query):
    answer = service.front("/execution/list", query=query)
    assert answer["code"] == 20000, answer
    return answer["data"]


def brief(service, number, **query):
    asked = {"executionId": number, "view": "brief", **query}
    answer = service.front("/execution/case/list", query=asked)
    assert answer["code"] == 20000, answer
    return answer["data"]


def named(service, name):
    service.sql("UPDATE static_token SET name = :name", name=name)


class TestNames:
    def test_a_row_names_its_plan_and_who_started_it(self, service):
        named(service, "李雷")
        row = service.run_plan(1)

        assert (row["plan_name"], row["trigger_name"], row["case_title"]) == ("p", "李雷", None)
        assert row["runner"] == "fake"

    def test_a_single_run_names_its_case(self, service):
        service.catalog(1)
        row = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})

        assert (row["plan_name"], row["case_title"], row["trigger_name"]) == (None, "case 1", None)

    def test_a_plan_is_named_as_it_was_called_when_it_ran(self, service):
        first = service.run_plan(1)["id"]
        body = {"planId": 2001, "projectId": 3, "planName": "another", "cases": [1]}
        service.front("/plan/save", body)
        service.front("/execution/cancel", {"executionId": first})
        again = service.front_data("/execution/rerun", {"executionId": first})

        assert (service.detail(first)["plan_name"], again["plan_name"]) == ("p", "another")

    def test_a_rerun_says_of_what_it_is_one(self, service):
        service.catalog(1)
        first = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})["id"]
        service.front("/execution/cancel", {"executionId": first})
        again = service.front_data("/execution/rerun", {"executionId": first})

        assert (again["rerun_of"], again["case_title"]) == (first, "case 1")
        assert [row["id"] for row in listed(service, rerunOf=first)["list"]] == [again["id"]]


class TestTimes:
    def test_moments_have_milliseconds_and_their_zone(self, tmp_path):
        with Service(tmp_path, timezone=SHANGHAI) as service:
            number = service.started(1, startTime="2025-09-20T15:30:01.250+08:00")
            said = {"startedTime": "2025-09-20T15:30:02.125+08:00"}
            service.result(number, 1, 2, finishedTime="2025-09-20T15:30:02.5+08:00", **said)
            service.clock.forward(5)
            service.told("/execution/finish", {"executionId": number})
            row, case = service.detail(number), service.cases(number)[0]

        assert row["created_at"] == "2025-09-20T15:30:00.000+08:00"
        assert row["started_at"] == "2025-09-20T15:30:01.250+08:00"
        assert row["finished_at"] == "2025-09-20T15:30:05.000+08:00"
        assert case["started_at"] == "2025-09-20T15:30:02.125+08:00"
        assert case["finished_at"] == "2025-09-20T15:30:02.500+08:00"
        assert case["started_time"] == "2025-09-20 15:30:02"

    def test_a_sign_of_life_is_the_last_word_and_until_when_there_may_be_none(self, tmp_path):
        with Service(tmp_path, timezone=SHANGHAI, lease=90.0) as service:
            waiting = service.run_plan(1)
            service.told("/execution/start", {"executionId": waiting["id"]})
            service.clock.forward(10)
            service.told("/execution/heartbeat", {"executionId": waiting["id"]})
            beaten = service.detail(waiting["id"])
            service.clock.forward(5)
            service.result(waiting["id"], 1, 2)
            heard = service.detail(waiting["id"])
            service.clock.forward(5)
            service.told("/execution/finish", {"executionId": waiting["id"]})
            service.clock.forward(5)
            service.told("/execution/heartbeat", {"executionId": waiting["id"]})
            over = service.detail(waiting["id"])

        assert (waiting["last_heard"], waiting["lease_until"]) == (None, None)
        assert beaten["last_heard"] == "2025-09-20T15:30:10.000+08:00"
        assert beaten["lease_until"] == "2025-09-20T15:31:40.000+08:00"
        assert heard["last_heard"] == "2025-09-20T15:30:15.000+08:00"
        assert over["last_heard"] == "2025-09-20T15:30:20.000+08:00" == over["finished_at"]
        assert over["lease_until"] is None


class TestEnds:
    def end(self, service, number):
        row = service.detail(number)
        return row["status"], row["ended_how"], row["ended_by"], row["ended_name"]

    def test_a_cancel_names_who_did_it(self, service):
        named(service, "韩梅梅")
        number = service.run_plan(1)["id"]
        assert self.end(service, number) == (2, None, None, None)
        row = service.front_data("/execution/cancel", {"executionId": number})

        assert (row["ended_how"], row["ended_by"], row["ended_name"]) == ("cancel", USER, "韩梅梅")

    def test_pytest_finishes_or_gives_up(self, service):
        done, stopped = service.started(1), 0
        service.result(done, 1, 2)
        service.told("/execution/finish", {"executionId": done})
        stopped = service.started(1)
        service.told("/execution/abort", {"executionId": stopped, "message": "Ctrl-C"})

        assert self.end(service, done) == (4, "finish", None, None)
        assert self.end(service, stopped) == (6, "abort", None, None)

    def test_a_final_finish_that_left_cases_out_is_a_finish_too(self, service):
        number = service.started(1)
        service.told("/execution/finish", {"executionId": number})
        assert self.end(service, number) == (8, "finish", None, None)

    def test_silence(self, service):
        number = service.started(1)
        service.clock.forward(91)
        service.front("/execution/poll", {"executionId": number})
        assert self.end(service, number) == (8, "lease", None, None)

    def test_the_runner_says_so(self, service):
        number = service.started(1)
        service.runner.on_ended(number, "killed")
        assert self.end(service, number) == (8, "runner", None, None)

    def test_the_runner_did_not_take_it(self, service):
        service.catalog(1)
        service.runner.refuses = "no room"
        data = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        assert (data["status"], data["ended_how"]) == (7, "refused")

    def test_what_a_stopping_service_ends_is_told_from_other_aborts(self, tmp_path):
        from service_kit import FakeProcessRunner

        with Service(tmp_path, runner=FakeProcessRunner()) as service:
            number = service.started(1)
            service.app.state.services.callbacks.service_stops()
            service.told("/execution/abort", {"executionId": number, "message": "SIGTERM"})
            assert self.end(service, number) == (6, "stop", None, None)

    def test_every_way_is_described(self, calm):
        described = calm.client.get("/it/api/openapi.json").json()["components"]["schemas"]
        assert set(described["EndedHow"]["enum"]) == set(EndedHow)


class TestHealing:
    @pytest.mark.every_database
    def test_late_results_show_what_they_say_beside_the_status_that_stays(self, service):
        number = service.started(1, 2)
        service.result(number, 1, 2)
        service.clock.forward(91)
        service.front("/execution/poll", {"executionId": number})
        lost = service.detail(number)
        marked = [row["marked"] for row in service.cases(number)]
        service.result(number, 2, 3)
        healed = service.detail(number)

        assert (lost["status"], lost["outcome"], lost["healed_at"]) == (8, None, None)
        assert marked == [False, True]
        assert (healed["status"], healed["outcome"]) == (8, 5)
        now = service.clock.now()
        assert dt.datetime.fromisoformat(healed["healed_at"]) == now
        assert [row["marked"] for row in service.cases(number)] == [False, False]

    @pytest.mark.every_database
    def test_every_case_that_lacked_a_result_is_counted_once_when_one_comes(self, service):
        number = service.started(1, 2, 3, 4)
        service.result(number, 1, 2)
        service.clock.forward(91)
        service.front("/execution/poll", {"executionId": number})

        def late():
            """How many came late; those and the marks are all that lacked one at the end."""
            came = service.detail(number)["late_count"]
            assert came + sum(row["marked"] for row in service.cases(number)) == 3
            assert counters(service.detail(number)) == counted(service.statuses(number))
            return came

        assert late() == 0
        service.result(number, 2, 3)
        assert late() == 1
        service.result(number, 2, 3)  # repeated
        service.told(  # its retry, after the end as well
            "/execution/case/result",
            {"executionId": number, "caseId": 2, "status": 2, "retryCount": 1},
        )
        service.result(number, 3, 1)  # a start says nothing of how it ended
        assert late() == 1
        rest = [{"caseId": 4, "status": 4, "retryCount": 1}, {"caseId": 3, "status": 5}]
        service.told("/execution/case/result", {"executionId": number, "results": rest})
        assert late() == 3
        assert service.detail(number)["outcome"] == 5

    @pytest.mark.every_database
    def test_what_ended_before_late_results_were_counted_does_not_say_how_many_came(self, service):
        number = service.started(1, 2)
        service.told("/execution/finish", {"executionId": number})
        service.sql("UPDATE execution SET late_count = NULL")

        service.result(number, 1, 2)

        row = service.detail(number)
        assert (row["late_count"], row["passed_count"], row["status"]) == (None, 1, 8)

    def test_listeners_see_it(self, tmp_path):
        with live(tmp_path) as service:
            number = service.started(1)
            service.told("/execution/finish", {"executionId": number})
            assert service.detail(number)["status"] == 8
            service.result(number, 1, 2)
            with Listener(service, number) as listener:
                told = [data for name, _, data in listener.rest() if name == "execution"]

        assert [data["outcome"] for data in told] == [4]


class TestBriefRows:
    def result(self, number, case):
        return {
            "executionId": number,
            "caseId": case,
            "status": 3,
            "errorMessage": "错" * 300,
            "stackTrace": "trace",
            "durationSeconds": 1.5,
            "startedTime": "2025-09-20T15:30:02.125+08:00",
            "ext": {
                "worker": "gw1",
                "checks": {"passed": 2, "total": 3},
                "cause": {"step": "支付", "check": "eq", "path": "$.status", "type": "Assertion"},
                "steps": [{"name": "支付", "status": "failed"}],
            },
        }

    @pytest.mark.every_database
    def test_they_hold_what_a_list_shows_and_nothing_else(self, service):
        number = service.started(1, 2)
        service.told("/execution/case/result", self.result(number, 1))
        failed, pending = brief(service, number)["list"]
        whole = service.cases(number)[0]

        assert failed.keys() == BRIEF == pending.keys()
        assert failed["error_message"] == "错" * 80 + "…"
        assert (failed["worker"], failed["checks"]) == ("gw1", {"passed": 2, "total": 3})
        cause = {"step": "支付", "check": "eq", "path": "$.status", "type": "Assertion"}
        assert failed["cause"] == cause
        moment = dt.datetime.fromisoformat(failed["started_at"])
        assert moment == dt.datetime(2025, 9, 20, 7, 30, 2, 125000, tzinfo=dt.UTC)
        for name in ("worker", "checks", "cause", "started_at"):
            assert whole[name] == failed[name]
            assert pending[name] is None
        assert whole["ext"]["steps"] == [{"name": "支付", "status": "failed"}]

    @pytest.mark.parametrize(
        "ext",
        [
            {"worker": 5, "checks": "3", "cause": ["x"]},
            {"checks": {"passed": 4, "total": 3}},
            {"checks": {"passed": True, "total": True}},
            {"checks": {"passed": 1, "total": 2**40}},
            {"checks": {"passed": -1, "total": 0}},
        ],
    )
    def test_what_is_not_understood_in_ext_is_not_told(self, service, ext):
        number = service.started(1)
        service.result(number, 1, 2, ext=ext)
        (row,) = brief(service, number)["list"]

        assert (row["status"], row["worker"], row["checks"], row["cause"]) == (2, None, None, None)
        assert service.cases(number)[0]["ext"] == ext

    def test_a_newer_attempt_tells_anew(self, service):
        number = service.started(1)
        service.told("/execution/case/result", self.result(number, 1))
        service.result(number, 1, 2, retryCount=1, ext={"worker": "gw2"})
        (row,) = brief(service, number)["list"]

        assert (row["worker"], row["checks"], row["cause"]) == ("gw2", None, None)

    def test_of_a_marked_case_they_say_what_the_service_says(self, service):
        number = service.started(1)
        service.front("/execution/cancel", {"executionId": number})
        (row,) = brief(service, number)["list"]

        assert (row["marked"], row["error_message"]) == (True, "已取消")

    def test_five_thousand_come_at_once_and_are_small(self, service):
        count = 5000
        titles = ("会员下单立减并支付后退款", "登录失败三次后锁定", "查询订单列表按时间倒序")
        cases = [
            {
                "caseId": 100_000 + n,
                "caseKey": f"SHOP-{100_000 + n}",
                "caseTitle": f"{titles[n % 3]}（{n}）",
                "pytestNodeid": f"cases/order/test_{n % 40}.yaml::SHOP-{100_000 + n}",
            }
            for n in range(count)
        ]
        service.told("/case/sync", {"projectId": 3, "cases": cases})
        numbers = [case["caseId"] for case in cases]
        body = {"planId": 9, "projectId": 3, "planName": "p", "cases": numbers}
        service.front("/plan/save", body)
        number = service.front_data("/plan/run", {"planId": 9, "envCode": "st"})["id"]
        for first in range(0, count, 1000):
            results = [_typical(n, case) for n, case in enumerate(numbers[first : first + 1000])]
            service.told("/execution/case/result", {"executionId": number, "results": results})
        query = {"executionId": number, "view": "brief", "pageSize": count}
        path, headers = f"{API}/execution/case/list", {"token": TOKEN, "accept-encoding": "gzip"}

        with service.client.stream("GET", path, params=query, headers=headers) as response:
            small = b"".join(response.iter_raw())

        assert response.headers["content-encoding"] == "gzip"
        raw = gzip.decompress(small)
        assert len(json.loads(raw)["data"]["list"]) == count
        assert len(raw) < 2_000_000
        assert len(small) < 300_000

    def test_only_brief_pages_are_so_large(self, calm):
        path = "/execution/case/list"
        whole = calm.front(path, query={"executionId": 1, "pageSize": 501})
        larger = calm.front(path, query={"executionId": 1, "view": "brief", "pageSize": 5001})
        other = calm.front(path, query={"executionId": 1, "view": "whole"})

        assert whole["code"] == larger["code"] == other["code"] == 40009
        assert whole["msg"] == "pageSize 不能大于 500（view=brief 除外）"
        assert larger["msg"] == "pageSize 不能大于 5000"
        assert other["msg"] == "view 只接受 brief"

    @pytest.mark.every_database
    def test_several_statuses_and_words(self, service):
        number = service.started(1, 2, 3, 4)
        for case, status in ((1, 2), (2, 3), (3, 4)):
            service.result(number, case, status, errorMessage=f"error of {case}")

        def found(**query):
            data = brief(service, number, **query)
            return [row["case_id"] for row in data["list"]], data["total"]

        assert found(status="3,4") == ([2, 3], 2)
        assert found(status="4,3", pageNo=2, pageSize=1) == ([3], 2)
        assert found(keyword="ERROR of") == ([1, 2, 3], 3)
        assert found(keyword="error of", status="2,3", pageSize=1) == ([1], 2)
        assert found(keyword="case 4") == ([4], 1)
        assert found(keyword="%") == ([], 0)

    def test_events_are_brief_where_that_is_asked_for(self, tmp_path):
        with live(tmp_path) as service:
            number = service.started(1)
            with (
                Listener(service, number, query="&view=brief") as small,
                Listener(service, number) as whole,
            ):
                service.told("/execution/case/result", self.result(number, 1))
                seen = [
                    listener.until(lambda name, _id, data: name == "case" and data["status"] == 3)
                    for listener in (small, whole)
                ]

        (_, _, row), (_, _, all_of_it) = (events[-1] for events in seen)
        assert row.keys() == BRIEF
        assert (row["worker"], all_of_it["stack_trace"]) == ("gw1", "trace")


def _typical(n, case):
    failed = n % 20 == 0
    ext = {"worker": f"gw{n % 4}", "checks": {"passed": 3 - failed, "total": 3}}
    if failed:
        cause = {"step": "支付", "check": "eq", "path": "$.data.status", "type": "AssertionError"}
        ext["cause"] = cause
    return {
        "caseId": case,
        "status": 3 if failed else 2,
        "errorMessage": "期望 paid，实际 pending；" * 20 if failed else "",
        "stackTrace": "frame\n" * 500 if failed else "",
        "durationSeconds": n % 977 / 1000,
        "startedTime": f"2025-09-20T15:{30 + n % 3}:{n % 60:02}.{n % 1000:03}+08:00",
        "ext": ext | {"steps": [{"name": "登录", "status": "success", "duration": 0.1}] * 3},
    }


class TestSearch:
    @pytest.fixture
    def many(self, service):
        """Five executions, the oldest first, a day apart, each in an environment of its own."""
        service.plan(1, 2)
        numbers = []
        for n, env in enumerate(("st", "uat", "st2", "qa", "prod")):
            body = {"planId": 2001, "envCode": env, "remark": f"夜间 {n}%"}
            numbers.append(service.front_data("/plan/run", body)["id"])
            service.clock.forward(24 * 3600)
        return numbers

    @pytest.mark.every_database
    def test_by_what_people_remember(self, service, many):
        first, second, third, fourth, _ = many
        service.front("/execution/cancel", {"executionId": second})
        service.told("/execution/start", {"executionId": third})

        def found(**query):
            data = listed(service, **query)
            return [row["id"] for row in data["list"]], data["total"], data["total_exact"]

        assert found(status="3,6") == ([third, second], 2, True)
        assert found(envCode="qa") == ([fourth], 1, True)
        assert found(envCode="qa", planId=2001, status=2) == ([fourth], 1, True)
        assert found(triggerBy=USER)[1] == 5
        assert found(triggerBy=USER + 1) == ([], 0, True)
        assert found(keyword="夜间 3%") == ([fourth], 1, True)
        assert found(keyword="%%") == ([], 0, True)
        number = service.detail(first)["execution_no"]
        assert found(keyword=number[2:])[0] == [first]
        assert found(keyword="P", envCode="st")[0] == [first]
        assert found(beforeId=fourth, pageSize=2) == ([third, second], 5, True)

    def test_by_the_title_of_a_single_run(self, service):
        service.catalog(1, 2)
        for case in (1, 2):
            service.front("/case/run", {"caseId": case, "envCode": "st"})
        assert [r["source_case_id"] for r in listed(service, keyword="case 2")["list"]] == [2]

    def test_by_day_and_by_moment(self, tmp_path):
        with Service(tmp_path, timezone=SHANGHAI) as service:
            service.plan(1)
            for env in "abc":  # at 15:30 on three days
                service.front("/plan/run", {"planId": 2001, "envCode": env})
                service.clock.forward(24 * 3600)

            def found(**query):
                return [row["env_code"] for row in listed(service, **query)["list"]]

            assert found(**{"from": "2025-09-21"}) == ["c", "b"]
            assert found(to="2025-09-21") == ["b", "a"]
            assert found(**{"from": "2025-09-21", "to": "2025-09-21"}) == ["b"]
            assert found(to="2025-09-21 15:29:59") == ["a"]
            assert found(**{"from": "2025-09-21T07:30:00Z", "to": "2025-09-21"}) == ["b"]
            wrong = service.front("/execution/list", query={"from": "yesterday"})
            assert wrong["code"] == 40009
            assert wrong["msg"].startswith("from 时间格式应为")

    def test_a_plain_list_answers_as_ever(self, service, many):
        for query in ({}, {"planId": 2001}, {"status": 2}, {"status": "2", "projectId": 3}):
            assert listed(service, **query).keys() == {"list", "total"}

    @pytest.mark.parametrize(
        ("status", "complaint"),
        [
            ("3,9", "不能大于 "),
            ("-1,3", "不能小于 0"),
            *((text, "必须为整数") for text in ("x", "3,x", "3,,5", "1.5", "3;5")),
        ],
    )
    def test_a_status_that_there_is_not_is_refused(self, calm, status, complaint):
        for path in ("/execution/list", "/execution/case/list"):
            answer = calm.front(path, query={"executionId": 1, "status": status})
            assert answer["code"] == 40009
            assert answer["msg"].startswith(f"status {complaint}")

    def test_many_are_counted_up_to_a_limit(self, service, many, monkeypatch):
        from orchestrator.store import search

        monkeypatch.setattr(search, "MOST", 3)
        data = listed(service, keyword="夜间", pageSize=2)
        assert (len(data["list"]), data["total"], data["total_exact"]) == (2, 3, False)


class TestRerunOfChosenCases:
    def ended(self, service):
        number = service.started(1, 2, 3)
        for case, status in ((1, 2), (2, 3), (3, 4)):
            service.result(number, case, status)
        service.told("/execution/finish", {"executionId": number})
        return number

    def test_only_those_run(self, service):
        number = self.ended(service)
        body = {"executionId": number, "caseIds": [1, "3"]}
        again = service.front_data("/execution/rerun", body)
        assert [row["case_id"] for row in service.cases(again["id"])] == [1, 3]

    def test_of_the_chosen_those_that_did_not_pass(self, service):
        number = self.ended(service)
        body = {"executionId": number, "caseIds": [1, 2], "onlyFailed": True}
        again = service.front_data("/execution/rerun", body)
        assert [row["case_id"] for row in service.cases(again["id"])] == [2]

    def test_one_of_another_execution_is_named(self, service):
        number = self.ended(service)
        answer = service.front("/execution/rerun", {"executionId": number, "caseIds": [1, 7]})
        assert (answer["code"], answer["msg"]) == (40009, "caseIds 中的 7 不在该执行内")
        empty = service.front("/execution/rerun", {"executionId": number, "caseIds": []})
        assert (empty["code"], empty["msg"]) == (40009, "caseIds 不能为空")


class TestCompression:
    @pytest.mark.parametrize(
        ("accepted", "is_small"),
        [
            ("gzip", True),
            ("br, GZIP;q=0.5", True),
            ("gzip; q=1", True),
            ("identity", False),
            ("", False),
            ("gzip;q=0", False),
            ("gzip;q=0.0", False),
            ("xgzip", False),
        ],
    )
    def test_long_answers_are_small_for_who_takes_them(self, service, accepted, is_small):
        service.catalog(*range(1, 101))
        headers = {"token": TOKEN, "accept-encoding": accepted}
        response = service.client.get(f"{API}/case/list?pageSize=100", headers=headers)

        assert (response.headers.get("content-encoding") == "gzip") is is_small
        assert len(response.json()["data"]["list"]) == 100

    def test_short_answers_and_those_of_posts_are_as_they_are(self, service):
        service.catalog(*range(1, 101))
        headers = {"token": TOKEN, "accept-encoding": "gzip"}
        short = service.client.get(f"{API}/case/list?pageSize=1", headers=headers)
        body = {"projectId": 3, "planName": "p", "cases": list(range(1, 101))}
        saved = service.client.post(f"{API}/plan/save", json=body, headers=headers)

        assert len(saved.content) > 8192
        for response in (short, saved):
            assert "content-encoding" not in response.headers


def test_a_login_names_its_user_where_it_can(tmp_path):
    from orchestrator.auth.backends import TokenAuth

    with Service(tmp_path) as service:
        logins = TokenAuth(service.database)
        assert logins.authenticate(TOKEN).name is None
        service.sql(
            "UPDATE static_token SET name = '李雷' WHERE token_hash = :hash", hash=digest(TOKEN)
        )
        assert until(lambda: logins.authenticate(TOKEN).name) == "李雷"
