"""A leg with xdist inside: the queue's scheduler feeds the workers, none begins unannounced."""

from collections import Counter

import pytest
from leg_kit import SEEN, SESSION, cases, leases_of, numbers, orchestrator, seen
from scripted_orchestrator import FINISH, RESULT, START

__all__ = ["orchestrator", "seen"]

pytestmark = pytest.mark.slow

WATCHER = """
    class Watcher:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item):
            with open("watched", "a") as watched: watched.write(item.nodeid + "\\n")
            return (yield)

    def pytest_configure(config):
        config.pluginmanager.register(Watcher())
"""


def test_two_workers_share_what_their_leg_leases(project, orchestrator, seen):
    project.write(
        test_a=cases(1, 4), test_b=cases(5, 8), test_c=cases(9, 12), conftest=SESSION + WATCHER
    )
    orchestrator.want(*range(1, 13), run_mode=2)
    orchestrator.lease_size = 4
    early = []

    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        early.extend(row for row in rows if row["status"] == 1 and row["caseId"] in numbers(seen))

    orchestrator.on_call = look

    result = project.run("-n2")

    assert result.ret == 0
    assert orchestrator.statuses() == dict.fromkeys(range(1, 13), 2)
    assert orchestrator.foul == []
    assert early == []
    assert sorted(numbers(seen)) == list(range(1, 13))
    assert orchestrator.bodies(START)[0]["slots"] == 2
    assert orchestrator.bodies(FINISH)[0]["counts"] == {"2": 12}
    assert len(leases_of(orchestrator)) == 3
    assert Counter(seen())["session up"] == Counter(seen())["session down"] <= 2
    watched = (project.root / "watched").read_text().split()
    assert len(watched) == 12  # no other plugin meets the park item
    result.stdout.fnmatch_lines(
        ["sisyphus: leg 1 of 2, leases from the queue", "2 workers [[]12 items[]]", "*12 passed*"]
    )


def test_a_worker_that_dies_takes_one_case_with_it(project, orchestrator, seen):
    project.write(test_a=cases(1, 12, "see(str(n)); n % 4 or os._exit(3)"))
    orchestrator.want(*range(1, 13), run_mode=2)
    orchestrator.lease_size = 5

    project.run("-n2")

    statuses = orchestrator.statuses()
    assert [n for n, status in statuses.items() if status == 3] == [4, 8, 12]
    assert Counter(statuses.values()) == {2: 9, 3: 3}
    assert Counter(numbers(seen)) == dict.fromkeys(range(1, 13), 1)
    assert orchestrator.foul == []
    assert orchestrator.status == 5


def test_workers_wait_for_cases_that_may_come_back(project, orchestrator, seen):
    """Another leg has leased all but one, and is lost after a while."""
    project.write(test_a=cases(1, 6))
    orchestrator.want(*range(1, 7), run_mode=2)
    other = orchestrator.legs[1]
    other.runner, other.status = "another", 3
    orchestrator.holder.update({row["executionCaseId"]: "another" for row in orchestrator.rows[1:]})
    asked = []

    def look(path, body):
        if path.endswith("/lease"):
            asked.append(1)
            if len(asked) == 4:
                orchestrator.lose(other)

    orchestrator.on_call = look

    result = project.run("-n2")

    assert result.ret == 0
    assert orchestrator.statuses() == dict.fromkeys(range(1, 7), 2)
    assert sorted(numbers(seen)) == [1, 2, 3, 4, 5, 6]
    assert orchestrator.foul == []


def test_a_leg_whose_last_worker_dies_while_it_waits_did_not_end_well(project, orchestrator, seen):
    """Nothing failed here, and another leg holds the rest."""
    project.write(
        test_a=cases(1, 3, "see(str(n)); threading.Thread(target=die, daemon=True).start()")
        + """
    import threading

    def die():
        while not os.path.exists(os.environ["SEEN"] + "-idle"): time.sleep(0.05)
        os._exit(3)
"""
    )
    orchestrator.want(1, 2, 3, run_mode=2)
    orchestrator.legs[1].runner, orchestrator.legs[1].status = "another", 3
    orchestrator.holder.update({102: "another", 103: "another"})

    def look(path, body):
        if path.endswith("/lease") and orchestrator.finals(1):  # so it runs nothing any more
            (project.root / "seen-idle").touch()

    orchestrator.on_call = look

    result = project.run("-n1", "--max-worker-restart=0")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert numbers(seen) == [1]
    assert orchestrator.final(1)["status"] == 2
    result.stdout.fnmatch_lines(
        ["the session ended before its queue did: no workers were left", "1 case of 3 in 1 lease"]
    )


def test_the_first_failure_leaves_the_queue_to_others(project, orchestrator, seen):
    project.write(test_a=cases(1, 30, "see(str(n)); time.sleep(0.05); assert n != 2"))
    orchestrator.want(*range(1, 31), run_mode=2)
    orchestrator.lease_size = 10

    result = project.run("-n2", "-x")

    assert result.ret != 0
    statuses = orchestrator.statuses()
    assert statuses[2] == 3
    assert {statuses[n] for n in range(3, 11)} <= {2, 7}
    assert [statuses[n] for n in range(11, 31)] == [0] * 20
    assert orchestrator.foul == []
    assert orchestrator.legs[0].status == 5


def test_a_lost_leg_begins_nothing_more(project, orchestrator, seen):
    project.write(test_a=cases(1, 20, "see(str(n)); time.sleep(0.05)"))
    orchestrator.want(*range(1, 21), run_mode=2)
    orchestrator.lease_size = 10

    def look(path, body):
        rows = body.get("results", ()) if path == RESULT else ()
        if any((row["caseId"], row["status"]) == (6, 1) for row in rows):
            orchestrator.lose(orchestrator.legs[0])

    orchestrator.on_call = look

    result = project.run("-n2")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert 6 not in numbers(seen)
    assert max(numbers(seen)) < 10
    statuses = orchestrator.statuses()
    assert all(statuses[n] == 2 for n in numbers(seen))
    assert not any(orchestrator.finals(n) for n in range(6, 21))
    result.stdout.fnmatch_lines(
        ["sisyphus: nothing more begins here: *this leg*", "stopped: *this leg*"]
    )


def test_a_case_that_the_orchestrator_takes_back_is_passed_over(project, orchestrator, seen):
    project.write(test_a=cases(1, 4), test_b=cases(5, 8))
    orchestrator.want(1, 5, 2, 6, 3, 7, 4, 8, run_mode=2)
    orchestrator.lease_size = 8
    orchestrator.taken_back = {102, 103, 108}

    result = project.run("-n2")

    assert result.ret == 0
    assert sorted(numbers(seen)) == [1, 3, 4, 6, 7]
    result.stdout.fnmatch_lines(["delivered: 5 of 5 results"])


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

    result = project.run("-n1")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*ERROR at teardown of the queue*", "*left open*"])


def test_a_worker_that_collects_something_else_gets_nothing_to_run(project, orchestrator, seen):
    project.write(
        test_a=cases(1, 3)
        + """
    if os.environ["PYTEST_XDIST_WORKER"] == "gw1":
        @pytest.mark.sisyphus(case_id=4)
        def test_more(): see("4")
"""
    )
    orchestrator.want(1, 2, 3, run_mode=2)
    orchestrator.want({"caseId": 4, "executionCaseId": 104})

    orchestrator.run_mode = 2
    result = project.run("-n2")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert sorted(numbers(seen))[:3] == [1, 2, 3]
    result.stdout.fnmatch_lines(["*collected other tests than the first worker: *test_more*"])
    assert all(status in {2, 6} for status in orchestrator.statuses().values())


def test_fixtures_of_a_class_live_while_its_tests_follow_each_other(project, orchestrator, seen):
    project.write(
        test_a=SEEN
        + """
    class TestIt:
        @pytest.fixture(scope="class", autouse=True)
        def of_class(self): see("class up"); yield; see("class down")

        @pytest.mark.parametrize("n", [
            pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, 5)
        ])
        def test_it(self, n): see(str(n))
""",
        conftest=SESSION,
    )
    orchestrator.want(1, 2, 3, 4, run_mode=2)
    orchestrator.lease_size = 4

    project.run("-n1")

    assert seen() == [
        *["session up", "module up", "class up", "1", "2", "3", "4"],
        *["class down", "module down", "session down"],
    ]


def test_a_test_that_killed_its_worker_runs_again_as_the_options_say(project, orchestrator, seen):
    project.write(
        test_a=cases(1, 4, "see(str(n)); n == 2 and numbers().count('2') < 2 and os._exit(3)")
        + """
    def numbers():
        with open(os.environ["SEEN"]) as seen: return seen.read().split()
"""
    )
    orchestrator.want(1, 2, 3, 4, run_mode=2)

    result = project.run("-n2", "--reruns=2")

    assert orchestrator.statuses() == dict.fromkeys([1, 2, 3, 4], 2)
    assert orchestrator.final(2)["retryCount"] == 1
    assert sorted(numbers(seen)) == [1, 2, 2, 3, 4]
    assert orchestrator.foul == []
    assert result.ret == 0
