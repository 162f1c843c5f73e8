"""One execution over several machines: what each leg may do, and how it ends."""

import pytest
from service_kit import API, SECRET, Service, counted, counters
from shard_kit import Leg, in_legs
from statement_kit import recorded

from orchestrator.executions.retention import prune
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.external import ExternalRunner

pytestmark = pytest.mark.every_database


@pytest.fixture
def service(tmp_path, database_url):
    with Service(tmp_path, database_url=database_url, runner=ExternalRunner()) as running:
        yield running


def two_legs(service, cases=6, **fields):
    number = in_legs(service, cases, **fields)
    return number, Leg(service, number, "a").start(), Leg(service, number, "b").start()


def sweep(service):
    service.clock.forward(91)
    service.front("/execution/poll", {})


def row_of(service, execution, row):
    return next(one for one in service.cases(execution) if one["id"] == row)


def assert_counted(service, execution):
    assert counters(service.detail(execution)) == counted(service.statuses(execution))


def test_all_legs_are_shown_from_the_start(service):
    detail = service.detail(in_legs(service, 6, 3))

    assert (detail["status"], detail["shard_total"], detail["run_mode"]) == (2, 3, 2)
    shown = [(leg["shard_index"], leg["attempt"], leg["status"]) for leg in detail["shards"]]
    assert shown == [(1, 1, 2), (2, 1, 2), (3, 1, 2)]


def test_two_legs_share_the_queue_and_each_case_runs_once(service):
    number, a, b = two_legs(service)

    first, second = a.lease(), b.lease()
    assert first
    assert second
    assert not {*first} & {*second}
    assert row_of(service, number, second[0])["shard_index"] == 2
    a.run(*first)
    b.run(*second)
    while more := a.lease() + b.lease():
        for row in more:
            (a if row_of(service, number, row)["shard_index"] == 1 else b).run(row)
    assert a.leased()["drained"]
    assert b.leased()["drained"]
    assert a.finish() | {"execution_status": 3, "shard_status": 4} == a.finish()
    assert b.finish()["execution_status"] == 4

    detail = service.detail(number)
    assert (detail["status"], detail["ended_how"], detail["trigger_message"]) == (4, "finish", "")
    assert [leg["status"] for leg in detail["shards"]] == [4, 4]
    assert sum(leg["done"] for leg in detail["shards"]) == 6
    assert_counted(service, number)


def test_a_lost_leg_gives_back_what_it_had_not_begun(service):
    number, a, b = two_legs(service, 40)
    begun, *rest = a.lease()
    assert rest
    a.say((begun, 1))

    service.clock.forward(80)
    b.data("heartbeat")
    service.clock.forward(11)
    service.front("/execution/poll", {})

    detail = service.detail(number)
    assert (detail["status"], [leg["status"] for leg in detail["shards"]]) == (3, [8, 3])
    blocked = row_of(service, number, begun)
    assert (blocked["status"], blocked["marked"], blocked["shard_index"]) == (4, True, 1)
    assert "第 1 台执行机失联" in blocked["error_message"]
    assert {row_of(service, number, row)["shard_index"] for row in rest} == {None}
    assert_counted(service, number)
    while items := b.lease():
        b.run(*items)
    assert b.leased()["drained"]
    assert b.finish()["execution_status"] == 8
    detail = service.detail(number)
    assert "第 1 台" in detail["trigger_message"]
    assert "90 秒" in detail["trigger_message"]
    assert (detail["passed_count"], detail["blocked_count"]) == (39, 1)


def test_a_lost_leg_begins_nothing_more_and_heals_what_it_had_begun(service):
    number, a, b = two_legs(service, 40)
    begun, other, *_ = a.lease()
    a.say((begun, 1))
    service.clock.forward(80)
    b.data("heartbeat")
    service.clock.forward(11)
    service.front("/execution/poll", {})

    assert "第 1 台" in a.refused("case/result", executionCaseId=other, status=1)
    a.refused("case/lease", leaseId="late")
    assert a.data("heartbeat")["shard_status"] == 8
    mixed = a.say((other, 1), (begun, 2))
    assert [one["execution_case_id"] for one in mixed["rejected"]] == [other]
    assert row_of(service, number, begun)["status"] == 2
    assert row_of(service, number, other)["status"] == 0
    while items := b.lease():
        b.run(*items)
    assert b.finish()["execution_status"] == 4
    assert service.detail(number)["passed_count"] == 40


def test_only_the_holder_is_heard(service):
    number, a, b = two_legs(service)
    (mine, *_), stranger = a.lease(), Leg(service, number, "stranger")
    queued = next(row["id"] for row in service.cases(number) if row["shard_index"] is None)

    for leg, row in [(b, mine), (a, queued), (stranger, mine)]:
        for status in (1, 2):
            assert len(leg.say((row, status), retryCount=3)["rejected"]) == 1
    assert "第 1 台" in b.say((mine, 2))["rejected"][0]["reason"]
    assert set(service.statuses(number)) == {0}
    a.say((mine, 3))  # its announcement came later, or never
    a.say((mine, 1))
    assert row_of(service, number, mine)["status"] == 3
    stranger.refused("heartbeat")
    stranger.refused("finish")
    stranger.refused("case/lease", leaseId="x")


def test_a_lease_is_repeated_with_the_same_cases_however_late(service):
    number, a, b = two_legs(service, 40)
    first = a.leased("one")
    assert a.leased("one") == first
    second = a.leased("two")
    assert not {*first["items"]} & {*second["items"]}
    assert a.leased("one") == first
    others = b.lease("one")
    assert not {*others} & {*first["items"]}
    b.run(*others)
    while items := b.lease():
        b.run(*items)
    waiting = a.leased("empty")
    assert waiting["items"] == []
    assert waiting["drained"]
    assert sum(leg["leased"] for leg in service.detail(number)["shards"]) == len(
        first["items"] + second["items"]
    )


def test_a_repeated_lease_of_nothing_never_leases_later(service):
    number = in_legs(service, 2)
    a, b = Leg(service, number, "a").start(), Leg(service, number, "b").start()
    a.lease()
    held = b.lease()
    waiting = a.leased("waits")
    assert (waiting["items"], waiting["wait_seconds"], waiting["drained"]) == ([], 5, False)
    b.data("abort")
    assert a.leased("waits")["items"] == []
    assert a.leased("waits")["wait_seconds"] == 5
    assert a.lease("again") == held


def test_drained_is_said_while_others_only_run_what_they_have(service):
    number = in_legs(service, 2)
    a, b = Leg(service, number, "a").start(), Leg(service, number, "b").start()
    (mine,), (other,) = a.lease(), b.lease()
    a.run(mine)
    assert not a.leased()["drained"]
    b.say((other, 1))
    assert a.leased()["drained"]


def test_who_joins_which_leg(service):
    number = in_legs(service, 6, 3)
    second = Leg(service, number, "x").start(shardIndex=2)
    assert second.data("start", slots=1)["shard_index"] == 2
    assert [Leg(service, number, name).start().index for name in "yz"] == [1, 3]

    late = Leg(service, number, "late")
    assert "3 台" in late.refused("start", slots=1)
    assert "第 2 台" in late.refused("start", slots=1, shardIndex=2)
    assert "slots" in late.refused("start", shardIndex=2)
    assert "第 2 台" in second.refused("start", slots=1, shardIndex=1)
    for bad in ({"shardIndex": 0}, {"shardIndex": 4}, {"shardIndex": "x"}, {"slots": 0}):
        assert late.call("start", **{"slots": 1, **bad}).status_code == 422


def test_a_lost_leg_is_taken_again_by_its_index(service):
    number, a, b = two_legs(service, 40)
    begun, *rest = a.lease()
    a.say((begun, 1))
    Leg(service, number, "c").refused("start", slots=1, shardIndex=1)
    service.clock.forward(80)
    b.data("heartbeat")
    service.clock.forward(11)

    c = Leg(service, number, "c").start(shardIndex=1)  # before any watchdog looked

    legs = [
        (leg["shard_index"], leg["attempt"], leg["status"])
        for leg in service.detail(number)["shards"]
    ]
    assert legs == [(1, 1, 8), (1, 2, 3), (2, 1, 3)]
    assert row_of(service, number, begun)["status"] == 4
    a.refused("case/result", executionCaseId=rest[0], status=1)
    assert c.lease()
    assert_counted(service, number)


def test_abort_ends_one_leg(service):
    number, a, b = two_legs(service, 40)
    begun, *rest = a.lease()
    a.say((begun, 1))

    assert a.data("abort", message="SIGTERM")["shard_status"] == 6

    assert service.detail(number)["status"] == 3
    assert row_of(service, number, begun)["status"] == 7
    assert row_of(service, number, rest[0])["shard_index"] is None
    while items := b.lease():
        b.run(*items)
    assert b.finish()["execution_status"] == 5


def test_all_legs_aborted_is_canceled_and_lost_is_8(service):
    number, a, b = two_legs(service)
    a.data("abort")
    assert b.data("abort")["execution_status"] == 6
    assert service.statuses(number) == [7] * 6

    number, a, b = two_legs(service)
    sweep(service)
    detail = service.detail(number)
    assert (detail["status"], service.statuses(number)) == (8, [4] * 6)
    assert "第 1 台" in detail["trigger_message"]
    assert "第 2 台" in detail["trigger_message"]


def test_legs_that_stopped_by_themselves_leave_the_rest_canceled(service):
    number, a, b = two_legs(service, 40)
    for leg in (a, b):
        first, *rest = leg.lease()
        leg.run(first, status=3)
        leg.say(*((row, 7) for row in rest))
        leg.finish()

    assert service.detail(number)["status"] == 5
    assert set(service.statuses(number)) == {3, 7}
    assert_counted(service, number)


def test_finish_names_what_is_missing_and_then_is_final(service):
    number, a, _b = two_legs(service, 40)
    begun, *rest = a.lease()
    a.say((begun, 1))

    answer = a.finish(final=False)
    assert (answer["complete"], answer["shard_status"]) == (False, 3)
    assert {one["execution_case_id"] for one in answer["missing"]} == {begun, *rest}
    assert a.finish()["shard_status"] == 8
    assert row_of(service, number, begun)["status"] == 4
    assert row_of(service, number, rest[0])["shard_index"] is None


def test_a_leg_that_nobody_needed(service):
    number = in_legs(service, 6, 3)
    a = Leg(service, number, "a").start()
    while items := a.lease():
        a.run(*items)
    idle = Leg(service, number, "idle").start()
    assert idle.leased()["drained"]
    assert idle.finish()["shard_status"] == 4
    assert a.finish()["execution_status"] == 4

    assert [leg["status"] for leg in service.detail(number)["shards"]] == [4, 4, 6]
    assert "不再需要" in service.detail(number)["shards"][2]["message"]
    Leg(service, number, "late").refused("start", slots=1)


def test_cancel_is_one_move_and_gives_nothing_more(service):
    number, a, _b = two_legs(service)
    begun, *_ = a.lease()
    a.say((begun, 1))

    service.front("/execution/cancel", {"executionId": number})

    assert [leg["status"] for leg in service.detail(number)["shards"]] == [6, 6]
    answer = a.leased()
    assert (answer["execution_status"], answer["items"]) == (6, [])
    assert a.say((begun, 1))["execution_status"] == 6
    assert service.statuses(number) == [7] * 6
    a.say((begun, 2))
    assert row_of(service, number, begun)["status"] == 2


def test_a_restarted_service_waits_one_lease(service, tmp_path):
    number, a, _b = two_legs(service)
    service.clock.forward(600)
    with Service(
        tmp_path, database_url=service.url, runner=ExternalRunner(), clock=service.clock
    ) as again:
        again.front("/execution/poll", {})
        assert again.detail(number)["status"] == 3
        assert "第 1 台" in Leg(again, number, "c").refused("start", slots=1, shardIndex=1)
        assert a.data("heartbeat")["shard_status"] == 3
        service.clock.forward(90)
        assert Leg(again, number, "d").start(shardIndex=2).index == 2


def test_what_a_lost_leg_had_begun_runs_once_more_where_that_is_wanted(service):
    number, a, b = two_legs(service, 2, retryLost=True)
    (mine,), (other,) = a.lease(), b.lease()
    a.say((mine, 1))
    b.run(other)
    assert b.leased()["wait_seconds"] == 5
    service.clock.forward(80)
    b.data("heartbeat")
    service.clock.forward(20)
    service.front("/execution/poll", {})
    assert row_of(service, number, mine)["status"] == 1  # perhaps it still runs
    Leg(service, number, "c").refused("start", slots=1, shardIndex=1)
    service.clock.forward(21)
    b.data("heartbeat")
    service.front("/execution/poll", {})

    assert row_of(service, number, mine)["status"] == 0
    assert b.lease() == [mine]
    b.run(mine)
    assert row_of(service, number, mine)["ext"]["lost_runs"] == [{"shard_index": 1, "attempt": 1}]
    assert b.finish()["execution_status"] == 4
    assert_counted(service, number)


@pytest.mark.parametrize("cases", [40, 400])
def test_a_lease_costs_twelve_statements_however_many_cases_there_are(service, cases):
    """Machines that lease at once wait for each other, as their execution is held."""
    number = in_legs(service, cases, 4)
    leg = Leg(service, number, "a").start()
    leg.run(*leg.lease()[:1])
    service.clock.forward(1)

    with recorded(service.app.state.services.database) as statements:
        assert leg.lease()

    kinds = [text.split()[0] for text, _ in statements]
    counted = [kind for kind in kinds if kind in {"SELECT", "UPDATE", "INSERT"}]
    assert len(counted) <= 12, [text for text, _ in statements]


def test_a_broken_machine_gets_no_more_cases_while_others_go_on(service):
    number, a, b = two_legs(service, 60)
    for _ in range(10):
        a.run(*a.lease(), status=3)
        b.run(*b.lease())
        if service.detail(number)["failed_count"] >= 10:
            break
    suspect = a.leased()
    assert (suspect["items"], suspect["message"]) == ([], "suspect")
    assert suspect["wait_seconds"] == 5 or not b.lease()
    while items := b.lease():
        b.run(*items)
    assert a.leased()["drained"]


@pytest.mark.parametrize("shards", [0, 65, "many", -1, True])
def test_a_number_of_legs_that_cannot_be(service, shards):
    service.plan(1, 2)
    body = {"planId": 2001, "envCode": "st", "shards": shards}
    saved = {"planId": 2001, "projectId": 3, "planName": "p", "cases": [1, 2], "shards": shards}
    for path, asked in [("/plan/run", body), ("/plan/save", saved)]:
        answer = service.front(path, asked)
        assert answer["code"] == 40009
        assert "shards" in answer["msg"]


def test_serial_and_legs_contradict_each_other(service):
    service.plan(1, 2)
    saved = {"planId": 2001, "projectId": 3, "planName": "p", "cases": [1, 2], "shards": 2}
    assert service.front_data("/plan/save", saved)["shards"] == 2
    body = {"planId": 2001, "envCode": "st"}

    answer = service.front("/plan/run", {**body, "runMode": 1})
    assert answer["code"] == 40009
    assert "runMode" in answer["msg"]
    assert "shards" in answer["msg"]
    one = service.front_data("/plan/run", {**body, "runMode": 1, "shards": 1})
    assert (one["shard_total"], one["run_mode"]) == (1, 1)
    assert service.detail(one["id"])["shards"] == []
    service.front("/execution/cancel", {"executionId": one["id"]})
    two = service.front_data("/plan/run", body)
    assert (two["shard_total"], two["run_mode"]) == (2, 2)
    service.front("/execution/cancel", {"executionId": two["id"]})
    again = service.front_data("/execution/rerun", {"executionId": two["id"]})
    assert again["shard_total"] == 2


def test_no_more_legs_than_cases(service):
    assert service.detail(in_legs(service, 2, 64))["shard_total"] == 2


def test_history_says_when_legs_are_too_many(service):
    _number, a, b = two_legs(service, 4)
    for leg in (a, b):
        while items := leg.lease():
            leg.run(*items)
            leg.say(*((row, 2) for row in items), durationSeconds=3.0, retryCount=1)
    a.finish()
    b.finish()
    row = service.front_data("/plan/run", {"planId": 2001, "envCode": "st", "shards": 2})
    assert "6 秒" in row["warnings"][0]


def test_a_single_case_has_no_legs(service):
    service.catalog(1)
    answer = service.front("/case/run", {"caseId": 1, "envCode": "st", "shards": 2})
    assert "shards" in answer["data"]["warnings"][0]
    assert answer["data"]["shard_total"] == 1


def test_legs_of_other_code_are_named(service):
    number = in_legs(service, 6)
    Leg(service, number, "a").start(revision="abc")
    answer = Leg(service, number, "b").data("start", slots=1, revision="def")
    assert "abc" in answer["warnings"][0]
    assert "def" in answer["warnings"][0]
    assert "def" in service.detail(number)["shards"][1]["message"]
    assert service.detail(number)["revision"] == "abc"


def test_a_leg_that_does_not_know_its_code_hides_no_difference(service):
    number = in_legs(service, 6, 3)
    Leg(service, number, "a").start()
    Leg(service, number, "b").start(revision="abc")
    answer = Leg(service, number, "c").data("start", slots=1, revision="def")
    assert "abc" in answer["warnings"][0]
    assert service.detail(number)["revision"] == "abc"


def test_what_happens_to_a_leg_is_news_of_its_execution(service):
    number = in_legs(service, 6)
    seen = [service.detail(number)["event_id"]]
    a, b = Leg(service, number, "a"), Leg(service, number, "b")
    for happens in (a.start, b.start, a.lease, lambda: a.data("abort"), lambda: b.data("finish")):
        happens()
        seen.append(service.detail(number)["event_id"])
    b.data("heartbeat")  # a sign of life is not

    assert seen == sorted({*seen}, key=int)
    assert service.detail(number)["event_id"] == seen[-1]


def test_legs_go_with_their_execution(service, tmp_path):
    number, a, b = two_legs(service)
    a.lease()
    service.front("/execution/cancel", {"executionId": number})
    service.clock.forward(86400)

    prune(
        service.database,
        Artifacts(tmp_path),
        service.clock,
        older_than=0,
        keep=0,
        say=lambda _: None,
    )

    assert service.sql("SELECT count(*) FROM execution_shard")[0][0] == 0
    assert b.call("heartbeat").json()["code"] == 40011


def test_an_execution_without_legs_has_no_queue(service):
    number = service.started(1, 2, runnerId="a", slots=4, shardIndex=2)
    answer = service.call("/execution/case/lease", {"executionId": number, "leaseId": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, 40010)
    assert service.sql("SELECT count(*) FROM execution_shard")[0][0] == 0
    for path, more in [("start", {}), ("heartbeat", {}), ("finish", {"counts": {}})]:
        data = service.told(f"/execution/{path}", {"executionId": number, "runnerId": "a", **more})
        assert not {name for name in data if name.startswith("shard")}


@pytest.mark.parametrize(("again", "fence"), [(True, 85.0), (False, None)])
def test_a_leg_is_told_when_to_stop_a_test_that_another_may_run(service, again, fence):
    number, _a, _b = two_legs(service, 2, retryLost=again)

    pulled = service.client.get(
        f"{API}/execution/case/pull",
        params={"executionId": number},
        headers={"X-CALLBACK-SECRET": SECRET},
    ).json()["data"]

    assert (pulled["shardTotal"], pulled["fenceSeconds"]) == (2, fence)


def lose_first(service, second):
    """Only the first leg falls silent."""
    service.clock.forward(80)
    second.data("heartbeat")
    service.clock.forward(11)
    service.front("/execution/poll", {})


def test_that_its_own_case_was_blocked_is_an_outcome_of_a_lost_leg_too(service):
    number, a, b = two_legs(service, 40)
    begun, *_ = a.lease()
    a.say((begun, 1))
    lose_first(service, b)

    assert a.say((begun, 4), errorMessage="the fixture failed")["rejected"] == []

    row = row_of(service, number, begun)
    assert (row["status"], row["marked"]) == (4, False)
    assert row["error_message"] == "the fixture failed"
    while items := b.lease():
        b.run(*items)
    assert b.finish()["execution_status"] == 5


def test_a_lost_leg_is_refused_after_the_end_too(service):
    number, a, b = two_legs(service, 2)
    (mine,), (other,) = a.lease(), b.lease()
    sweep(service)
    assert service.detail(number)["status"] == 8

    a.refused("case/lease", leaseId="late")
    a.refused("case/result", executionCaseId=mine, status=1)
    assert other != mine


def test_a_lone_announcement_after_a_cancel_tells_that_it_is_over(service):
    number, a, _b = two_legs(service)
    first, *_ = a.lease()
    service.front("/execution/cancel", {"executionId": number})

    answer = a.data("case/result", executionCaseId=first, status=1)
    assert (answer["execution_status"], answer["shard_status"]) == (6, 6)
    assert service.statuses(number) == [7] * 6
    unleased = max(row["id"] for row in service.cases(number))
    assert a.call("case/result", executionCaseId=unleased, status=2).status_code == 422


def test_every_leg_is_named_however_many_and_wordy_they_are(service):
    number = in_legs(service, 64, 64)
    legs = [Leg(service, number, f"n{at}").start() for at in range(64)]
    for leg in legs:
        leg.lease()
    for leg in legs:
        leg.data("abort", message="x" * 500)

    message = service.detail(number)["trigger_message"]
    assert [at for at in range(1, 65) if f"第 {at} 台" not in message] == []


def test_a_case_that_runs_once_more_counts_its_attempts_anew(service):
    number, a, b = two_legs(service, 2, retryLost=True)
    (mine,), (other,) = a.lease(), b.lease()
    a.say((mine, 1), retryCount=1)
    b.run(other)
    service.clock.forward(80)
    b.data("heartbeat")
    service.clock.forward(41)
    b.data("heartbeat")
    service.front("/execution/poll", {})

    assert b.lease() == [mine]
    b.say((mine, 1), retryCount=0)
    assert row_of(service, number, mine)["status"] == 1


@pytest.mark.parametrize("begun_again", [False, True])
def test_a_late_outcome_heals_what_should_have_run_again_and_did_not(service, begun_again):
    number, a, b = two_legs(service, 2, retryLost=True)
    (mine,), (other,) = a.lease(), b.lease()
    a.say((mine, 1))
    b.run(other)
    if begun_again:
        service.clock.forward(80)
        b.data("heartbeat")
        service.clock.forward(41)
        service.front("/execution/poll", {})
        assert b.lease() == [mine]
        b.say((mine, 1))
    service.clock.forward(121)
    service.front("/execution/poll", {})
    row = row_of(service, number, mine)
    assert (row["status"], row["marked"]) == (4, True)
    assert row["ext"]["lost_runs"] == [{"shard_index": 1, "attempt": 1}]

    a.refused("case/result", executionCaseId=mine, status=1)
    stranger = Leg(service, number, "stranger")
    assert len(stranger.say((mine, 2))["rejected"]) == 1
    assert a.say((mine, 2))["rejected"] == []

    row = row_of(service, number, mine)
    assert (row["status"], row["marked"], row["shard_index"]) == (2, False, 1)
    assert row["ext"]["lost_runs"] == [{"shard_index": 1, "attempt": 1}]
    assert service.detail(number)["status"] == 8
    [leg, *_] = service.detail(number)["shards"]
    assert leg["done"] == 1
    assert_counted(service, number)


@pytest.mark.parametrize("day", [19, 21])
def test_a_machine_whose_clock_is_wrong_is_lost_and_counted_by_the_services(service, day):
    theirs = f"2025-09-{day}T07:30:00+00:00"
    number = in_legs(service, 2)
    a, b = (Leg(service, number, name).start(startTime=theirs) for name in "ab")
    (mine,), (other,) = a.lease(), b.lease()
    a.say((mine, 1), startedTime=theirs)
    b.say((other, 1), startedTime=theirs)
    b.say((other, 2), startedTime=theirs, finishedTime=theirs)
    service.clock.forward(80)
    b.data("heartbeat")
    service.front("/execution/poll", {})
    assert [leg["status"] for leg in service.detail(number)["shards"]] == [3, 3]
    service.clock.forward(11)
    service.front("/execution/poll", {})
    assert [leg["status"] for leg in service.detail(number)["shards"]] == [8, 3]

    a.say((mine, 2), startedTime=theirs, finishedTime=theirs)
    b.finish(endTime=theirs)

    detail = service.detail(number)
    assert (detail["status"], service.statuses(number)) == (4, [2, 2])
    assert (detail["duration_seconds"] or 0) >= 0
