"""The delivery's rules, against an orchestrator that is a list, in a time that passes at once."""

import threading
from collections import deque

import pytest

from pytest_sisyphus.execution.client import CallFailed
from pytest_sisyphus.execution.courier import BATCH_BYTES, Courier
from pytest_sisyphus.execution.endpoints import ABORT, FINISH, HEARTBEAT, RESULT, START
from pytest_sisyphus.execution.retry import Backoff

AWAY = CallFailed("away", transient=True)
BUSY = CallFailed("busy", http_status=429, transient=True, retry_after=100.0)


class FakePace:
    def __init__(self):
        self.time = 0.0

    def tick(self):
        return self.time

    def wait(self, nudge: threading.Event, seconds):
        self.time += seconds


class FakeCalls:
    """Answers by script, then with success; `seconds` is what every call takes."""

    def __init__(self, pace):
        self.pace = pace
        self.script = deque()
        self.calls = []
        self.times = []
        self.limits = []
        self.seconds = 0.0
        self.down_until = 0.0

    def post(self, path, body, timeout):
        self.calls.append((path, body))
        self.times.append(self.pace.time)
        self.limits.append(timeout)
        self.pace.time += self.seconds
        answer = self.script.popleft() if self.script else {}
        if self.pace.time < self.down_until:
            answer = AWAY
        if isinstance(answer, CallFailed):
            raise answer
        return answer

    def paths(self):
        return [path for path, _ in self.calls]

    def delivered(self):
        return [
            one["resultId"]
            for path, body in self.calls
            if path == RESULT
            for one in body["results"]
        ]


class Desk:
    """A courier at work: `work` turns it until it has nothing to do, or for so many seconds."""

    def __init__(self, **rest):
        self.pace = FakePace()
        self.calls = FakeCalls(self.pace)
        self.heard, self.shut_out = [], []
        self.courier = Courier(
            self.calls,
            execution_id=13,
            runner_id="run",
            pace=self.pace,
            backoff=Backoff(chance=lambda: 1.0),
            told=self.heard.append,
            shut_out=self.shut_out.append,
            **rest,
        )

    @property
    def tally(self):
        return self.courier.tally

    def work(self, seconds=None):
        end = None if seconds is None else self.pace.time + seconds
        while end is None or self.pace.time < end:
            pause = self.courier.turn()
            if pause is None:
                return
            left = float("inf") if end is None else end - self.pace.time
            self.pace.wait(threading.Event(), min(pause, left))

    def result(self, number, status=2, **rest):
        body = {"executionCaseId": number, "status": status, "resultId": f"r{number}/{status}"}
        self.courier.result({**body, **rest})

    def finish(self, seconds=30.0, path=FINISH):
        self.courier.end(path, {"counts": {"2": 1}} if path == FINISH else {"status": 6})
        self.courier.hurry(seconds)
        self.work()


@pytest.fixture
def desk():
    return Desk()


def test_start_goes_first_and_finish_last(desk):
    desk.result(1)
    desk.courier.start({"startTime": "now"})
    desk.finish()

    assert desk.calls.paths() == [START, RESULT, FINISH]
    assert all(body["executionId"] == 13 for _, body in desk.calls.calls)
    assert all(body["runnerId"] == "run" for _, body in desk.calls.calls)
    assert desk.tally.closed
    assert desk.tally.undelivered == 0


def test_what_gathered_while_the_last_call_was_out_is_one_batch(desk):
    for number in range(2500):
        desk.result(number)
    desk.finish()

    assert [len(body["results"]) for path, body in desk.calls.calls if path == RESULT] == [
        1000,
        1000,
        500,
    ]


def test_a_batch_stays_under_the_limit_of_a_body(desk):
    for number in range(9):
        desk.result(number, stackTrace="x" * 1_000_000)
    desk.finish()

    sizes = [
        sum(len(one["stackTrace"]) for one in body["results"])
        for path, body in desk.calls.calls
        if path == RESULT
    ]
    assert max(sizes) < BATCH_BYTES
    assert sum(sizes) == 9_000_000


def test_one_result_beyond_the_limit_goes_alone(desk):
    desk.result(1, stackTrace="x" * (BATCH_BYTES + 1))
    desk.result(2)
    desk.finish()

    assert desk.calls.delivered() == ["r1/2", "r2/2"]


def test_an_outage_of_ten_minutes_loses_nothing(desk):
    desk.calls.down_until = 600.0
    for number in range(50):
        desk.result(number)
        desk.work(seconds=12.0)
    desk.work(seconds=60.0)
    desk.finish()

    assert desk.tally.undelivered == 0
    assert desk.tally.closed
    pauses = [
        after - before
        for before, after in zip(desk.calls.times, desk.calls.times[1:], strict=False)
    ]
    assert max(pauses) <= 30.0


def test_the_same_result_keeps_its_id_however_often_it_is_sent(desk):
    desk.calls.script.extend([AWAY, AWAY, AWAY])
    desk.result(1)
    desk.finish()

    assert desk.calls.delivered() == ["r1/2"] * 4


def test_retry_after_is_honoured(desk):
    desk.calls.script.append(BUSY)
    desk.result(1)
    desk.work(seconds=200.0)

    assert desk.calls.times[:2] == [0.0, 100.0]


def test_not_even_the_end_of_the_session_undercuts_retry_after(desk):
    desk.calls.script.append(BUSY)
    desk.result(1)
    desk.work(seconds=1.0)
    desk.finish(seconds=30.0)

    assert len(desk.calls.calls) == 1
    assert desk.tally.undelivered == 1


def test_the_end_of_the_session_tries_again_at_once(desk):
    desk.calls.script.extend([AWAY] * 8)
    desk.result(1)
    desk.work(seconds=70.0)
    before = desk.pace.time
    desk.calls.script.clear()
    desk.finish()

    assert desk.tally.undelivered == 0
    assert desk.pace.time == before


@pytest.mark.parametrize("seconds", [0.0, 5.0, 30.0])
def test_the_flush_is_bounded(desk, seconds):
    desk.calls.down_until = float("inf")
    desk.calls.seconds = 1.0
    desk.result(1)
    desk.finish(seconds=seconds)

    assert desk.pace.time <= seconds + 1.0
    assert desk.tally.undelivered == 1
    assert not desk.tally.closed
    assert all(limit <= max(seconds, 0.1) for limit in desk.calls.limits)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_is_final_and_counted(desk, status):
    desk.calls.script.append(CallFailed("no", http_status=status))
    desk.result(1)
    desk.finish()

    assert desk.calls.paths() == [RESULT, FINISH]
    assert desk.tally.refused == {"r1/2": "no"}
    assert desk.tally.undelivered == 1


@pytest.mark.parametrize("status", [413, 422])
def test_one_result_that_is_not_understood_does_not_take_the_others_with_it(status):
    desk = Desk()
    plain = desk.calls.post

    def picky(path, body, timeout):
        answer = plain(path, body, timeout)
        if any(one["executionCaseId"] == 5 for one in body.get("results", ())):
            raise CallFailed("poison", http_status=status)
        return answer

    desk.calls.post = picky
    for number in range(16):
        desk.result(number)
    desk.finish()

    assert desk.tally.refused == {"r5/2": "poison"}
    assert desk.tally.undelivered == 1


def test_a_case_that_the_orchestrator_does_not_know_is_named(desk):
    desk.calls.script.append({"rejected": [{"execution_case_id": 2, "reason": "unknown case"}]})
    desk.result(1)
    desk.result(2)
    desk.finish()

    assert desk.tally.confirmed == {"r1/2"}
    assert desk.tally.refused == {"r2/2": "unknown case"}


def test_what_finish_misses_is_sent_again(desk):
    desk.result(1)
    desk.result(2)
    desk.work(seconds=1.0)
    desk.calls.script.append({"missing": [{"execution_case_id": 2}]})
    desk.finish()

    assert desk.calls.delivered() == ["r1/2", "r2/2", "r2/2"]
    assert desk.calls.paths()[-3:] == [FINISH, RESULT, FINISH]
    assert desk.tally.closed


def test_a_finish_that_misses_what_nobody_has_becomes_final(desk):
    desk.calls.script.append({"missing": [{"execution_case_id": 77}]})
    desk.finish()

    assert [body.get("final") for _, body in desk.calls.calls] == [None, True]
    assert desk.tally.closed


def test_an_orchestrator_that_forgets_for_ever_does_not_keep_the_session(desk):
    desk.result(1)
    desk.work(seconds=1.0)
    forgets = {"missing": [{"execution_case_id": 1}]}
    desk.calls.script.extend([forgets, {}, forgets, {}, forgets, {}])
    desk.finish()

    assert desk.calls.calls[-1][1].get("final") is True


def test_running_results_do_not_count(desk):
    desk.result(1, status=1)
    desk.finish()

    assert desk.tally.handed_over == set()
    assert desk.calls.delivered() == ["r1/1"]


def test_a_silent_run_says_every_fifteen_seconds_that_it_lives(desk):
    desk.work(seconds=61.0)

    assert desk.calls.paths() == [HEARTBEAT] * 4
    assert desk.calls.times == [15.0, 30.0, 45.0, 60.0]


def test_any_call_is_a_sign_of_life(desk):
    desk.work(seconds=10.0)
    desk.result(1)
    desk.work(seconds=10.0)

    assert desk.calls.paths() == [RESULT]


def test_every_answer_is_heard(desk):
    desk.calls.script.append({"execution_status": 6})
    desk.work(seconds=16.0)

    assert desk.heard[0] == {"execution_status": 6}


def test_another_runner_is_heard_of(desk):
    desk.calls.script.append(CallFailed("held by another", http_status=409))
    desk.courier.start({})
    desk.work(seconds=1.0)

    assert desk.shut_out == ["held by another"]


def test_an_abort_goes_out_at_once_and_stays_the_last_word(desk):
    desk.courier.end(ABORT, {"status": 6})
    desk.work(seconds=1.0)
    desk.result(1)
    desk.finish()

    assert desk.calls.paths() == [ABORT, RESULT]
    assert desk.tally.closed
