"""What a request costs the database, in statements: a guard that needs no clock."""

import threading
from functools import partial

import pytest
from service_kit import counted, counters
from statement_kit import recorded

pytestmark = pytest.mark.every_database
TOKEN_LOOKUP = 1


@pytest.fixture
def statements_of(service):
    """What a function makes the service ask of its database."""
    database = service.app.state.services.database

    def asked(function):
        with recorded(database) as statements:
            function()
        return [text for text, _ in statements if not text.startswith("BEGIN")]

    return asked


def opened(service, number):
    """A runner with the execution's own token, which the door has seen."""
    body = {"executionId": number}
    token = service.front_data("/execution/token", body)["token"]

    def send(**fields):
        answer = service.call("/execution/case/result", {**body, **fields}, token=token)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    send(results=[{"caseId": 1, "status": 1}])
    return send


@pytest.mark.parametrize("cases", [10, 400])
def test_results_cost_four_statements_however_many_there_are(service, statements_of, cases):
    """The execution, its cases, their UPDATE, the execution's."""
    number, rows = 0, []
    for batch, by, column in (
        (10, "executionCaseId", "id"),
        (10, "caseId", "case_id"),
        (1, "executionCaseId", "id"),
        (1, "caseId", "case_id"),
    ):
        if len(rows) < batch:
            if number:
                service.front("/execution/cancel", {"executionId": number})
            number = service.started(*range(1, cases + 1))
            send = opened(service, number)
            rows = service.cases(number)
        now, rows = rows[:batch], rows[batch:]
        results = [{by: row[column], "status": 2} for row in now]

        statements = statements_of(partial(send, results=results))

        assert len(statements) == 4, statements
        statuses = {row["id"]: row["status"] for row in service.cases(number)}
        assert [statuses[row["id"]] for row in now] == [2] * batch
        assert counters(service.detail(number)) == counted(service.statuses(number))


def test_a_repetition_renews_the_lease_and_writes_nothing_else(service, statements_of):
    number = service.started(1, 2)
    send = opened(service, number)
    send(caseId=1, status=2)
    before = service.sql("SELECT change_no FROM execution")

    statements = statements_of(lambda: send(caseId=1, status=2))

    assert len(statements) == 3, statements
    assert service.sql("SELECT change_no FROM execution") == before


def while_the_writer_is_busy(writer, calls):
    """Make the calls, each in a thread, and let go of the writer when all of them wait."""
    busy, go = threading.Event(), threading.Event()

    def block(_session):
        busy.set()
        assert go.wait(30)

    threads = [threading.Thread(target=writer.run, args=(block,))]
    threads[0].start()
    assert busy.wait(30)
    threads += [threading.Thread(target=call) for call in calls]
    for thread in threads[1:]:
        thread.start()
    while writer._queue.qsize() < len(calls):
        threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join()


def test_all_that_wait_share_their_statements(service, statements_of):
    """Sixteen calls of four executions: one look, one UPDATE of each kind."""
    service.plan(*range(1, 9))
    numbers, calls = [], []
    for env in "abcd":
        number = service.front_data("/plan/run", {"planId": 2001, "envCode": env})["id"]
        service.told("/execution/start", {"executionId": number})
        send = opened(service, number)
        rows = service.cases(number)[:4]
        calls += [partial(send, executionCaseId=row["id"], status=3) for row in rows]
        numbers.append(number)

    writer = service.app.state.services.writer
    statements = statements_of(lambda: while_the_writer_is_busy(writer, calls))

    assert len(statements) == 4, statements
    for number in numbers:
        assert service.statuses(number) == [3] * 4 + [0] * 4
        assert counters(service.detail(number)) == counted(service.statuses(number))


def test_what_is_refused_leaves_the_rest_alone(service):
    """One with another's token, one of another runner, one unknown case: the rest is stored."""
    number = service.started(1, 2, runnerId="a")
    other = service.front_data("/case/run", {"caseId": 1, "envCode": "qa"})["id"]
    body = {"executionId": number}
    token = service.front_data("/execution/token", {"executionId": other})["token"]

    wrong = service.call("/execution/case/result", {**body, "caseId": 1, "status": 2}, token=token)
    held = service.call(
        "/execution/case/result", {**body, "caseId": 1, "status": 2, "runnerId": "b"}
    )
    right = service.told("/execution/case/result", {**body, "caseId": 2, "status": 2})

    assert (wrong.status_code, wrong.json()["code"]) == (403, 40004)
    assert (held.status_code, held.json()["code"]) == (409, 40010)
    assert right["rejected"] == []
    assert service.statuses(number) == [0, 2]


def test_a_token_that_was_replaced_no_longer_opens_though_it_was_known(service):
    number = service.started(1)
    send = opened(service, number)
    send(caseId=1, status=1)
    service.front("/execution/token", {"executionId": number})

    with pytest.raises(AssertionError, match="40004"):
        send(caseId=1, status=2)
    assert service.statuses(number) == [1]


LISTS = [
    ("/execution/list", {}, 2),
    ("/execution/list", {"status": 3, "triggerType": 2, "pageNo": 2}, 2),
    ("/execution/detail", {"executionId": 1}, 1),
    ("/execution/case/list", {"executionId": 1}, 2),
    ("/execution/case/list", {"executionId": 1, "status": 0, "pageNo": 3, "pageSize": 2}, 2),
]


def test_a_list_costs_a_count_and_a_page(service, statements_of):
    assert service.started(*range(1, 9)) == 1
    for path, query, budget in LISTS:
        statements = statements_of(partial(service.front, path, query=query))
        assert len(statements) == budget + TOKEN_LOOKUP, (path, query, statements)


def test_counters_that_somebody_made_wrong_are_put_right_at_the_start(tmp_path, service, caplog):
    number = service.started(1, 2)
    service.result(number, 1, 2)
    right = counters(service.detail(number))
    service.sql("UPDATE execution SET passed_count = 7, total_count = 9, pending_count = 0")

    with type(service)(tmp_path, database_url=service.url, runner=service.runner) as again:
        assert counters(again.detail(number)) == right
        assert again.detail(number)["total_count"] == 2
    assert f"execution {number}: counters put right" in caplog.text
