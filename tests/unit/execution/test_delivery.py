"""The delivery's rules, against an orchestrator that is a list, in a time that passes at once."""

import threading
from collections import deque

import pytest

from pytest_sisyphus.execution.backoff import Backoff
from pytest_sisyphus.execution.batches import BATCH_BYTES
from pytest_sisyphus.execution.client import CallFailed
from pytest_sisyphus.execution.delivery import DeliveryQueue
from pytest_sisyphus.execution.endpoints import ABORT, FINISH, HEARTBEAT, LEASE, RESULT, START

AWAY = CallFailed("away", transient=True)
BUSY = CallFailed("busy", http_status=429, transient=True, retry_after=100.0)


class FakeClock:
    def __init__(self):
        self.time = 0.0

    def tick(self):
        return self.time

    def wait(self, event: threading.Event, seconds):
        self.time += seconds


class FakeCalls:
    """Answers by script, then with success; `seconds` is what every call takes."""

    def __init__(self, clock):
        self.clock = clock
        self.script = deque()
        self.calls = []
        self.times = []
        self.limits = []
        self.seconds = 0.0
        self.down_until = 0.0

    def post(self, path, body, timeout):
        self.calls.append((path, body))
        self.times.append(self.clock.time)
        self.limits.append(timeout)
        self.clock.time += self.seconds
        answer = self.script.popleft() if self.script else {}
        if self.clock.time < self.down_until:
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


class Delivery:
    """A queue at work: `work` turns it until it has nothing to do, or for so many seconds."""

    def __init__(self, **rest):
        self.clock = FakeClock()
        self.calls = FakeCalls(self.clock)
        rest.setdefault("since_boot", self.clock.tick)
        self.responses, self.conflicts = [], []
        self.queue = DeliveryQueue(
            self.calls,
            execution_id=13,
            runner_id="run",
            clock=self.clock,
            backoff=Backoff(chance=lambda: 1.0),
            **rest,
        )
        self.queue.subscribe(on_response=self.responses.append, on_conflict=self.conflicts.append)

    @property
    def stats(self):
        return self.queue.stats

    def work(self, seconds=None):
        end = None if seconds is None else self.clock.time + seconds
        while end is None or self.clock.time < end:
            pause = self.queue.step()
            if pause is None:
                return
            left = float("inf") if end is None else end - self.clock.time
            self.clock.wait(threading.Event(), min(pause, left))

    def result(self, number, status=2, **rest):
        body = {"executionCaseId": number, "status": status, "resultId": f"r{number}/{status}"}
        self.queue.result({**body, **rest})

    def finish(self, seconds=30.0, path=FINISH):
        self.queue.end(path, {"counts": {"2": 1}} if path == FINISH else {"status": 6})
        self.queue.drain(seconds)
        self.work()


@pytest.fixture
def delivery():
    return Delivery()


def test_start_goes_first_and_finish_last(delivery):
    delivery.result(1)
    delivery.queue.start({"startTime": "now"})
    delivery.finish()

    assert delivery.calls.paths() == [START, RESULT, FINISH]
    assert all(body["executionId"] == 13 for _, body in delivery.calls.calls)
    assert all(body["runnerId"] == "run" for _, body in delivery.calls.calls)
    assert delivery.stats.closed
    assert delivery.stats.undelivered == 0


def test_what_gathered_while_the_last_call_was_out_is_one_batch(delivery):
    for number in range(2500):
        delivery.result(number)
    delivery.finish()

    assert [len(body["results"]) for path, body in delivery.calls.calls if path == RESULT] == [
        1000,
        1000,
        500,
    ]


def test_a_batch_stays_under_the_limit_of_a_body(delivery):
    for number in range(9):
        delivery.result(number, stackTrace="x" * 1_000_000)
    delivery.finish()

    sizes = [
        sum(len(one["stackTrace"]) for one in body["results"])
        for path, body in delivery.calls.calls
        if path == RESULT
    ]
    assert max(sizes) < BATCH_BYTES
    assert sum(sizes) == 9_000_000


def test_one_result_beyond_the_limit_goes_alone(delivery):
    delivery.result(1, stackTrace="x" * (BATCH_BYTES + 1))
    delivery.result(2)
    delivery.finish()

    assert delivery.calls.delivered() == ["r1/2", "r2/2"]


def test_an_outage_of_ten_minutes_loses_nothing(delivery):
    delivery.calls.down_until = 600.0
    for number in range(50):
        delivery.result(number)
        delivery.work(seconds=12.0)
    delivery.work(seconds=60.0)
    delivery.finish()

    assert delivery.stats.undelivered == 0
    assert delivery.stats.closed
    pauses = [
        after - before
        for before, after in zip(delivery.calls.times, delivery.calls.times[1:], strict=False)
    ]
    assert max(pauses) <= 30.0


def test_the_same_result_keeps_its_id_however_often_it_is_sent(delivery):
    delivery.calls.script.extend([AWAY, AWAY, AWAY])
    delivery.result(1)
    delivery.finish()

    assert delivery.calls.delivered() == ["r1/2"] * 4


def test_retry_after_is_honoured(delivery):
    delivery.calls.script.append(BUSY)
    delivery.result(1)
    delivery.work(seconds=200.0)

    assert delivery.calls.times[:2] == [0.0, 100.0]


def test_not_even_the_end_of_the_session_undercuts_retry_after(delivery):
    delivery.calls.script.append(BUSY)
    delivery.result(1)
    delivery.work(seconds=1.0)
    delivery.finish(seconds=30.0)

    assert len(delivery.calls.calls) == 1
    assert delivery.stats.undelivered == 1


def test_the_end_of_the_session_tries_again_at_once(delivery):
    delivery.calls.script.extend([AWAY] * 8)
    delivery.result(1)
    delivery.work(seconds=70.0)
    before = delivery.clock.time
    delivery.calls.script.clear()
    delivery.finish()

    assert delivery.stats.undelivered == 0
    assert delivery.clock.time == before


@pytest.mark.parametrize("seconds", [0.0, 5.0, 30.0])
def test_the_flush_is_bounded(delivery, seconds):
    delivery.calls.down_until = float("inf")
    delivery.calls.seconds = 1.0
    delivery.result(1)
    delivery.finish(seconds=seconds)

    assert delivery.clock.time <= seconds + 1.0
    assert delivery.stats.undelivered == 1
    assert not delivery.stats.closed
    assert all(limit <= max(seconds, 0.1) for limit in delivery.calls.limits)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_is_final_and_counted(delivery, status):
    delivery.calls.script.append(CallFailed("no", http_status=status))
    delivery.result(1)
    delivery.finish()

    assert delivery.calls.paths() == [RESULT, FINISH]
    assert delivery.stats.refused == {"r1/2": "no"}
    assert delivery.stats.undelivered == 1


@pytest.mark.parametrize("status", [413, 422])
def test_one_result_that_is_not_understood_does_not_take_the_others_with_it(status):
    delivery = Delivery()
    plain = delivery.calls.post

    def picky(path, body, timeout):
        answer = plain(path, body, timeout)
        if any(one["executionCaseId"] == 5 for one in body.get("results", ())):
            raise CallFailed("poison", http_status=status)
        return answer

    delivery.calls.post = picky
    for number in range(16):
        delivery.result(number)
    delivery.finish()

    assert delivery.stats.refused == {"r5/2": "poison"}
    assert delivery.stats.undelivered == 1


@pytest.mark.parametrize("status", [413, 422])
def test_exchanges_that_are_refused_do_not_take_their_outcome_with_them(status):
    delivery = Delivery()
    plain = delivery.calls.post

    def picky(path, body, timeout):
        answer = plain(path, body, timeout)
        if any("exchanges" in one for one in body.get("results", ())):
            raise CallFailed("too large", http_status=status)
        return answer

    delivery.calls.post = picky
    for number in range(4):
        delivery.result(number, **({"exchanges": "x"} if number == 2 else {}))
    delivery.finish()

    assert delivery.stats.refused == {}
    assert delivery.stats.undelivered == 0


def test_exchanges_are_forgotten_once_they_are_there(delivery):
    """Of an orchestrator that lost its database, the outcome is what it gets again."""
    delivery.calls.script.extend([{}, {"missing": [{"execution_case_id": 1}]}])
    delivery.result(1, exchanges="x" * 1000)
    delivery.finish()

    again = [body["results"] for path, body in delivery.calls.calls if path == RESULT]
    assert ["exchanges" in results[0] for results in again] == [True, False]
    assert delivery.stats.undelivered == 0


def test_a_case_that_the_orchestrator_does_not_know_is_named(delivery):
    delivery.calls.script.append({"rejected": [{"execution_case_id": 2, "reason": "unknown case"}]})
    delivery.result(1)
    delivery.result(2)
    delivery.finish()

    assert delivery.stats.confirmed == {"r1/2"}
    assert delivery.stats.refused == {"r2/2": "unknown case"}


def test_what_finish_misses_is_sent_again(delivery):
    delivery.result(1)
    delivery.result(2)
    delivery.work(seconds=1.0)
    delivery.calls.script.append({"missing": [{"execution_case_id": 2}]})
    delivery.finish()

    assert delivery.calls.delivered() == ["r1/2", "r2/2", "r2/2"]
    assert delivery.calls.paths()[-3:] == [FINISH, RESULT, FINISH]
    assert delivery.stats.closed


def test_a_finish_that_misses_what_nobody_has_becomes_final(delivery):
    delivery.calls.script.append({"missing": [{"execution_case_id": 77}]})
    delivery.finish()

    assert [body.get("final") for _, body in delivery.calls.calls] == [None, True]
    assert delivery.stats.closed


def test_an_orchestrator_that_forgets_for_ever_does_not_keep_the_session(delivery):
    delivery.result(1)
    delivery.work(seconds=1.0)
    forgets = {"missing": [{"execution_case_id": 1}]}
    delivery.calls.script.extend([forgets, {}, forgets, {}, forgets, {}])
    delivery.finish()

    assert delivery.calls.calls[-1][1].get("final") is True


def test_running_results_do_not_count(delivery):
    delivery.result(1, status=1)
    delivery.finish()

    assert delivery.stats.handed_over == set()
    assert delivery.calls.delivered() == ["r1/1"]


def test_a_silent_run_says_every_fifteen_seconds_that_it_lives(delivery):
    delivery.work(seconds=61.0)

    assert delivery.calls.paths() == [HEARTBEAT] * 4
    assert delivery.calls.times == [15.0, 30.0, 45.0, 60.0]


def test_any_call_is_a_sign_of_life(delivery):
    delivery.work(seconds=10.0)
    delivery.result(1)
    delivery.work(seconds=10.0)

    assert delivery.calls.paths() == [RESULT]


def test_every_answer_is_heard(delivery):
    delivery.calls.script.append({"execution_status": 6})
    delivery.work(seconds=16.0)

    assert delivery.responses[0] == {"execution_status": 6}


def test_another_runner_is_heard_of(delivery):
    delivery.calls.script.append(CallFailed("held by another", http_status=409))
    delivery.queue.start({})
    delivery.work(seconds=1.0)

    assert delivery.conflicts == ["held by another"]


def test_an_abort_goes_out_at_once_and_stays_the_last_word(delivery):
    delivery.queue.end(ABORT, {"status": 6})
    delivery.work(seconds=1.0)
    delivery.result(1)
    delivery.finish()

    assert delivery.calls.paths() == [ABORT, RESULT]
    assert delivery.stats.closed


class Leg:
    """What a leg is told, in its order."""

    def __init__(self):
        self.told = []

    def leased(self, answer):
        self.told.append(("leased", answer["items"]))

    def announced(self, confirmed, rejected):
        self.told.append(("announced", confirmed, rejected))

    def lost(self, reason):
        self.told.append(("lost", reason))

    def fenced(self, reason):
        self.told.append(("fenced", reason))


def of_leg(**rest):
    delivery, leg = Delivery(**rest), Leg()
    delivery.queue.subscribe(
        on_response=delivery.responses.append, on_conflict=delivery.conflicts.append, leg=leg
    )
    return delivery, leg


def announcement(key):
    return {"resultId": f"running/{key}", "executionCaseId": key, "status": 1}


def outcome(key):
    return {"resultId": f"over/{key}", "executionCaseId": key, "status": 2}


REFUSED = CallFailed("refused", http_status=409)


def test_a_leg_hears_which_announcements_were_taken():
    delivery, leg = of_leg()
    for key in (1, 2):
        delivery.queue.result(announcement(key))
    delivery.queue.result(outcome(3))
    delivery.calls.script.append({"rejected": [{"execution_case_id": 2, "reason": "taken back"}]})

    delivery.work(1)

    assert leg.told == [("announced", [1], [2])]
    assert delivery.stats.confirmed == {"over/3"}


def test_a_lease_follows_the_results_and_keeps_its_id_until_it_is_answered():
    delivery, leg = of_leg()
    delivery.queue.lease("L1")
    delivery.queue.result(outcome(3))
    delivery.calls.script += [{}, AWAY, AWAY, {"items": [4, 5], "drained": False}]

    delivery.work(10)

    assert delivery.calls.paths()[:4] == [RESULT, LEASE, LEASE, LEASE]
    ids = [body["leaseId"] for path, body in delivery.calls.calls if path == LEASE]
    assert ids == ["L1"] * 3
    assert leg.told == [("leased", [4, 5])]


def test_a_refused_lease_is_the_end_of_a_leg():
    delivery, leg = of_leg()
    delivery.queue.lease("L1")
    delivery.calls.script.append(REFUSED)

    delivery.work(1)

    assert leg.told == [("lost", "refused")]
    assert delivery.calls.paths() == [LEASE]


def test_outcomes_of_a_lost_leg_are_sent_without_its_announcements():
    delivery, leg = of_leg()
    for body in (outcome(1), announcement(2), outcome(3), announcement(4)):
        delivery.queue.result(body)
    delivery.calls.script.append(REFUSED)

    delivery.work(1)

    assert leg.told == [("lost", "refused")]
    assert delivery.calls.delivered()[4:] == ["over/1", "over/3"]
    assert delivery.stats.confirmed == {"over/1", "over/3"}


def test_a_leg_is_told_when_the_orchestrator_is_away_for_too_long():
    delivery, leg = of_leg(longest_absence=100.0)
    delivery.queue.lease("L1")
    delivery.calls.down_until = 1000.0

    delivery.work(99)
    assert leg.told == []
    delivery.work(50)

    assert leg.told[0][0] == "lost"
    assert "no answer for 1" in leg.told[0][1]


def test_a_legs_limits_end_a_long_retry_after():
    delivery, leg = of_leg(longest_absence=60.0)
    delivery.queue.lease("L1")
    delivery.calls.script.append(BUSY)

    delivery.work(50)
    assert leg.told == []
    delivery.work(12)

    assert leg.told[0][0] == "lost"
    assert delivery.calls.paths() == [LEASE]


def test_the_end_of_a_run_takes_back_what_it_asked_for():
    delivery, leg = of_leg()
    delivery.queue.lease("L1")
    delivery.queue.end(ABORT, {})

    delivery.work(1)

    assert delivery.calls.paths() == [ABORT]
    assert leg.told == []


def test_a_leg_whose_cases_may_run_again_elsewhere_is_stopped_in_time():
    delivery, leg = of_leg(fence=85.0)
    delivery.clock.time += 90.0  # until the first test is collected nothing can be taken from it
    delivery.work(100)  # heartbeats are answered
    assert leg.told == []
    delivery.calls.down_until = delivery.clock.time + 1000.0

    delivery.work(70)
    assert leg.told == []
    delivery.work(60)

    assert [what for what, _ in leg.told] == ["fenced"]
