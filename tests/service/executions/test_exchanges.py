"""What the steps of cases exchanged: which are kept, for how long, and who is shown them."""

import datetime as dt
import json

import pytest
from service_kit import API, SECRET, TOKEN, Service
from statement_kit import recorded

PASSED, FAILED, SKIPPED, CANCELED = 2, 3, 5, 7


def text(*names, left_out=0):
    return json.dumps({"steps": [{"name": name} for name in names], "left_out": left_out})


def row_id(service, number, case):
    rows = service.cases(number)
    return next(row["id"] for row in rows if row["case_id"] == case)


def detail(service, number, case=1):
    query = {"executionCaseId": row_id(service, number, case)}
    answer = service.front("/execution/case/detail", query=query)
    assert answer["code"] == 20000, answer
    return answer["data"]


def names(service, number, case=1):
    kept = detail(service, number, case)["exchanges"]
    return None if kept is None else [step["name"] for step in kept["steps"]]


def ran(service, env, *results):
    """An execution in that environment: `(case, status, exchanges)`."""
    body = {"planId": 2001, "envCode": env}
    number = service.front_data("/plan/run", body)["id"]
    for case, status, exchanges in results:
        service.result(number, case, status, **({"exchanges": exchanges} if exchanges else {}))
    service.front("/execution/cancel", {"executionId": number})
    return number


@pytest.fixture
def keeping(tmp_path, database_url):
    """A service that keeps what it is told to keep, with a plan of cases 1 and 2."""
    made = []

    def keep(what):
        service = Service(tmp_path, database_url=database_url, keep_exchanges=what)
        made.append(service.__enter__())
        service.plan(1, 2)
        return service

    yield keep
    for service in made:
        service.__exit__()


def stored(service):
    return service.sql("SELECT count(*) FROM exchange")[0][0]


@pytest.mark.every_database
def test_of_failed_cases_all_is_kept_of_passed_ones_the_last_in_each_environment(keeping):
    service = keeping("failed")
    first = ran(service, "st", (1, PASSED, text("a")), (2, FAILED, text("b")))
    other = ran(service, "uat", (1, PASSED, text("c")))
    second = ran(service, "st", (1, PASSED, text("d")), (2, FAILED, text("e")))
    third = ran(service, "st", (1, FAILED, text("f")), (2, PASSED, text("g")))

    assert [names(service, number) for number in (first, other, second, third)] == [
        None,
        ["c"],
        ["d"],
        ["f"],
    ]
    assert [names(service, number, 2) for number in (first, second, third)] == [["b"], ["e"], ["g"]]
    assert "最近一次通过" in detail(service, first)["exchanges_note"]
    last = detail(service, third)["last_passed"]
    assert (last["execution_id"], last["exchanges"]) == (second, True)
    assert last["execution_case_id"] == row_id(service, second, 1)
    assert last["execution_no"] == service.detail(second)["execution_no"]
    assert dt.datetime.fromisoformat(last["finished_at"]) == service.clock.now()
    assert detail(service, first, 2)["last_passed"] is None
    assert detail(service, second)["last_passed"]["exchanges"] is False


@pytest.mark.every_database
def test_all_and_none(keeping):
    service = keeping("all")
    first = ran(service, "st", (1, PASSED, text("a")))
    second = ran(service, "st", (1, PASSED, text("b")))
    assert (names(service, first), names(service, second)) == (["a"], ["b"])


def test_none(keeping):
    service = keeping("none")
    number = ran(service, "st", (1, FAILED, text("a")))
    assert (names(service, number), stored(service)) == (None, 0)
    assert "--keep-exchanges none" in detail(service, number)["exchanges_note"]


@pytest.mark.every_database
def test_a_newer_attempt_replaces_what_the_one_before_exchanged(keeping):
    service = keeping("failed")
    number = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    service.result(number, 1, FAILED, exchanges=text("first"), resultId="1")
    service.result(number, 1, FAILED, exchanges=text("again"), resultId="1")
    assert names(service, number) == ["first"]
    service.result(number, 1, PASSED, exchanges=text("second"), retryCount=1)
    assert (names(service, number), stored(service)) == (["second"], 1)


@pytest.mark.every_database
def test_a_late_pass_never_takes_a_newer_ones_place(keeping):
    service = keeping("failed")
    old = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    service.front("/execution/cancel", {"executionId": old})
    new = ran(service, "st", (1, PASSED, text("new")))
    service.result(old, 1, PASSED, exchanges=text("late"))

    assert names(service, new) == ["new"]
    ran(service, "st", (1, PASSED, text("newest")))
    assert stored(service) == 1


def test_a_skipped_case_exchanged_nothing(keeping):
    service = keeping("all")
    number = ran(service, "st", (1, SKIPPED, text("a")), (2, CANCELED, text("b")))
    assert (names(service, number), names(service, number, 2)) == (None, ["b"])


@pytest.mark.every_database
def test_they_go_with_their_execution(keeping):
    from orchestrator.store import pruning

    service = keeping("failed")
    number = ran(service, "st", (1, PASSED, text("a")), (2, FAILED, text("b")))
    writer = service.app.state.services.writer
    writer.run(lambda session: pruning.remove(session, [number], service.clock.now()))
    assert stored(service) == 0


def test_a_batch_costs_one_statement_more_however_many_it_brings(keeping):
    """And none where nobody brings any, see test_statements."""
    service = keeping("failed")
    ran(service, "st", (1, PASSED, text("a")), (2, PASSED, text("b")))
    number = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    results = [
        {"caseId": 1, "status": PASSED, "exchanges": text("c")},
        {"caseId": 2, "status": FAILED, "exchanges": text("d")},
    ]
    with recorded(service.app.state.services.database) as statements:
        service.told("/execution/case/result", {"executionId": number, "results": results})

    touching = [asked.split()[0] for asked, _ in statements if "exchange" in asked]
    assert touching == ["DELETE", "INSERT"]


class TestWhatIsSent:
    def send(self, service, exchanges):
        number = service.started(1)
        service.result(number, 1, FAILED, exchanges=exchanges)
        assert service.statuses(number) == [FAILED]
        return detail(service, number)

    def test_pull_says_what_is_kept(self, tmp_path):
        for what in ("failed", "all", "none"):
            folder = tmp_path / what
            folder.mkdir()
            with Service(folder, keep_exchanges=what) as service:
                number = service.run_plan(1)["id"]
                path = f"{API}/execution/case/pull?executionId={number}"
                answer = service.client.get(path, headers={"X-CALLBACK-SECRET": SECRET})
                assert answer.json()["data"]["keepExchanges"] == what

    def test_an_object_is_taken_as_its_text_is(self, service):
        told = self.send(service, {"steps": [{"name": "é字"}], "left_out": 3})
        assert told["exchanges"] == {"steps": [{"name": "é字"}], "left_out": 3}
        assert told["exchanges_note"] is None

    @pytest.mark.parametrize("broken", ["{", "[]", "5", "null", '{"steps": []}', "[" * 100_000])
    def test_what_cannot_be_read_loses_no_result_and_says_so(self, service, broken):
        told = self.send(service, broken)
        assert (told["exchanges"], told["exchanges_note"]) == (None, "保留的请求与响应无法读取")

    def test_what_is_too_long_loses_no_result_and_says_so(self, service):
        told = self.send(service, text("x" * 600_000))
        assert told["exchanges"] == {"steps": [], "left_out": 0}
        assert "524288" in told["exchanges_note"]

    def test_texts_that_no_database_stores_are_mended(self, service):
        nul, half = "a\\u0000b", "\\ud800"
        told = self.send(service, f'{{"steps": [{{"name": "{nul}{half}"}}], "left_out": 0}}')
        assert told["exchanges"]["steps"] == [{"name": "a\ufffdb\ufffd"}]

    def test_the_services_own_secrets_are_stars(self, service):
        told = self.send(service, text(f"Bearer {SECRET}"))
        assert told["exchanges"]["steps"] == [{"name": "Bearer ***"}]

    def test_python_tests_send_none(self, service):
        number = service.started(1)
        service.result(number, 1, FAILED)
        assert detail(service, number)["exchanges_note"] == "执行机没有上报请求与响应"

    def test_of_what_is_not_over_there_is_nothing_to_say(self, service):
        number = service.started(1)
        assert detail(service, number)["exchanges_note"] is None
        service.front("/execution/cancel", {"executionId": number})
        assert detail(service, number)["exchanges_note"] is None


class TestDetail:
    def test_it_is_the_whole_row_and_more(self, service):
        number = service.started(1)
        service.result(number, 1, FAILED, stackTrace="trace", exchanges=text("a"))
        (row,) = service.cases(number)
        told = detail(service, number)
        assert {name: told[name] for name in row} == row
        assert told.keys() - row.keys() == {"exchanges", "exchanges_note", "last_passed"}

    @pytest.mark.parametrize("given", ["99", "0", "x", ""])
    def test_of_one_that_there_is_not(self, calm, given):
        answer = calm.front("/execution/case/detail", query={"executionCaseId": given})
        expected = (40011, "未查询到对应执行明细") if given == "99" else (40009, answer["msg"])
        assert (answer["code"], answer["msg"]) == expected
        assert answer["msg"]

    def test_lists_and_events_never_read_them(self, service):
        number = service.started(1)
        service.result(number, 1, FAILED, exchanges=text("a"))
        feeds = service.app.state.feeds
        from orchestrator.store.changes import START

        with recorded(service.app.state.services.database) as statements:
            service.cases(number)
            feeds.read(number, START)
        assert statements
        assert not any("exchange" in asked for asked, _ in statements)


@pytest.mark.every_database
def test_the_stability_of_many_rows_comes_at_once(service):
    service.plan(1, 2, 3)
    for status in (PASSED, FAILED, PASSED, FAILED):
        last = ran(service, "st", (1, status, None), (2, PASSED, None))
    now = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]
    rows = {row["case_id"]: row["id"] for row in service.cases(now)}
    foreign = row_id(service, last, 1)

    asked = ",".join(map(str, [*rows.values(), foreign]))
    query = {"executionId": now, "executionCaseIds": asked}
    data = service.front_data("/execution/case/stability", query=query)

    told = {row["case_id"]: row for row in data["list"]}
    assert (data["total"], told.keys()) == (3, {1, 2, 3})
    assert [told[case]["flaky"] for case in (1, 2, 3)] == [True, False, False]
    assert told[1]["last_passed"]["execution_id"] == last - 1
    assert told[2]["last_passed"]["execution_id"] == last
    assert told[3]["last_passed"] is None
    assert told[2]["execution_case_id"] == rows[2]
    assert [run["status"] for run in told[1]["recent"]] == [PASSED, FAILED, PASSED, FAILED]
    assert [run["execution_id"] for run in told[2]["recent"]] == list(range(last - 3, last + 1))
    assert [run["status"] for run in told[3]["recent"]] == [CANCELED] * 4  # never reported


@pytest.mark.every_database
def test_recent_runs_are_the_newest_ten_of_the_same_environment(service):
    service.plan(1)
    ran(service, "st", (1, FAILED, None))
    ten = [ran(service, "st", (1, PASSED, None)) for _ in range(10)]
    ran(service, "uat", (1, FAILED, None))
    row = row_id(service, ten[0], 1)

    query = {"executionId": ten[0], "executionCaseIds": str(row)}
    (told,) = service.front_data("/execution/case/stability", query=query)["list"]

    assert told["recent"] == [{"execution_id": run, "status": PASSED} for run in ten]


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [
        ("", "executionCaseIds 为必传参数"),
        ("1,x", "executionCaseIds 必须为整数"),
        ("0", "executionCaseIds 应在 1 与 9007199254740991 之间"),
        (",".join(["1"] * 501), "executionCaseIds 不能超过 500 个"),
    ],
)
def test_ids_that_are_none_are_refused(calm, ids, complaint):
    query = {"executionId": 1, "executionCaseIds": ids}
    answer = calm.front("/execution/case/stability", query=query)
    assert (answer["code"], answer["msg"]) == (40009, complaint)


def test_without_a_login_nobody_sees_them(calm):
    for path in ("case/detail?executionCaseId=1", "case/stability?executionId=1"):
        assert calm.client.get(f"{API}/execution/{path}").status_code == 401
    assert calm.client.get(f"{API}/execution/list", headers={"token": TOKEN}).status_code == 200
