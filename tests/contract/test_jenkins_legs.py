"""One plan over several builds: the service, a Jenkins and real pytest processes that share a queue."""

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


@pytest.mark.parametrize("more", [["-n0"], []], ids=["serial", "xdist"])
def test_four_builds_share_a_plan_and_run_each_case_once(on_jenkins, more):
    jenkins = on_jenkins.jenkins
    jenkins.command = [*jenkins.command, *more]
    on_jenkins.write(test_it__py=CASES)
    on_jenkins.sync(
        *(
            {"caseId": n, "caseTitle": str(n), "pytestNodeid": f"test_it.py::test_case[{n}]"}
            for n in NUMBERS
        )
    )
    plan = on_jenkins.plan(*NUMBERS)
    started = on_jenkins.post("/automation/plan/run", planId=plan, envCode="st", shards=4)

    execution, cases = on_jenkins.wait(started["data"]["id"])

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
