"""Live events: in order, complete, resumable anywhere, and free once nobody listens."""

import threading

import pytest
from live_kit import Listener, counted_as, is_execution, live
from service_kit import TOKEN, until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def service(tmp_path):
    with live(tmp_path) as running:
        yield running


def moves(events):
    """`(case, status)` of the case events."""
    return [(data["case_id"], data["status"]) for name, _, data in events if name == "case"]


def finish(service, number):
    return service.told("/execution/finish", {"executionId": number})


def ids_ascend(events):
    keys = [
        [*map(int, f"{identity}-{2**63}".split("-")[:2])] for name, identity, _ in events if name
    ]
    return keys == sorted(keys) and len({*map(tuple, keys)}) == len(keys)


def test_a_listener_sees_the_whole_run_in_order(service):
    number = service.started(1, 2)
    with Listener(service, number) as listener:
        assert listener.response.headers["content-type"].startswith("text/event-stream")
        seen = listener.until(is_execution)
        assert moves(seen) == [(1, 0), (2, 0)]
        for case, status in [(1, 1), (1, 2), (2, 1), (2, 3)]:
            service.result(number, case, status)
            seen += listener.until(is_execution)
        finish(service, number)
        seen += listener.rest()

    assert moves(seen) == [(1, 0), (2, 0), (1, 1), (1, 2), (2, 1), (2, 3)]
    assert ids_ascend(seen)
    assert [seen[-2][2]["status"], seen[-1]] == [5, ("", "", "end")]


def test_the_rows_are_those_of_detail_and_case_list(service):
    number = service.started(1, 2)
    service.result(number, 1, 3, errorMessage="坏\nof\r\nlines", ext={"a": [1.5]})
    finish(service, number)
    with Listener(service, number) as listener:
        seen = listener.rest()

    rows = {data["id"]: data for name, _, data in seen if name == "case"}
    assert [rows[row["id"]] for row in service.cases(number)] == service.cases(number)
    assert seen[-2][2] == service.detail(number)


def test_a_listener_resumes_after_every_single_event(service):
    """Whatever the last id that came through: the rest is the same as for who never left."""
    number = service.started(1, 2, 3)
    service.result(number, 2, 2)
    service.told(
        "/execution/case/result",
        {"executionId": number, "results": [{"caseId": n, "status": 3} for n in (1, 3)]},
    )
    finish(service, number)
    with Listener(service, number) as listener:
        whole = [event for event in listener if event[0]]
    assert len(whole) == 4

    for index, (_, identity, _) in enumerate(whole):
        with Listener(service, number, last=identity) as again:
            rest = [event for event in again if event[0]]
        assert rest == whole[index + 1 :]


def test_between_two_connections_nothing_is_lost(service):
    number = service.started(1, 2, 3)
    with Listener(service, number) as listener:
        last = listener.until(is_execution)[-1][1]
    service.result(number, 1, 2)
    service.result(number, 3, 1)
    with Listener(service, number, last=last) as again:
        assert moves(again.until(is_execution)) == [(1, 2), (3, 1)]


def test_a_restart_in_the_middle_loses_nothing(tmp_path):
    with live(tmp_path) as first:
        number = first.started(1, 2)
        with Listener(first, number) as listener:
            last = listener.until(is_execution)[-1][1]
            first.result(number, 1, 2)
            last = listener.until(is_execution)[-1][1]
    with live(tmp_path) as second, Listener(second, number, last=last) as again:
        second.result(number, 2, 2)
        finish(second, number)
        seen = again.rest()

    assert moves(seen) == [(2, 2)]
    assert seen[-2][2]["status"] == 4


def test_a_service_that_stops_ends_its_streams_at_once(tmp_path):
    with live(tmp_path) as service:
        number = service.started(1)
        listener = Listener(service, number)
        listener.until(is_execution)
    with listener:
        assert listener.rest() == [("", "", "closing")]


def test_two_processes_on_one_database_show_the_same(tmp_path):
    with live(tmp_path) as one, live(tmp_path) as other:
        number = one.started(1, 2)
        with Listener(one, number) as here, Listener(other, number) as there:
            seen = [listener.until(is_execution) for listener in (here, there)]
            other.result(number, 1, 2)
            one.result(number, 2, 2)
            seen = [
                events + listener.until(counted_as(passed=2))
                for events, listener in zip(seen, (here, there), strict=True)
            ]
            finish(other, number)
            ends = [listener.rest() for listener in (here, there)]

    for events in seen:
        assert {case for case, status in moves(events) if status == 2} == {1, 2}
        assert ids_ascend(events)
    assert [end[-2][2]["status"] for end in ends] == [4, 4]


def test_cases_that_the_end_of_an_execution_moves_are_told(service):
    number = service.started(1, 2)
    service.result(number, 1, 2)
    with Listener(service, number) as listener:
        listener.until(is_execution)
        service.front("/execution/cancel", {"executionId": number})
        seen = listener.rest()

    assert moves(seen) == [(2, 7)]
    assert (seen[-2][2]["status"], seen[-2][2]["summary"]["canceled"]) == (6, 1)


def test_what_shows_nothing_new_is_no_event(service):
    number = service.started(1)
    with Listener(service, number) as listener:
        last = listener.until(is_execution)[-1][1]
        service.told("/execution/heartbeat", {"executionId": number})
        service.front("/execution/token", {"executionId": number})
        service.result(number, 1, 2)
        seen = listener.until(is_execution)

    assert moves(seen) == [(1, 2)]
    assert int(seen[-1][1]) == int(last) + 1


def test_a_listener_that_knows_the_end_is_told_to_stay_away(service):
    number = service.started(1)
    service.result(number, 1, 2)
    finish(service, number)
    with Listener(service, number) as listener:
        last = listener.until(is_execution)[-1][1]
    with Listener(service, number, last=last) as again:
        assert (again.status, again.response.read()) == (204, b"")


def test_a_late_outcome_after_the_end_is_found_by_coming_again(service):
    number = service.started(1)
    service.front("/execution/cancel", {"executionId": number})
    with Listener(service, number) as listener:
        last = listener.rest()[-2][1]
    service.result(number, 1, 2)
    with Listener(service, number, last=last) as again:
        assert moves(again.rest()) == [(1, 2)]


def test_a_position_from_the_future_starts_again(service):
    """An older copy of the database was put back: all is told once more."""
    number = service.started(1)
    with Listener(service, number, last="999999") as listener:
        assert moves(listener.until(is_execution)) == [(1, 0)]


def test_a_hundred_listeners_see_the_same_and_leave_nothing(service):
    number = service.started(*range(1, 6))
    seen = {}

    def listen(index):
        with Listener(service, number) as listener:
            seen[index] = listener.until(lambda *event: event == ("", "", "end"))

    threads = [threading.Thread(target=listen, args=(index,)) for index in range(100)]
    for thread in threads:
        thread.start()
    feeds = service.app.state.feeds
    until(lambda: feeds.listeners() == 100)
    for case in range(1, 6):
        service.result(number, case, 2)
    finish(service, number)
    for thread in threads:
        thread.join(30)

    assert len(seen) == 100
    for events in seen.values():
        assert {case for case, status in moves(events) if status == 2} == {1, 2, 3, 4, 5}
        assert ids_ascend(events)
        assert events[-2][2]["status"] == 4
    until(lambda: len(feeds) == 0)


def test_who_hangs_up_frees_everything(service):
    number = service.started(1)
    feeds = service.app.state.feeds
    listeners = [Listener(service, number) for _ in range(10)]
    until(lambda: feeds.listeners() == 10)
    task = feeds._feeds[number].task
    for listener in listeners:
        listener.close()

    until(lambda: len(feeds) == 0)
    until(task.done)


def test_one_read_serves_all_listeners(service):
    number = service.started(1, 2)
    feeds = service.app.state.feeds
    listeners = [Listener(service, number) for _ in range(20)]
    for listener in listeners:
        listener.until(is_execution)
    reads = []
    read = feeds.read
    feeds.read = lambda *ask: reads.append(ask) or read(*ask)
    service.result(number, 1, 2)
    for listener in listeners:
        assert moves(listener.until(is_execution)) == [(1, 2)]
        listener.close()

    assert len(reads) <= 3  # the change, and looks by the clock


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 40011),
        ("?executionId=", 40011),
        ("?executionId=x", 40011),
        ("?executionId=0", 40011),
        ("?executionId=999", 40011),
        ("?executionId=1&lastEventId=-1", 40009),
        ("?executionId=1&lastEventId=1-2-3", 40009),
        ("?executionId=1&lastEventId=１", 40009),
        ("?executionId=1&last_event_id=" + "9" * 19, 40009),
    ],
)
def test_bad_ids_are_answered_in_the_envelope(calm, query, code):
    answer = calm.front(f"/execution/events{query}")

    assert (answer["code"], answer["data"]) == (code, None)


def test_without_a_token_nobody_listens(calm):
    answer = calm.client.get("/it/api/automation/execution/events?executionId=1")

    assert (answer.status_code, answer.json()["code"]) == (401, 40001)


@pytest.mark.parametrize("name", ["Authorization", "accessToken", "token"])
def test_the_usual_headers_let_in(service, name):
    number = service.started(1)
    value = f"Bearer {TOKEN}" if name == "Authorization" else TOKEN
    with Listener(service, number, token="", headers={name: value}) as listener:
        assert listener.status == 200


def test_a_browsers_token_comes_in_the_query_and_reaches_no_log(service, caplog):
    number = service.started(1)
    with caplog.at_level("DEBUG"):
        with Listener(service, number, token="", query=f"&token={TOKEN}") as listener:
            assert listener.status == 200
            listener.until(is_execution)
        until(lambda: len(service.app.state.feeds) == 0)
        until(lambda: "/execution/events" in caplog.text)

    # uvicorn's access log is off; pytest alone gives its logger a handler
    ours = [
        r.getMessage() for r in caplog.records if r.name.startswith(("sisyphus", "uvicorn.error"))
    ]
    assert [line for line in ours if TOKEN in line] == []


def test_the_query_opens_no_other_address(calm):
    for path in ("/execution/detail?executionId=1", "/execution/list?"):
        answer = calm.client.get(f"/it/api/automation{path}&token={TOKEN}")
        assert answer.status_code == 401


def test_head_says_what_would_come_and_ends(service):
    number = service.started(1)
    answer = service.client.head(
        "/it/api/automation/execution/events",
        params={"executionId": number},
        headers={"token": TOKEN},
    )

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b""
