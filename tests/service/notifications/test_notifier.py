"""A notice is sent until it is received or given up, by one process, with one delivery id."""

import datetime as dt
import logging
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hook_receiver import HANG, answer, receiver
from service_kit import Service, metric, until
from webhook_kit import finished, hook, rows, settled

from orchestrator.notifications.notifier import pause
from orchestrator.status import DeliveryState, NotificationKind
from orchestrator.store import notifications

PROCESS = Path(__file__).parents[2] / "fakes" / "sending_process.py"


def running(tmp_path, told, **options):
    return Service(tmp_path, webhooks=(hook(told),), **options)


def failed(service, trouble="HTTP 500"):
    """The row once its last attempt failed with this."""
    until(lambda: rows(service)[0]["trouble"] == trouble)
    return rows(service)[0]


def test_what_failed_is_sent_again_with_the_same_id(tmp_path, told, caplog):
    told.script = [answer(503), answer(302, b"", f"Location: {told.url}"), b""]
    with running(tmp_path, told) as service:
        finished(service, 2)
        for number, trouble in enumerate(["HTTP 503", "HTTP 302", "no connection"], start=1):
            assert failed(service, trouble)["attempts"] == number
            service.clock.forward(60)
        [row] = settled(service)
        counted = [
            metric(service, f'sisyphus_webhook_attempts_total{{fate="{fate}",webhook="qa"}}')
            for fate in ("retried", "delivered")
        ]
    assert row["attempts"] == 4
    assert {one.delivery for one in told.told} == {row["delivery_id"]}
    assert len({one.body for one in told.told}) == 1
    assert len({one.headers["x-sisyphus-signature"] for one in told.told}) == 4
    assert counted == [3, 1]
    assert "retried after 1 attempt (HTTP 503)" in caplog.text


def test_a_chat_that_refuses_with_http_200_is_told_again(tmp_path, told):
    told.script = [answer(200, {"code": 19021}), answer(200, {"code": 0})]
    with Service(tmp_path, webhooks=(hook(told, format="feishu"),)) as service:
        finished(service, 2)
        assert failed(service, "code 19021")["attempts"] == 1
        service.clock.forward(60)
        settled(service)
    assert ["sign" in one.document for one in told.told] == [True, True]


def test_a_receiver_that_asks_for_a_pause_gets_it(tmp_path, told):
    told.script = [answer(429, b"", "Retry-After: 600")]
    with running(tmp_path, told) as service:
        finished(service, 2)
        failed(service, "HTTP 429")
        with service.database.reading() as session:
            late = [service.clock.now() + dt.timedelta(seconds=n) for n in (599, 600)]
            found = [notifications.due(session, "qa", moment) is not None for moment in late]
        service.clock.forward(600)
        settled(service)
    assert found == [False, True]


def test_a_receiver_that_hangs_delays_no_other(tmp_path, told):
    with receiver() as slow:
        slow.script = [HANG]
        with Service(tmp_path, webhooks=(hook(slow, "slow"), hook(told, "quick"))) as service:
            finished(service, 2)
            until(lambda: slow.told)
            finished(service, 2)
            until(lambda: len(told.told) == 2)
            states = {(row["webhook"], row["state"]) for row in rows(service)}
            slow.close()
    assert ("slow", "waiting") in states


def test_after_a_day_it_is_given_up_and_said(tmp_path, told, caplog):
    told.script = [answer(500)] * 2
    with running(tmp_path, told) as service:
        finished(service, 2)
        failed(service)
        service.clock.forward(24 * 3600 - 1)
        until(lambda: rows(service)[0]["state"] == "given_up")
        [row] = rows(service)
        given_up = metric(service, 'sisyphus_webhook_attempts_total{fate="given_up",webhook="qa"}')
    assert (row["attempts"], row["trouble"], bool(row["ended_time"])) == (2, "HTTP 500", True)
    assert given_up == 1
    [record] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.getMessage() == (
        f"webhook qa: notice {row['delivery_id']} of execution 1: "
        "given up after 2 attempts (HTTP 500)"
    )


def test_a_notice_of_another_day_is_not_sent(tmp_path, told):
    with running(tmp_path, told) as service:
        clock = service.clock
        told.script = [answer(500)]
        finished(service, 2)
        failed(service)
    clock.forward(3 * 24 * 3600)
    with running(tmp_path, told, clock=clock) as service:
        until(lambda: rows(service)[0]["state"] == "given_up")
    assert len(told.told) == 1


def test_what_was_not_received_is_sent_after_a_restart(tmp_path, told):
    told.script = [answer(500)]
    with running(tmp_path, told) as service:
        clock = service.clock
        finished(service, 2)
        failed(service)
    clock.forward(10)
    with running(tmp_path, told, clock=clock) as service:
        settled(service)
    first, second = told.told
    assert first.delivery == second.delivery


@pytest.mark.parametrize(
    ("attempts", "shortest", "longest"),
    [(1, 4, 6), (2, 8, 12), (3, 16, 24), (9, 1024, 1536), (10, 1440, 2160), (500, 1440, 2160)],
)
def test_pauses_grow_up_to_half_an_hour(attempts, shortest, longest):
    assert pause(attempts, min) == shortest
    assert pause(attempts, max) == longest
    assert shortest <= pause(attempts) <= longest


@pytest.mark.every_database
def test_a_correction_waits_for_the_notice_that_it_replaces(tmp_path, database_url, told):
    told.script = [answer(500)]
    with running(tmp_path, told, database_url=database_url) as service:
        number = finished(service, 0)
        failed(service)
        service.result(number, 1, 2)
        now = service.clock.now()
        with service.database.reading() as session:
            assert notifications.due(session, "qa", now) is None
        service.clock.forward(10)
        settled(service)
    assert [one.document["event"] for one in told.told] == [
        *["execution.ended"] * 2,
        "execution.healed",
    ]


@pytest.mark.every_database
def test_only_one_process_gets_the_claim_and_the_late_one_changes_nothing(
    tmp_path, database_url, told
):
    told.script = [answer(500)]
    with running(tmp_path, told, database_url=database_url) as service:
        finished(service, 2)
        failed(service)
        now, run = service.clock.now(), service.app.state.services.writer.run
        later = service.clock.now().replace(year=2030)
        with service.database.reading() as session:
            mine = notifications.due(session, "qa", later)
        other = mine.model_copy()
        claims = [run(lambda s, d=d: notifications.claim(s, d, later)) for d in (mine, other)]
        run(lambda s: notifications.reschedule(s, other, now, "late"))
        gave_up = run(lambda s: notifications.give_up(s, other, now, "late"))
        mine.attempts += 1
        run(lambda s: notifications.mark_delivered(s, mine, now))
        run(lambda s: notifications.reschedule(s, mine, now, "later"))
        [row] = rows(service)
    assert (claims, gave_up) == ([True, False], False)
    assert (row["state"], row["trouble"], row["attempts"]) == (DeliveryState.DELIVERED, "", 2)
    assert row["kind"] == NotificationKind.ENDED


def process(service, told, *arguments):
    moment = service.clock.now().isoformat()
    return subprocess.Popen(
        [sys.executable, PROCESS, service.url, f"{told.url}/process", moment, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def go(*processes):
    """All at once, to their end; their exit codes."""
    for one in processes:
        assert one.stdout.readline() == "ready\n"
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in processes:
        one.communicate(timeout=90)
    return [one.returncode for one in processes]


@pytest.mark.every_database
def test_a_process_killed_between_claim_and_sending_loses_nothing(tmp_path, database_url, told):
    told.script = [answer(500)]
    with running(tmp_path, told, database_url=database_url) as service:
        clock = service.clock
        finished(service, 2)
        failed(service)
    clock.forward(10)
    assert go(process(service, told, "die")) == [9]
    service = running(tmp_path, told, clock=clock, database_url=database_url)
    with service:
        [claimed] = rows(service)
        assert (claimed["attempts"], claimed["state"], len(told.told)) == (2, "waiting", 1)
        clock.forward(61)
        [row] = settled(service)
    assert (row["attempts"], row["delivery_id"]) == (3, claimed["delivery_id"])
    assert [one.delivery for one in told.told] == [claimed["delivery_id"]] * 2


@pytest.mark.every_database
def test_two_processes_on_one_database_send_each_notice_once(tmp_path, database_url, told):
    told.script = [answer(500)]
    with running(tmp_path, told, database_url=database_url) as service:
        clock = service.clock
        ids = [service.run_plan(1, envCode=f"e{n}")["id"] for n in range(12)]
        service.app.state.services.notifier.close()
        for number in ids:
            service.front("/execution/cancel", {"executionId": number})
    clock.forward(10)
    del told.told[:]
    told.script = []
    assert go(process(service, told), process(service, told)) == [0, 0]
    counted = Counter(one.document["execution"]["id"] for one in told.told)
    assert counted == dict.fromkeys(ids, 1)
    service = Service(tmp_path, clock=clock, database_url=database_url)
    with service:
        assert {row["state"] for row in rows(service)} == {"delivered"}
