"""One plan over several machines: the service, a Jenkins and real pytest processes that share a queue."""

from collections import Counter

import pytest

pytestmark = pytest.mark.slow

CASES = """
import os, pathlib, pytest, time

@pytest.mark.parametrize("n", [
    pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, 13)
])
def test_case(n):
    with pathlib.Path("ran.txt").open("a") as file:
        file.write(f"{n} {os.environ['SHARD_INDEX']}\\n")
    time.sleep(0.2)
"""
NUMBERS = range(1, 13)


def run(platform, text, shards, **fields):
    """A plan of these cases on so many machines, to its end: the execution and its cases."""
    platform.write(test_it__py=text)
    platform.sync(
        *(
            {"caseId": n, "caseTitle": str(n), "pytestNodeid": f"test_it.py::test_case[{n}]"}
            for n in NUMBERS
        )
    )
    plan = platform.plan(*NUMBERS)
    ask = {"planId": plan, "envCode": "st", "shards": shards, **fields}
    started = platform.post("/automation/plan/run", **ask)
    return platform.wait(started["data"]["id"])


@pytest.mark.parametrize("more", [["-n0"], []], ids=["serial", "xdist"])
def test_four_builds_share_a_plan_and_run_each_case_once(on_jenkins, more):
    jenkins = on_jenkins.jenkins
    jenkins.command = [*jenkins.command, *more]
    execution, cases = run(on_jenkins, CASES, shards=4)

    ran = [line.split() for line in (on_jenkins.root / "ran.txt").read_text().splitlines()]
    assert execution["status"] == 4, execution
    assert sorted(int(n) for n, _ in ran) == list(NUMBERS)
    assert {n: str(case["shard_index"]) for n, case in cases.items()} == {
        int(n): leg for n, leg in ran
    }
    shards = execution["shards"]
    assert [leg["shard_index"] for leg in shards] == [1, 2, 3, 4]
    # two executors: who was not needed any more was taken out of the queue
    assert {leg["status"] for leg in shards} <= {4, 6}
    assert sum(leg["done"] for leg in shards) == len(NUMBERS)


def test_what_a_killed_build_left_is_run_by_the_others(on_jenkins):
    """One case dies with its machine; all others are run once, and nobody waits for ever."""
    text = CASES.replace(
        "    time.sleep(0.2)",
        "    if n == 5:\n        os.kill(os.getpid(), 9)\n    time.sleep(0.2)",
    )
    on_jenkins.jenkins.command = [*on_jenkins.jenkins.command, "-n0"]
    execution, cases = run(on_jenkins, text, shards=2)

    ran = [line.split()[0] for line in (on_jenkins.root / "ran.txt").read_text().splitlines()]
    assert len(ran) == len(set(ran))
    assert execution["status"] == 8, execution
    blocked = {n for n, case in cases.items() if case["status"] == 4}
    assert 5 in blocked
    assert len(blocked) <= 2  # what ran, and what was announced
    assert {case["status"] for n, case in cases.items() if n not in blocked} == {2}
    assert 8 in {leg["status"] for leg in execution["shards"]}


def test_local_machines_share_a_plan_too(platform):
    """With one slot: the first runs all, and the second was not needed, or found nothing."""
    execution, cases = run(platform, CASES, shards=2)

    ran = [line.split()[0] for line in (platform.root / "ran.txt").read_text().splitlines()]
    assert sorted(map(int, ran)) == list(NUMBERS)
    assert execution["status"] == 4, execution
    assert {case["status"] for case in cases.values()} == {2}
    assert "--slots" in execution["trigger_message"]


#: the machine dies in one case, the first time that it runs.
DIES_ONCE = CASES.replace(
    "    time.sleep(0.2)",
    """    if n == 5 and not pathlib.Path("died").exists():
        pathlib.Path("died").touch()
        os.kill(os.getpid(), 9)
    time.sleep(0.2)""",
)


def retried(platform):
    """Case 5 ran twice, and at most the one before it, if what it said had not arrived; each other
    once; all have passed. Of the next one the service may know that it was to begin, no more."""
    execution, cases = run(platform, DIES_ONCE, shards=2, retryLost=True)
    ran = [int(line.split()[0]) for line in (platform.root / "ran.txt").read_text().splitlines()]
    twice = {n for n, times in Counter(ran).items() if times == 2}
    assert set(ran) == set(NUMBERS)
    assert len(ran) == len(NUMBERS) + len(twice)
    assert execution["status"] == 4, execution
    assert {case["status"] for case in cases.values()} == {2}
    [lost] = [leg for leg in execution["shards"] if leg["status"] == 8]
    named = [{"shard_index": lost["shard_index"], "attempt": lost["attempt"]}]
    lost_with_it = {n for n, case in cases.items() if "lost_runs" in (case["ext"] or {})}
    assert twice <= lost_with_it
    assert len(lost_with_it - twice) <= 1
    assert 5 in twice
    assert len(twice) <= 2
    assert all(cases[n]["ext"]["lost_runs"] == named for n in lost_with_it)
    assert cases[5]["shard_index"] is not None


def test_what_died_with_a_build_runs_again_where_that_is_wanted(on_jenkins):
    on_jenkins.jenkins.command = [*on_jenkins.jenkins.command, "-n0"]
    retried(on_jenkins)


@pytest.mark.parametrize("platform", [{"slots": 2}], indirect=True)
def test_what_died_with_a_local_process_runs_again_where_that_is_wanted(platform):
    platform.write(pytest__ini="[pytest]\naddopts = -n0\n")
    retried(platform)
