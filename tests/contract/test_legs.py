"""One plan, several machines, each a pytest process: the real service with its external runner."""

import collections
import contextlib
import os
import signal
import subprocess
import sys

import pytest
from idle_plugins import NO_IDLE_PLUGINS

pytestmark = pytest.mark.slow

PASSED, FAILED, ABORTED, LOST = 4, 5, 6, 8

#: tests that say when they begin, in a file of each machine's own.
SUITE = """
import os, pathlib, time, pytest

def see(what):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(what + "\\n")

def meet():
    # until a second machine has begun something
    end = time.monotonic() + 60
    seen = pathlib.Path(os.environ["SEEN"]).parent
    while sum(1 for one in seen.glob("seen-*") if one.stat().st_size) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)

@pytest.fixture(scope="module", autouse=True)
def of_module():
    see("module up")
    yield
    see("module down")

@pytest.mark.parametrize("n", [
    pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range({first}, {last} + 1)
])
def test_it(n):
    see(str(n))
    {body}
"""
SESSION = """
import os, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid):
    # in a worker before its controller hears of it
    with open(os.environ["SEEN"], "a") as seen:
        seen.write("starts:" + nodeid.partition("[")[2].rstrip("]") + "\\n")

@pytest.fixture(scope="session", autouse=True)
def of_session():
    with open(os.environ["SEEN"], "a") as seen:
        seen.write("session up\\n")
    yield
"""


class Fleet:
    """Machines that run legs of one execution, on a platform that triggers nobody."""

    def __init__(self, platform, folder):
        self.platform = platform
        self.folder = folder
        self.execution = 0
        self.machines = []

    def plan(self, cases, shards, **fields):
        self.platform.sync(
            *(
                {"caseId": n, "caseTitle": f"case {n}", "pytestNodeid": nodeid}
                for n, nodeid in cases.items()
            )
        )
        body = {"planId": self.platform.plan(*cases), "envCode": "st", "shards": shards, **fields}
        answer = self.platform.post("/automation/plan/run", **body)
        assert answer["code"] == 20000, answer
        self.execution = answer["data"]["id"]

    def suite(self, files=1, each=6, body="pass", shards=2, **fields):
        """A plan of so many files with so many cases each."""
        self.platform.write(conftest__py=SESSION)
        cases = {}
        for number in range(files):
            first, last = number * each + 1, (number + 1) * each
            text = SUITE.format(first=first, last=last, body=body)
            self.platform.write(**{f"test_{number}__py": text})
            cases |= {n: f"test_{number}.py::test_it[{n}]" for n in range(first, last + 1)}
        self.plan(cases, shards, **fields)
        return list(cases)

    def machine(self, *args, **environ):
        seen = self.folder / f"seen-{len(self.machines)}"
        seen.touch()
        machine = Machine(self, seen, args, environ)
        self.machines.append(machine)
        return machine

    def replay(self):
        """Deliver all spools; the exit code."""
        command = [sys.executable, "-m", "pytest", "--sisyphus-replay=.sisyphus/spool"]
        return subprocess.run(
            [
                *command,
                f"--sisyphus-url={self.platform.url}",
                f"--sisyphus-secret={self.platform.secret}",
            ],
            cwd=self.platform.root,
            capture_output=True,
            timeout=90,
            check=False,
        ).returncode

    def detail(self):
        return self.platform.get("/automation/execution/detail", executionId=self.execution)

    def statuses(self):
        return {n: row["status"] for n, row in self.platform.cases(self.execution).items()}

    def over(self):
        return self.platform.wait(self.execution)[0]


class Machine:
    def __init__(self, fleet, seen, args, environ):
        self.seen = seen
        command = [sys.executable, "-m", "pytest", f"--sisyphus-execution={fleet.execution}"]
        url = f"--sisyphus-url={fleet.platform.url}"
        self.process = subprocess.Popen(
            [*command, url, f"--sisyphus-secret={fleet.platform.secret}", *args],
            cwd=fleet.platform.root,
            env={**os.environ, "SEEN": str(seen), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def words(self):
        return self.seen.read_text().split("\n")[:-1]

    @property
    def begun(self):
        return [int(word) for word in self.words if word.isdigit()]

    @property
    def started(self):
        """Those too that were killed before their first line."""
        return {int(word[7:]) for word in self.words if word.startswith("starts:")}

    def ends(self):
        """Its exit code, and what it said."""
        output, _ = self.process.communicate(timeout=90)
        return self.process.returncode, output

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def fleet(outside, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{NO_IDLE_PLUGINS} -p no:randomly")
    fleet = Fleet(outside, tmp_path)
    yield fleet
    for machine in fleet.machines:
        machine.kill()
        machine.process.stdout.close()


def test_two_serial_machines_share_a_plan(fleet):
    cases = fleet.suite(files=3, each=8, body="meet()")
    machines = [fleet.machine("-n0"), fleet.machine("-n0")]

    ends = [machine.ends() for machine in machines]

    assert [code for code, _ in ends] == [0, 0], ends
    assert fleet.over()["status"] == PASSED
    assert fleet.statuses() == dict.fromkeys(cases, 2)
    begun = [n for machine in machines for n in machine.begun]
    assert sorted(begun) == cases
    assert all(machine.begun for machine in machines)
    assert all(machine.words.count("session up") == 1 for machine in machines)
    legs = fleet.detail()["shards"]
    assert [(leg["shard_index"], leg["status"], leg["slots"]) for leg in legs] == [
        (1, PASSED, 1),
        (2, PASSED, 1),
    ]
    assert sum(leg["done"] for leg in legs) == len(cases)
    assert {f"leg {n} of 2, leases" in output for n in (1, 2) for _, output in ends} == {
        True,
        False,
    }


def test_two_machines_with_two_workers_each(fleet):
    cases = fleet.suite(files=4, each=8, body="meet()")
    machines = [fleet.machine("-n2"), fleet.machine("-n2")]

    ends = [machine.ends() for machine in machines]

    assert [code for code, _ in ends] == [0, 0], ends
    assert fleet.over()["status"] == PASSED
    assert fleet.statuses() == dict.fromkeys(cases, 2)
    assert sorted(n for machine in machines for n in machine.begun) == cases
    assert all(machine.words.count("session up") <= 2 for machine in machines)
    assert [leg["slots"] for leg in fleet.detail()["shards"]] == [2, 2]


@pytest.mark.parametrize("workers", ["-n0", "-n2"], ids=["serial", "two workers"])
def test_a_killed_machine_blocks_what_it_had_begun_and_the_other_does_the_rest(fleet, workers):
    cases = fleet.suite(files=2, each=8, body="time.sleep(0.3)")
    lost = fleet.machine(workers)
    fleet.platform.wait_for(lambda: len(lost.begun) >= 3)
    other = fleet.machine(workers)

    lost.kill()
    code, output = other.ends()

    assert code == 0, output
    execution = fleet.over()
    statuses = fleet.statuses()
    blocked = [n for n, status in statuses.items() if status == 4]
    slots = 1 if workers == "-n0" else 2
    assert 1 <= len(blocked) <= 2 * slots
    assert all(statuses[n] == 2 for n in cases if n not in blocked)
    assert not set(lost.begun) & set(other.begun)
    assert set(blocked) >= set(lost.begun) - {n for n, status in statuses.items() if status == 2}
    assert execution["status"] == LOST
    states = collections.Counter(leg["status"] for leg in execution["shards"])
    assert states == {LOST: 1, PASSED: 1}

    # what it left on its disk says more of the cases that it had really begun
    assert fleet.replay() == 0
    healed = fleet.statuses()
    still = {n for n in cases if healed[n] == 4}
    # a worker's test may have begun before its controller, killed just then, could hear of it
    assert len(still & set(lost.begun)) <= (0 if workers == "-n0" else slots)
    assert still >= set(blocked) - lost.started
    assert all(healed[n] in {2, 3} for n in set(lost.begun) - still)
    assert fleet.over()["status"] == LOST


def test_one_machine_stops_at_its_first_failure_and_the_other_goes_on(fleet):
    cases = fleet.suite(files=1, each=8, body="time.sleep(0.2); assert n != 1")
    first = fleet.machine("-n0", "-x")
    fleet.platform.wait_for(lambda: 1 in first.begun)
    other = fleet.machine("-n0")

    codes = [first.ends()[0], other.ends()[0]]

    assert codes == [1, 0]
    assert fleet.over()["status"] == FAILED
    statuses = fleet.statuses()
    assert statuses[1] == 3
    assert all(statuses[n] in {2, 7} for n in cases if n != 1)
    assert all(statuses[n] == 2 for n in other.begun)
    assert other.begun


def test_sigterm_ends_one_machine_and_its_cases_go_to_the_other(fleet):
    cases = fleet.suite(files=1, each=8, body="time.sleep(0.3)")
    stopped = fleet.machine("-n0")
    fleet.platform.wait_for(lambda: len(stopped.begun) >= 2)
    other = fleet.machine("-n0")

    stopped.process.send_signal(signal.SIGTERM)

    assert stopped.ends()[0] == 2
    assert other.ends()[0] == 0
    assert fleet.over()["status"] == FAILED
    statuses = fleet.statuses()
    canceled = [n for n, status in statuses.items() if status == 7]
    assert 1 <= len(canceled) <= 2
    assert all(statuses[n] == 2 for n in cases if n not in canceled)
    assert {leg["status"] for leg in fleet.detail()["shards"]} == {ABORTED, PASSED}


def test_tests_are_run_again_on_the_machine_that_has_them(fleet):
    cases = fleet.suite(
        files=2,
        each=8,
        body="meet(); assert open(os.environ['SEEN']).read().split().count(str(n)) == 1 + (n == 2)",
    )
    machines = [fleet.machine("-n0", "--reruns=2"), fleet.machine("-n0", "--reruns=2")]

    assert [machine.ends()[0] for machine in machines] == [0, 0]

    assert fleet.over()["status"] == PASSED
    assert fleet.platform.cases(fleet.execution)[2]["retry_count"] == 1
    assert fleet.statuses() == dict.fromkeys(cases, 2)


def test_a_machine_that_comes_too_late_runs_nothing(fleet):
    fleet.suite(each=2, shards=3)
    assert fleet.machine("-n0").ends()[0] == 0
    fleet.over()
    late = fleet.machine("-n0")

    code, output = late.ends()

    assert code == 4, output
    assert late.begun == []
    assert "is over" in output


def test_more_machines_than_legs_and_a_leg_that_is_taken(fleet):
    fleet.suite(each=4, body="time.sleep(1)")
    first = fleet.machine("-n0", "--sisyphus-shard=2")
    fleet.platform.wait_for(lambda: first.begun)

    same = fleet.machine("-n0", "--sisyphus-shard=2").ends()
    beyond = fleet.machine("-n0", "--sisyphus-shard=3").ends()

    assert (same[0], beyond[0]) == (4, 4), (same, beyond)
    assert first.ends()[0] == 0
    assert fleet.over()["status"] == PASSED


def test_cancel_reaches_every_machine(fleet):
    fleet.suite(files=2, each=6, body="meet(); time.sleep(60)")
    machines = [fleet.machine("-n0"), fleet.machine("-n0")]
    fleet.platform.wait_for(lambda: all(machine.begun for machine in machines))

    fleet.platform.post("/automation/execution/cancel", executionId=fleet.execution)

    assert [machine.ends()[0] for machine in machines] == [2, 2]
    assert fleet.over()["status"] == ABORTED
    assert set(fleet.statuses().values()) <= {2, 7}


def test_an_execution_without_shards_makes_no_new_call(fleet):
    fleet.suite(each=2, shards=1)

    code, output = fleet.machine().ends()

    assert code == 0, output
    assert "leg " not in output
    assert not fleet.detail().get("shards")
