"""Legs at their runner: triggered one by one, replaced when lost, stopped when not needed."""

import contextlib

import pytest
from jenkins_kit import NEVER, on_jenkins
from jenkins_server import PARAMETERS
from service_kit import FakeProcessRunner, FakeRunner, Service, sqlite_url, until
from shard_kit import Leg, in_legs

from orchestrator.errors import Unavailable
from orchestrator.runners.external import ExternalRunner
from orchestrator.runners.processes import this_process
from orchestrator.runners.protocol import RunnerRefused, RunPhase, RunState, TriggerReceipt

OLD_PARAMETERS = PARAMETERS - {"SHARD_INDEX", "SHARD_TOTAL"}


class Sharded(FakeRunner):
    """Refuses the legs that a test names, and remembers whom it was told to stop."""

    sharded = True

    def __init__(self):
        super().__init__()
        self.refused = {}
        self.stopped = []
        self.receipt = TriggerReceipt()

    def trigger(self, job):
        if job.shard_index in self.refused:
            raise RunnerRefused(self.refused[job.shard_index])
        return super().trigger(job)

    def cancel(self, run):
        self.stopped.append((run.shard_index, run.shard_attempt))

    def state(self, run):
        return self.sightings.get(run.shard_index, RunState(phase=RunPhase.ACTIVE))


@contextlib.contextmanager
def sharded(tmp_path, **options):
    with Service(tmp_path, runner=options.pop("runner", None) or Sharded(), **options) as service:
        yield service


@pytest.fixture
def service(tmp_path, database_url):
    with sharded(tmp_path, database_url=database_url) as running:
        yield running


def legs(service, number):
    """`(index, attempt, status)` of each."""
    shards = service.detail(number)["shards"]
    return [(leg["shard_index"], leg["attempt"], leg["status"]) for leg in shards]


def triggered(service, count):
    """The jobs, once there are so many."""
    return until(lambda: len(service.runner.jobs) >= count and list(service.runner.jobs))


def settled(service, number, expected):
    until(lambda: legs(service, number) == expected)


def look(service):
    services = service.app.state.services
    services.recovery.round()
    services.watchdog.sweep()
    services.leg_watch.round(ask=True)


# -- the trigger ----------------------------------------------------------------------------


@pytest.mark.every_database
def test_each_leg_is_a_job_with_a_token_of_its_own(service):
    number = in_legs(service, 6, 3)
    jobs = triggered(service, 3)
    settled(service, number, [(1, 1, 2), (2, 1, 2), (3, 1, 2)])

    assert [(job.execution_id, job.shard_index, job.shard_total) for job in jobs] == [
        (number, 1, 3),
        (number, 2, 3),
        (number, 3, 3),
    ]
    tokens = [job.callback_token.reveal() for job in jobs]
    assert len(set(tokens)) == len({job.shard_id for job in jobs}) == 3
    key = jobs[1].console_url.rsplit("/", 4)[1]
    assert jobs[1].console_url.endswith(f"/files/{key}/legs/2/console")
    beat = {"executionId": number, "runnerId": "a", "slots": 1}
    for token in tokens:
        answer = service.call("/execution/start", {**beat, "runnerId": token[-9:]}, token=token)
        assert answer.status_code == 200, answer.text


def test_the_answer_waits_for_the_first_leg_only(tmp_path):
    import threading

    class Slow(Sharded):
        go = threading.Event()

        def trigger(self, job):
            if job.shard_index > 1:
                self.go.wait(30)
            return super().trigger(job)

    with sharded(tmp_path, runner=Slow()) as service:
        number = in_legs(service, 6, 3)
        assert [job.shard_index for job in service.runner.jobs] == [1]
        assert service.detail(number)["status"] == 2
        Slow.go.set()
        settled(service, number, [(1, 1, 2), (2, 1, 2), (3, 1, 2)])


def test_a_leg_that_is_refused_leaves_the_others(service):
    service.runner.refused = {2: "no such label"}
    number = in_legs(service, 6, 3)
    settled(service, number, [(1, 1, 2), (2, 1, 7), (3, 1, 2)])

    row = service.detail(number)
    assert (row["status"], row["shards"][1]["message"]) == (2, "no such label")
    one = Leg(service, number, "a").start()
    while items := one.lease():
        one.run(*items)
    one.finish()
    assert service.detail(number)["status"] == 4


def test_where_the_first_is_refused_the_answer_waits_for_the_next(service):
    service.runner.refused = {1: "busy"}
    number = in_legs(service, 6, 3)
    assert service.detail(number)["status"] == 2
    assert service.runner.jobs[0].shard_index == 2


def test_all_refused_is_a_refused_trigger(service):
    service.runner.refused = dict.fromkeys((1, 2, 3), "no way to it")
    service.plan(*range(1, 7))
    answer = service.front("/plan/run", {"planId": 2001, "envCode": "st", "shards": 3})

    assert (answer["code"], answer["data"]["status"]) == (50002, 7)
    assert "no way to it" in answer["data"]["trigger_message"]
    assert service.statuses(answer["data"]["id"]) == [7] * 6


def test_a_runner_that_knows_no_legs_gets_none(tmp_path):
    with Service(tmp_path) as service:
        service.plan(1, 2)
        answer = service.front("/plan/run", {"planId": 2001, "envCode": "st", "shards": 2})
        assert answer["code"] == 40009
        assert "shards" in answer["msg"]
        assert service.runner.jobs == []


def test_legs_that_a_stopped_service_never_triggered_are_triggered_by_the_next(tmp_path):
    url = sqlite_url(tmp_path)
    with sharded(tmp_path, database_url=url) as service:
        number = in_legs(service, 6, 3)
        settled(service, number, [(1, 1, 2), (2, 1, 2), (3, 1, 2)])
        service.app.state.services.leg_watch.close()
        service.sql(
            "UPDATE execution_shard SET status = 1, callback_token_hash = NULL "
            "WHERE shard_index > 1"
        )
        clock = service.clock
    with sharded(tmp_path, database_url=url, clock=clock) as service:
        look(service)
        settled(service, number, [(1, 1, 2), (2, 1, 2), (3, 1, 2)])
        assert [job.shard_index for job in service.runner.jobs] == [2, 3]


def test_a_leg_whose_trigger_was_cut_short_is_given_up(service):
    number = in_legs(service, 6, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    service.sql("UPDATE execution_shard SET status = 1 WHERE shard_index = 2")
    service.runner.sightings = {2: RunState(phase=RunPhase.NOT_FOUND)}
    look(service)
    assert legs(service, number) == [(1, 1, 2), (2, 1, 1)]
    service.clock.forward(91)
    look(service)
    assert legs(service, number) == [(1, 1, 2), (2, 1, 7)]


def test_an_external_execution_whose_request_was_cut_short_is_given_up(tmp_path):
    with Service(tmp_path, runner=ExternalRunner()) as service:
        number, started = in_legs(service, 4, 2), in_legs(service, 4, 2, envCode="uat")
        service.sql("UPDATE execution SET status = 1")
        look(service)
        assert service.detail(number)["status"] == 1
        one = Leg(service, started, "a").start()
        service.clock.forward(89)
        one.data("heartbeat")
        service.clock.forward(2)
        look(service)

        row = service.detail(number)
        assert (row["status"], row["trigger_message"]) == (7, "触发过程中断")
        assert legs(service, number) == [(1, 1, 7), (2, 1, 7)]
        assert service.statuses(number) == [7] * 4
        assert service.detail(started)["status"] == 3


def test_legs_that_no_service_can_trigger_are_given_up(service):
    number = in_legs(service, 6, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    service.app.state.services.leg_watch.close()
    service.sql("UPDATE execution SET runner = 'of before'")
    service.sql(
        "UPDATE execution_shard SET status = 1, callback_token_hash = NULL WHERE shard_index = 2"
    )
    one = Leg(service, number, "a").start()
    service.clock.forward(3590)
    one.data("heartbeat")
    look(service)
    assert legs(service, number) == [(1, 1, 3), (2, 1, 1)]
    service.clock.forward(20)
    look(service)
    assert legs(service, number) == [(1, 1, 3), (2, 1, 7)]
    assert service.detail(number)["status"] == 3


def test_a_call_of_an_attempt_before_does_not_keep_the_next_from_being_triggered(service):
    number = in_legs(service, 4, 2)
    jobs = triggered(service, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    service.app.state.services.leg_watch.close()
    for job in jobs:
        service.runner.on_ended(job.key, "killed")
    assert [leg[1:] for leg in legs(service, number)] == [(1, 8), (2, 1)] * 2

    service.told("/execution/queued", {"executionId": number, "shardIndex": 1})
    service.app.state.services.leg_watch._closed.clear()
    service.app.state.services.leg_watch.round(ask=False)

    assert [(job.shard_index, job.shard_attempt) for job in service.runner.jobs[2:]] == [
        (1, 2),
        (2, 2),
    ]
    assert [leg[1:] for leg in legs(service, number)] == [(1, 8), (2, 2)] * 2


def test_legs_that_are_gone_before_their_runner_has_answered_end_the_execution(tmp_path):
    class Sudden(Sharded):
        def trigger(self, job):
            receipt = super().trigger(job)
            self.on_ended(job.key, "died at once")
            return receipt

    with sharded(tmp_path, runner=Sudden(), shard_relaunch=0) as service:
        number = in_legs(service, 4, 2)
        settled(service, number, [(1, 1, 8), (2, 1, 8)])
        assert service.detail(number)["status"] == 8
        assert service.statuses(number) == [4] * 4


def test_steady_traffic_does_not_keep_it_from_looking(tmp_path):
    with sharded(tmp_path, sweep=0.01) as service:
        wanted = service.app.state.services.leg_watch._leg_runs.wanted
        wanted.clear = lambda: None  # there is always something
        wanted.set()
        number = in_legs(service, 4, 2)
        settled(service, number, [(1, 1, 2), (2, 1, 2)])
        service.runner.sightings = {2: RunState(phase=RunPhase.ENDED, reason="gone")}
        settled(service, number, [(1, 1, 2), (2, 1, 8)])


# -- the end --------------------------------------------------------------------------------


def test_cancel_stops_each_leg(service):
    number = in_legs(service, 6, 3)
    settled(service, number, [(1, 1, 2), (2, 1, 2), (3, 1, 2)])
    Leg(service, number, "a").start()
    assert service.front_data("/execution/cancel", {"executionId": number})["status"] == 6
    assert sorted(service.runner.stopped) == [(1, 1), (2, 1), (3, 1)]
    assert legs(service, number) == [(1, 1, 6), (2, 1, 6), (3, 1, 6)]


def test_cancel_stops_the_build_of_a_lost_leg_too(service):
    number = in_legs(service, 6, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    one = Leg(service, number, "a").start()
    Leg(service, number, "b").start()
    service.clock.forward(80)
    one.data("heartbeat")
    service.clock.forward(11)
    look(service)
    assert legs(service, number) == [(1, 1, 3), (2, 1, 8)]
    service.front("/execution/cancel", {"executionId": number})
    assert sorted(service.runner.stopped) == [(1, 1), (2, 1)]


def test_a_leg_that_nobody_needs_is_taken_out_of_the_queue(service):
    number = in_legs(service, 4, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    look(service)  # it waits
    one = Leg(service, number, "a").start()
    while items := one.lease():
        one.run(*items)
    one.finish()

    assert service.detail(number)["status"] == 4
    assert legs(service, number) == [(1, 1, 4), (2, 1, 6)]
    until(lambda: service.runner.stopped)
    assert service.runner.stopped == [(2, 1)]


@pytest.mark.every_database
def test_lost_legs_are_replaced_as_often_as_there_are_legs(service):
    number = in_legs(service, 4, 2)
    first, second = triggered(service, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    service.runner.on_ended(second.key, "killed")
    assert legs(service, number) == [(1, 1, 2), (2, 1, 8)]  # the first may still come
    service.runner.on_ended(first.key, "killed too")

    again = triggered(service, 4)[2:]
    assert [(job.shard_index, job.shard_attempt) for job in again] == [(1, 2), (2, 2)]
    assert len({job.callback_token.reveal() for job in service.runner.jobs}) == 4
    settled(service, number, [(1, 1, 8), (1, 2, 2), (2, 1, 8), (2, 2, 2)])
    assert service.detail(number)["status"] < 4
    for job in again:
        service.runner.on_ended(job.key, "and again")

    row = service.detail(number)
    assert (row["status"], service.statuses(number)) == (8, [4] * 4)
    assert len(service.runner.jobs) == 4


def test_no_leg_is_replaced_where_the_operator_says_so(tmp_path):
    with sharded(tmp_path, shard_relaunch=0) as service:
        number = in_legs(service, 4, 2)
        for job in triggered(service, 2):
            until(lambda: [leg for leg in legs(service, number) if leg[2] == 1] == [])
            service.runner.on_ended(job.key, "killed")
        assert service.detail(number)["status"] == 8


def test_a_replacement_finishes_what_the_lost_leg_left(service):
    number = in_legs(service, 4, 2)
    jobs = triggered(service, 2)
    settled(service, number, [(1, 1, 2), (2, 1, 2)])
    lost = Leg(service, number, "a").start(shardIndex=1)
    [begun, *_] = lost.lease()
    lost.say((begun, 1))
    service.runner.on_ended(jobs[1].key, "no agent")
    service.runner.on_ended(jobs[0].key, "killed")

    again = triggered(service, 4)[2]
    one = Leg(service, number, "b").start(shardIndex=again.shard_index)
    while items := one.lease():
        one.run(*items)
    one.finish()

    row = service.detail(number)
    assert row["status"] == 8  # one case was begun, and nobody knows how it went
    assert sorted(service.statuses(number)) == [2, 2, 2, 4]


# -- a service that is gone -----------------------------------------------------------------


class ShardedKeeper(FakeProcessRunner):
    sharded = True

    def running(self):
        return [job.key for job in self.jobs]

    def exit_reason(self, key):
        return f"last words of leg {key.leg}"


def test_a_lost_leg_whose_process_hangs_here_is_stopped(tmp_path):
    class Stopping(ShardedKeeper):
        def cancel(self, run):
            self.canceled.append(run.key.leg)

    with sharded(tmp_path, runner=Stopping()) as service:
        number = in_legs(service, 4, 2)
        settled(service, number, [(1, 1, 2), (2, 1, 2)])
        one = Leg(service, number, "a").start()
        Leg(service, number, "b").start()
        look(service)
        service.clock.forward(80)
        one.data("heartbeat")
        service.clock.forward(11)
        service.app.state.services.watchdog.sweep()
        assert legs(service, number) == [(1, 1, 3), (2, 1, 8)]
        service.app.state.services.recovery.round()
        assert service.runner.canceled == ["2"]


@contextlib.contextmanager
def orphaned(tmp_path, cases=4, shards=2, runner=None, **options):
    """A service whose execution another one has left: its first leg with a process, its second
    without; that one, which is gone, and the execution."""
    process = str(this_process())
    with contextlib.ExitStack() as stack:
        gone = stack.enter_context(
            Service(tmp_path, runner=ShardedKeeper(), shard_relaunch=0, **options)
        )
        options |= {"clock": gone.clock, "shard_relaunch": 0}
        heir = Service(tmp_path, runner=runner or ShardedKeeper(), **options)
        heir = stack.enter_context(heir)
        number = in_legs(gone, cases, shards)
        [first, *_] = triggered(gone, shards)
        settled(gone, number, [(leg, 1, 2) for leg in range(1, shards + 1)])
        gone.runner.on_process(first.key, process)
        gone.app.state.services.leg_watch.close()
        gone.sql(
            "UPDATE service_instance SET process = '1:long-ago:elsewhere', "
            "seen_time = '2000-01-01' WHERE instance_id = :owner",
            owner=gone.app.state.services.recovery._me,
        )
        heir.runner.living = {process}
        yield heir, gone, number


@pytest.mark.parametrize("alive", [True, False])
def test_legs_whose_service_is_gone_are_adopted_or_lost_or_started_again(
    tmp_path, database_url, alive
):
    with orphaned(tmp_path, database_url=database_url) as (heir, _, number):
        if not alive:
            heir.runner.living = set()

        look(heir)

        [again] = triggered(heir, 1)
        assert again.shard_index == 2
        assert [run.shard_index for run in heir.runner.adopted] == [1]
        settled(heir, number, [(1, 1, 2 if alive else 8), (2, 1, 2)])
        if not alive:
            assert heir.detail(number)["shards"][0]["message"] == "last words of leg 1"


def test_a_leg_that_starts_while_it_is_taken_over_is_not_triggered_again(tmp_path):
    class Meanwhile(ShardedKeeper):
        def adopt(self, run):
            Leg(heir, run.execution_id, "b").start(shardIndex=2)
            return super().adopt(run)

    with orphaned(tmp_path, runner=Meanwhile()) as (heir, _, number):
        heir.app.state.services.recovery.round()
        assert legs(heir, number) == [(1, 1, 2), (2, 1, 3)]
        heir.app.state.services.leg_watch.round(ask=False)
        assert heir.runner.jobs == []


@pytest.mark.parametrize("calls", range(1, 6))
def test_legs_are_taken_over_although_the_database_was_away_meanwhile(tmp_path, calls):
    """At its first, second, … write."""
    with orphaned(tmp_path) as (heir, _, number):
        services = heir.app.state.services
        watch = services.leg_watch
        watch.close()
        watch._closed.clear()
        with cut_off(services.writer, after=calls), contextlib.suppress(Unavailable):
            services.recovery.round()
        for _ in range(2):
            services.recovery.round()
            watch.round(ask=False)

        assert [(job.shard_index, job.shard_attempt) for job in heir.runner.jobs] == [(2, 1)]
        assert {run.shard_index for run in heir.runner.adopted} == {1}
        assert legs(heir, number) == [(1, 1, 2), (2, 1, 2)]
        owners = heir.sql("SELECT owner FROM execution_shard")
        assert {owner for (owner,) in owners} == {services.recovery._me}


@contextlib.contextmanager
def cut_off(writer, after):
    """The database is away from the write with this number on."""
    real, calls = writer.run, iter(range(1, 1000))

    def run(work):
        if next(calls) >= after:
            raise Unavailable
        return real(work)

    writer.run = run
    try:
        yield
    finally:
        del writer.run


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_heir_with_another_runner_ends_the_execution_with_the_legs_that_run(tmp_path, goes_on):
    with orphaned(tmp_path, shards=3, cases=6, runner=ExternalRunner()) as (heir, gone, number):
        gone.sql("UPDATE execution SET shard_relaunch = 3")
        gone.sql(  # never triggered
            "UPDATE execution_shard SET status = 1, callback_token_hash = NULL, owner = NULL "
            "WHERE shard_index = 3"
        )
        one = Leg(heir, number, "a").start(shardIndex=1)
        look(heir)
        assert legs(heir, number) == [(1, 1, 3), (2, 1, 8), (3, 1, 8)]
        if goes_on:
            while items := one.lease():
                one.run(*items)
            one.finish()
        else:
            heir.clock.forward(91)
            look(heir)
        assert heir.detail(number)["status"] == (4 if goes_on else 8)
        assert len(legs(heir, number)) == 3


# -- Jenkins --------------------------------------------------------------------------------


@contextlib.contextmanager
def jenkins(tmp_path, **options):
    with on_jenkins(tmp_path, poll_interval=NEVER, **options) as kit:
        kit.number = None
        yield kit


def run(kit, shards=3, cases=6):
    kit.number = in_legs(kit.service, cases, shards)
    until(lambda: not [leg for leg in legs(kit.service, kit.number) if leg[2] == 1])
    return {item.parameters.get("SHARD_INDEX"): item for item in kit.server.items.values()}


def shards_of(kit):
    kit.service.front("/execution/poll", {"executionId": kit.number})
    return kit.service.detail(kit.number)["shards"]


def test_each_leg_is_a_build_and_says_where(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit)
        builds = {index: kit.server.start(items[index]) for index in ("1", "3")}
        shards = shards_of(kit)

    numbers = [leg["jenkins_build_number"] for leg in shards]
    assert numbers == [builds["1"].number, None, builds["3"].number]
    assert shards[2]["console_url"].endswith(f"/{builds['3'].number}/console")
    assert [leg["jenkins_queue_id"] for leg in shards] == [321, 322, 323]


def test_an_old_job_runs_one_leg_and_the_others_say_why(tmp_path):
    with jenkins(tmp_path) as kit:
        kit.server.declared = OLD_PARAMETERS
        run(kit)
        row = kit.service.detail(kit.number)
    assert [leg["status"] for leg in row["shards"]] == [2, 7, 7]
    assert "SHARD_INDEX" in row["shards"][1]["message"]
    assert (row["status"], len(kit.server.triggers)) == (2, 1)


def test_triggers_that_jenkins_merged_are_one_leg(tmp_path):
    with jenkins(tmp_path) as kit:
        kit.server.merges = True
        run(kit, shards=2)
        row = kit.service.detail(kit.number)
    assert [leg["status"] for leg in row["shards"]] == [2, 7]
    assert "第 2 台与第 1 台执行机的触发合并" in row["shards"][1]["message"]


def test_a_build_that_somebody_aborts_is_one_leg_less(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit)
        build = kit.server.start(items["2"])
        kit.server.finish(build, "ABORTED")
        shards = shards_of(kit)
        assert [leg["status"] for leg in shards] == [2, 6, 2]
        assert kit.service.detail(kit.number)["status"] == 2


def test_an_item_that_somebody_cancels_is_one_leg_less(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit)
        kit.server.cancel_item(items["3"])
        assert [leg["status"] for leg in shards_of(kit)] == [2, 2, 6]


def test_a_build_that_vanished_is_replaced_once_nobody_else_is_left(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit, shards=2)
        for item in items.values():
            kit.server.forget(item)
        shards_of(kit)
        kit.monotonic.now += 91
        shards_of(kit)
        settled(kit.service, kit.number, [(1, 1, 8), (1, 2, 2), (2, 1, 8), (2, 2, 2)])
    assert len(kit.server.triggers) == 4


def test_an_ended_build_without_its_results_is_a_lost_leg(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit, shards=2)
        leg = Leg(kit.service, kit.number, "a").start(shardIndex=1)
        [begun, *_] = leg.lease()
        leg.say((begun, 1))
        kit.server.finish(kit.server.start(items["1"]), "FAILURE")
        shards = shards_of(kit)
        assert [leg["status"] for leg in shards] == [8, 2]
        assert "FAILURE" in shards[0]["message"]
        [row] = [row for row in kit.service.cases(kit.number) if row["id"] == begun]
        assert row["status"] == 4


def test_the_report_of_a_leg_becomes_known_after_its_end(tmp_path):
    with jenkins(tmp_path) as kit:
        items = run(kit, shards=2, cases=2)
        build = kit.server.start(items["1"])
        shards_of(kit)
        leg = Leg(kit.service, kit.number, "a").start(shardIndex=1)
        while given := leg.lease():
            leg.run(*given)
        leg.finish()
        build.artifacts.append("reports/report.html")
        kit.server.finish(build, "SUCCESS")
        kit.service.app.state.services.poller.round()
        report = kit.service.detail(kit.number)["shards"][0]["report_url"]
    assert report.endswith(f"/{build.number}/artifact/reports/report.html")
