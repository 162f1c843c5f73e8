"""A leg of a sharded execution: it leases, announces before it begins, and tells what it ran."""

import signal
import threading

import pytest
from leg_kit import SEEN, SESSION, cases, leases_of, numbers, orchestrator, seen
from scripted_orchestrator import ABORT, FINISH, RESULT, START, answer_lost, reset, scripted, status
from service_kit import until
from sharded_orchestrator import LEASE

from pytest_sisyphus.execution import delivery

__all__ = ["orchestrator", "seen"]

CASES = cases(1, 6)


@pytest.fixture
def scripted_one():
    """An execution without shards."""
    with scripted() as orchestrator:
        yield orchestrator


@pytest.fixture
def two(project, orchestrator, seen):
    """Six cases, of which a leg leases two at a time."""
    project.write(test_a=CASES, conftest=SESSION)
    orchestrator.want(*range(1, 7), run_mode=2)
    return project


def test_one_leg_runs_all_that_nobody_else_takes(two, orchestrator, seen):
    result = two.run("-n0", "--sisyphus-shard=2")

    assert result.ret == 0
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)
    assert orchestrator.foul == []
    assert orchestrator.status == 4
    assert leases_of(orchestrator) == [[101, 102], [103, 104], [105, 106]]
    start = orchestrator.bodies(START)[0]
    assert (start["shardIndex"], start["slots"]) == (2, 1)
    finish = orchestrator.bodies(FINISH)[0]
    assert finish["counts"] == {"2": 6}
    result.stdout.fnmatch_lines(
        [
            "sisyphus: leg 2 of 2, leases from the queue",
            "6 cases of 6 in 3 leases",
            "6 in all were done when this leg last asked",
            "*6 passed*",
        ]
    )


@pytest.mark.parametrize(
    ("options", "is_shown"),
    [
        ((), True),
        (("-v",), True),
        (("-q",), False),
        (("-s",), False),
        (("-o", "console_output_style=classic"), False),
        (("-p", "no:terminal"), False),
    ],
    ids=str,
)
def test_how_far_all_legs_are_is_said_where_pytest_shows_progress(
    two, orchestrator, seen, options, is_shown
):
    orchestrator.rows[4]["status"] = 2  # by another leg, before this one came

    result = two.run("-n0", *options)

    lines = [line for line in result.outlines if " in all" in line and "here" in line]
    said = ["sisyphus: 0 here, 1 of 6 in all", "sisyphus: 2 here, 3 of 6 in all"]
    assert lines[:2] == (said if is_shown else [])
    assert len(lines) == (3 if is_shown else 0)
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)


def test_a_leg_that_may_be_broken_learns_it(two, orchestrator, seen):
    plain = orchestrator.endpoints()[LEASE]
    answers = [{"items": [], "wait_seconds": 0, "drained": False, "message": "suspect"}]
    orchestrator._lease = lambda body: answers.pop() if answers else plain(body)

    result = two.run("-n0")

    result.stdout.fnmatch_lines(["sisyphus: this machine gets nothing more for now: all it ran *"])
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)


def test_session_fixtures_live_from_the_first_lease_to_the_last(two, seen):
    two.run("-n0")

    assert seen() == [
        "session up",
        *["module up", "1", "2", "module down"],
        *["module up", "3", "4", "module down"],
        *["module up", "5", "6", "module down"],
        "session down",
    ]


def test_nothing_begins_before_the_orchestrator_knows(two, orchestrator, seen):
    early = []

    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        early.extend(row for row in rows if row["status"] == 1 and str(row["caseId"]) in seen())

    orchestrator.on_call = look

    two.run("-n0")

    assert early == []
    assert orchestrator.started_order() == [1, 2, 3, 4, 5, 6]


def test_a_lease_whose_answer_is_lost_is_asked_for_again_by_the_same_id(two, orchestrator, seen):
    orchestrator.fail(LEASE, reset, answer_lost, status(503))

    assert two.run("-n0").ret == 0

    ids = [body["leaseId"] for body in orchestrator.bodies(LEASE)]
    assert ids[0] == ids[1] == ids[2] == ids[3] != ids[4]
    assert leases_of(orchestrator)[0] == [101, 102]
    assert seen().count("1") == 1
    assert orchestrator.foul == []


def test_an_orchestrator_that_is_away_between_two_cases_is_waited_for(two, orchestrator, seen):
    orchestrator.fail(RESULT, *[status(503)] * 3)
    orchestrator.fail(LEASE, *[status(503)] * 3)

    assert two.run("-n0").ret == 0

    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)
    assert orchestrator.foul == []


def test_the_wait_for_an_orchestrator_has_an_end(two, orchestrator, seen):
    orchestrator.always(LEASE, status(503))

    result = two.run("-n0", "-o", "sisyphus_queue_timeout=1", "-o", "sisyphus_flush_timeout=1")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.re_match_lines([r"stopped: no answer for \d+ s: .* answered 503: told to fail"])
    assert orchestrator.legs[0].status == 6
    assert not orchestrator.holder


def test_a_lost_leg_begins_nothing_more_and_still_tells_what_it_ran(two, orchestrator, seen):
    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        if any((row["caseId"], row["status"]) == (3, 1) for row in rows):
            orchestrator.lose(orchestrator.legs[0])

    orchestrator.on_call = look

    result = two.run("-n0")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "3" not in seen()
    statuses = orchestrator.statuses()
    assert (statuses[1], statuses[2]) == (2, 2)
    assert [statuses[n] for n in range(3, 7)] == [0, 0, 0, 0]
    assert not any(orchestrator.finals(n) for n in range(3, 7))
    result.stdout.fnmatch_lines(["stopped: *this leg*"])


def test_the_first_failure_ends_a_leg_that_stops_at_it_and_leaves_the_queue(
    project, orchestrator, seen
):
    project.write(test_a=cases(1, 6, "assert n != 3"))
    orchestrator.want(*range(1, 7), run_mode=2)
    orchestrator.lease_size = 3

    result = project.run("-n0", "-x")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == {1: 2, 2: 2, 3: 3, 4: 0, 5: 0, 6: 0}
    assert orchestrator.legs[0].status == 5
    assert FINISH in orchestrator.paths()
    assert ABORT not in orchestrator.paths()


def test_what_it_leased_and_did_not_begin_is_canceled_then(project, orchestrator, seen):
    project.write(test_a=cases(1, 6, "assert n != 2"))
    orchestrator.want(*range(1, 7), run_mode=2)
    orchestrator.lease_size = 4

    result = project.run("-n0", "-x")

    assert orchestrator.statuses() == {1: 2, 2: 3, 3: 7, 4: 7, 5: 0, 6: 0}
    result.stdout.fnmatch_lines(
        ["4 cases: 1 passed, 1 failed, 2 canceled", "4 cases of 6 in 1 lease"]
    )
    assert orchestrator.foul == []


def test_what_cannot_run_is_said_when_it_is_leased(project, orchestrator, seen):
    project.write(
        test_a=CASES,
        test_broken="""
            import nowhere
            @pytest.mark.sisyphus(case_id=7)
            def test_b(): pass
        """,
    )
    orchestrator.want(8, 1, 7, 2, 3, run_mode=2)
    orchestrator.lease_size = 1

    result = project.run("-n0", "-k", "not 2")

    assert orchestrator.statuses() == {8: 6, 1: 2, 7: 4, 2: 7, 3: 2}
    assert "No module named 'nowhere'" in orchestrator.final(7)["errorMessage"]
    assert "deselected" in orchestrator.final(2)["errorMessage"]
    assert orchestrator.foul == []
    assert len(leases_of(orchestrator)) == 5
    assert result.ret == pytest.ExitCode.TESTS_FAILED  # the broken file


def test_a_machine_for_which_nothing_is_left_ends_well(two, orchestrator, seen):
    for row in orchestrator.rows:
        row["status"] = 1
        orchestrator.holder[row["executionCaseId"]] = "another"
    orchestrator.legs[0].status = 3

    result = two.run("-n0")

    assert result.ret == 0
    assert seen() == []
    result.stdout.fnmatch_lines(["*nothing was left for this machine*"])


def test_a_machine_that_breaks_before_its_first_lease_has_not_finished(two, orchestrator, seen):
    two.write(conftest="def pytest_collection_finish(): raise RuntimeError('no disk')")

    result = two.run("-n0")

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert seen() == []
    assert FINISH not in orchestrator.paths()
    assert [body["status"] for body in orchestrator.bodies(ABORT)] == [8]


def test_none_of_its_cases_run_is_no_success(two, orchestrator, seen):
    result = two.run("-n0", "-k", "nothing")

    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 7)


@pytest.mark.parametrize("state", [3, 4], ids=["every leg is taken", "it is over"])
def test_a_machine_too_many_is_told_so_and_runs_nothing(two, orchestrator, seen, state):
    for leg in orchestrator.legs:
        leg.status = 3
    orchestrator.status = state

    result = two.run("-n0")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert seen() == []
    word = {3: "*every leg has its runner*", 4: "*execution 13 is over*"}[state]
    result.stderr.fnmatch_lines([word])


def test_a_case_that_the_orchestrator_takes_back_is_passed_over(two, orchestrator, seen):
    two.write(test_b=cases(7, 8))
    orchestrator.want(7, 8)
    orchestrator.rows[6]["executionCaseId"], orchestrator.rows[7]["executionCaseId"] = 107, 108
    orchestrator.rows[:] = [orchestrator.rows[at] for at in (0, 6, 1, 7, 2, 3, 4, 5)]
    orchestrator.run_mode, orchestrator.lease_size = 2, 8
    orchestrator.taken_back = {107, 102, 106}

    result = two.run("-n0")

    assert result.ret == 0
    assert numbers(seen) == [1, 8, 3, 4, 5]
    assert not any(orchestrator.finals(n) for n in (7, 2, 6))
    result.stdout.fnmatch_lines(["delivered: 5 of 5 results"])


def test_a_case_that_was_taken_back_may_be_given_again(two, orchestrator, seen):
    orchestrator.taken_back = {102}

    def look(path, body):
        if path == LEASE and len(leases_of(orchestrator)) == 2:
            orchestrator.taken_back.clear()
            orchestrator.holder.pop(102, None)

    orchestrator.on_call = look

    assert two.run("-n0").ret == 0

    assert numbers(seen) == [1, 3, 4, 2, 5, 6]
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)
    assert orchestrator.foul == []


def test_a_case_that_stands_twice_in_the_plan_runs_twice(two, orchestrator, seen):
    orchestrator.rows.clear()
    orchestrator.want(1, 1, 2, run_mode=2)
    orchestrator.lease_size = 3

    assert two.run("-n0").ret == 0

    assert numbers(seen) == [1, 2, 1]
    assert [row["status"] for row in orchestrator.rows] == [2, 2, 2]


def test_several_tests_of_a_case_are_one_announcement_and_one_outcome(project, orchestrator, seen):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            @pytest.mark.parametrize("n", range(3))
            def test_it(n): assert n != 1
        """
    )
    orchestrator.want(1, run_mode=2)

    project.run("-n0")

    assert orchestrator.final(1)["status"] == 3
    assert len(orchestrator.final(1)["ext"]["items"]) == 3
    assert orchestrator.started_order() == [1]


def test_tests_are_run_again_as_the_options_say(project, orchestrator, seen):
    project.write(
        test_a=SEEN
        + """
    @pytest.mark.sisyphus(case_id=1)
    def test_it():
        see("1")
        with open(os.environ["SEEN"]) as seen: assert seen.read().count("1") == 3
"""
    )
    orchestrator.want(1, run_mode=2)

    assert project.run("-n0", "--reruns=4").ret == 0

    assert orchestrator.final(1)["retryCount"] == 2
    assert orchestrator.final(1)["status"] == 2


def test_a_session_fixture_that_fails_at_its_end_fails_the_leg(project, orchestrator):
    project.write(
        test_a="""
            @pytest.fixture(scope="session", autouse=True)
            def of_session(): yield; raise RuntimeError("left open")

            @pytest.mark.sisyphus(case_id=1)
            def test_it(): pass
        """
    )
    orchestrator.want(1, run_mode=2)

    result = project.run("-n0")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*ERROR at teardown of the queue*", "*left open*"])


def test_an_execution_without_shards_has_no_leg_but_the_first(project, scripted_one):
    project.orchestrator = scripted_one
    project.write(test_a=CASES)
    scripted_one.want(1)

    result = project.run("--sisyphus-shard=2")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert START not in scripted_one.paths()
    result.stderr.fnmatch_lines(["*execution 13 is not divided into shards, so it has no leg 2*"])


@pytest.mark.parametrize("text", ["0", "-1", "three", "1.5"])
def test_a_leg_is_a_number_from_1(two, orchestrator, text):
    result = two.run(f"--sisyphus-shard={text}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"*--sisyphus-shard: expected a leg's number, from 1, got '{text}'*"]
    )
    assert orchestrator.calls == []


def test_the_parameters_of_a_job_say_which_leg_it_is(two, orchestrator, seen, monkeypatch):
    for name, value in {"EXECUTION_ID": 13, "SHARD_INDEX": 2, "SHARD_TOTAL": 2}.items():
        monkeypatch.setenv(name, str(value))

    two.run("-n0")

    assert orchestrator.bodies(START)[0]["shardIndex"] == 2


def test_a_pytest_that_is_no_execution_is_no_leg_either(project, monkeypatch):
    for name, value in {"EXECUTION_ID": 13, "SHARD_INDEX": 0, "SHARD_TOTAL": 2}.items():
        monkeypatch.setenv(name, str(value))
    project.write(test_a="def test_it(): pass")

    project.pytester.runpytest().assert_outcomes(passed=1)


def test_without_all_of_them_the_orchestrator_numbers_the_legs(
    two, orchestrator, seen, monkeypatch
):
    monkeypatch.setenv("SHARD_INDEX", "2")
    monkeypatch.setenv("EXECUTION_ID", "13")

    two.run("-n0")

    assert "shardIndex" not in orchestrator.bodies(START)[0]


def test_a_signal_ends_the_leg_and_gives_back_what_it_leased(project, orchestrator, seen):
    project.write(test_a=cases(1, 6, "see(str(n)); n == 2 and time.sleep(60)"))
    orchestrator.want(*range(1, 7), run_mode=2)
    orchestrator.lease_size = 4

    process = project.start("-n0")
    try:
        until(lambda: 2 in numbers(seen))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert [body["message"] for body in orchestrator.bodies(ABORT)] == ["received SIGTERM"]
    assert orchestrator.final(2)["status"] == 7
    assert not any(orchestrator.finals(n) for n in (3, 4, 5, 6))
    assert orchestrator.legs[0].status == 6
    statuses = orchestrator.statuses()
    assert [statuses[n] for n in (1, 4, 5, 6)] == [2, 0, 0, 0]
    assert "module down" in seen()
    assert orchestrator.holder.keys() == {101, 102, 103}


@pytest.mark.parametrize("workers", ["-n0", "-n1"], ids=["serial", "one worker"])
def test_where_cases_are_run_again_a_leg_without_answers_stops_its_test(
    project, orchestrator, seen, workers, monkeypatch
):
    monkeypatch.setattr(delivery, "HEARTBEAT_SECONDS", 0.2)  # while workers start
    project.write(test_a=cases(1, 4, "see(str(n)); n == 2 and time.sleep(300)"))
    orchestrator.want(1, 2, 3, 4, run_mode=2)
    orchestrator.lease_size, orchestrator.fence = 4, 5.0

    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        if any((row["caseId"], row["status"]) == (3, 1) for row in rows):
            orchestrator.always(RESULT, status(503))

    orchestrator.on_call = look

    result = project.run(workers, "-o", "sisyphus_flush_timeout=1")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert numbers(seen) == [1, 2]
    assert "module down" in seen()
    result.stdout.fnmatch_lines(["*no answer for * s: its cases may be given to another leg*"])


@pytest.mark.parametrize("workers", ["-n0", "-n1"], ids=["serial", "one worker"])
def test_where_cases_are_run_again_a_leg_that_counts_as_lost_leaves_them_to_others(
    project, orchestrator, seen, workers, monkeypatch
):
    """At once, and says nothing of them: an outcome of here would stand for that of there."""
    monkeypatch.setattr(delivery, "HEARTBEAT_SECONDS", 0.2)
    project.write(test_a=cases(1, 4, "see(str(n)); n == 2 and time.sleep(300)"))
    orchestrator.want(1, 2, 3, 4, run_mode=2)
    orchestrator.lease_size, orchestrator.fence = 4, 85.0

    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        if any((row["caseId"], row["status"]) == (3, 1) for row in rows):
            threading.Timer(0.5, orchestrator.lose, [orchestrator.legs[0]]).start()

    orchestrator.on_call = look

    result = project.run(workers)

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert numbers(seen) == [1, 2]
    told = [row for body in orchestrator.bodies(RESULT) for row in body["results"]]
    assert [row["status"] for row in told if row["caseId"] == 2] == [1]
    assert [body["status"] for body in orchestrator.bodies(ABORT)] == [8]


@pytest.mark.parametrize("fate", ["blocked", "passed elsewhere"])
def test_what_ran_on_a_killed_leg_is_kept_until_it_has_run_again_or_will_not(
    project, orchestrator, seen, monkeypatch, fate
):
    """With `retryLost`, where the local runner replays."""
    project.write(test_a=cases(1, 1, "os.kill(os.getpid(), 9)"))
    orchestrator.want(1, run_mode=2)
    orchestrator.fence = 85.0
    project.start("-n0").communicate(timeout=60)
    [spool], [leg] = project.spools, [leg for leg in orchestrator.legs if leg.runner]

    monkeypatch.setenv("SISYPHUS_LEAVE_OPEN", "1")
    kept = project.replay(spool)
    assert kept.ret == pytest.ExitCode.TESTS_FAILED
    kept.stdout.fnmatch_lines(["sisyphus: kept: test_a.py::test_it[[]1[]] ran when *"])
    assert (orchestrator.statuses(), project.spools) == ({1: 1}, [spool])

    orchestrator.lose(leg)
    if fate != "blocked":
        orchestrator.marked.clear()
        orchestrator.row(1)["status"] = 2
    assert project.replay(spool).ret == 0
    assert orchestrator.statuses() == {1: 3 if fate == "blocked" else 2}
    assert project.spools == []
