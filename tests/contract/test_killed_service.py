"""kill -9 of the real service in the middle: nothing it started is lost, run twice, or forgotten."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import psycopg  # noqa: F401 -- before pytester's inner runs: it cannot be imported twice
import pytest
import requests
from idle_plugins import NO_IDLE_PLUGINS
from services import mysql_url, postgresql_url  # noqa: F401 -- fixtures

pytestmark = pytest.mark.slow

CLEAN = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}
SECRET = {"X-CALLBACK-SECRET": "s"}
#: each case has a file that lets it go on; its process writes its number into another.
CASES = """
import os, pathlib, time
import pytest

def waits(name):
    with open(f"{name}.pids", "a") as pids:
        print(os.getpid(), file=pids)
    while not pathlib.Path(f"{name}.go").exists():
        time.sleep(0.02)

@pytest.mark.sisyphus(case_id=1)
def test_goes_on(): waits(1)

@pytest.mark.sisyphus(case_id=2)
def test_is_killed(): waits(2)

@pytest.mark.sisyphus(case_id=3)
def test_is_canceled(): waits(3)

@pytest.mark.sisyphus(case_id=4)
def test_waits_in_the_queue(): waits(4)
"""


def until(condition, seconds=45):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
    return value


class Serving:
    """`serve` as a process, on a port that it keeps."""

    def __init__(self, folder, database_url):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.api = f"http://127.0.0.1:{self.port}/it/api/automation"
        self.folder = folder
        self.database_url = database_url
        self.process = None

    def start(self):
        with (self.folder / "stderr").open("ab") as stderr:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "orchestrator", "serve", "--port", str(self.port)),
                    *("--auth", "none", "--callback-secret", "s", "--slots", "3"),
                    *("--project-root", "project", "--data-dir", "data"),
                    *("--database-url", self.database_url),
                ],
                cwd=self.folder,
                env={**CLEAN, "PYTEST_ADDOPTS": NO_IDLE_PLUGINS},
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        until(self.answers)

    def answers(self):
        with contextlib.suppress(requests.ConnectionError):
            return self.get("execution/list") is not None

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(30)

    def post(self, path, body, headers=None):
        answer = requests.post(f"{self.api}/{path}", json=body, headers=headers, timeout=20).json()
        assert answer["code"] == 20000, answer
        return answer["data"]

    def get(self, path, **query):
        return requests.get(f"{self.api}/{path}", params=query, timeout=20).json()["data"]

    def detail(self, number):
        return self.get("execution/detail", executionId=number)

    def ended(self, number):
        return until(lambda: (row := self.detail(number))["status"] > 3 and row)

    def pids(self, case):
        path = self.folder / "project" / f"{case}.pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def serving(request, tmp_path):
    kind = request.param
    sqlite = f"sqlite:///{tmp_path}/x.sqlite3"
    url = sqlite if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_cases.py").write_text(CASES)
    serving = Serving(tmp_path, url)
    serving.start()
    yield serving
    serving.end(signal.SIGTERM)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.timeout(240)
def test_a_killed_service_is_succeeded_by_one_that_knows_everything(serving):
    nodeid = "test_cases.py::test_"
    names = ["goes_on", "is_killed", "is_canceled", "waits_in_the_queue"]
    cases = [
        {"caseId": n, "caseKey": str(n), "pytestNodeid": nodeid + name}
        for n, name in enumerate(names, start=1)
    ]
    serving.post("case/sync", {"projectId": 1, "cases": cases}, SECRET)
    runs = [serving.post("case/run", {"caseId": n, "envCode": "st"})["id"] for n in (1, 2, 3, 4)]
    until(lambda: all(serving.pids(n) for n in (1, 2, 3)))
    until(lambda: [serving.detail(run)["status"] for run in runs] == [3, 3, 3, 2])

    serving.end(signal.SIGKILL)
    (serving.folder / "project" / "1.go").touch()  # its result meets nobody
    os.kill(serving.pids(2)[0], signal.SIGKILL)
    serving.start()
    began = time.monotonic()

    killed = serving.ended(runs[1])
    assert killed["status"] == 5  # by what its spool says: a test was running
    [row] = serving.get("execution/case/list", executionId=runs[1])["list"]
    assert row["status"] == 3
    assert row["error_message"].endswith("test_cases.py::test_is_killed")
    assert time.monotonic() - began < 30
    assert serving.post("execution/cancel", {"executionId": runs[2]})["status"] == 6
    until(lambda: is_gone(serving.pids(3)[0]))
    until(lambda: serving.pids(4))
    (serving.folder / "project" / "4.go").touch()
    assert [serving.ended(run)["status"] for run in runs] == [4, 5, 6, 4]
    assert [len(serving.pids(n)) for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert "Traceback" not in (serving.folder / "stderr").read_text()


SERIAL = """
import os, pathlib, time
import pytest

def waits(name):
    pathlib.Path(f"{name}.pid").write_text(str(os.getpid()))
    while not pathlib.Path(f"{name}.go").exists():
        time.sleep(0.02)

@pytest.mark.sisyphus(case_id=1)
def test_before(): pass

@pytest.mark.sisyphus(case_id=2)
def test_passes_unheard(): waits(2)

@pytest.mark.sisyphus(case_id=3)
def test_fails_unheard(): assert 0, "its own words"

@pytest.mark.sisyphus(case_id=4)
def test_is_killed(): waits(4)

@pytest.mark.sisyphus(case_id=5)
def test_never(): pass
"""
SERIAL_NAMES = ("before", "passes_unheard", "fails_unheard", "is_killed", "never")


def in_a_row(serving):
    """A plan of them, inside the second."""
    project = serving.folder / "project"
    (project / "test_serial.py").write_text(SERIAL)
    cases = [
        {"caseId": n, "caseKey": str(n), "pytestNodeid": f"test_serial.py::test_{name}"}
        for n, name in enumerate(SERIAL_NAMES, start=1)
    ]
    serving.post("case/sync", {"projectId": 1, "cases": cases}, SECRET)
    plan = serving.post("plan/save", {"projectId": 1, "planName": "p", "cases": [1, 2, 3, 4, 5]})
    ask = {"planId": plan["plan_id"], "envCode": "st", "runMode": 1}
    number = serving.post("plan/run", ask)["id"]
    until((project / "2.pid").exists)
    until(lambda: serving.detail(number)["passed_count"] == 1)
    return number


def rows(serving, number):
    listed = serving.get("execution/case/list", executionId=number, pageSize=500)["list"]
    return {row["case_id"]: row for row in listed}


def spools(serving):
    return list((serving.folder / "project/.sisyphus/spool").glob("*.jsonl"))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("pytest_dies", ["before the service is back", "after it is back"])
@pytest.mark.parametrize("serving", ["sqlite"], indirect=True)
def test_what_a_killed_pytest_left_is_delivered_by_the_next_service(serving, pytest_dies):
    number = in_a_row(serving)
    project = serving.folder / "project"

    serving.end(signal.SIGKILL)
    (project / "2.go").touch()
    until((project / "4.pid").exists)
    if pytest_dies == "after it is back":
        serving.start()
        until(lambda: "is adopted" in (serving.folder / "stderr").read_text())
    os.kill(int((project / "4.pid").read_text()), signal.SIGKILL)
    if pytest_dies == "before the service is back":
        serving.start()

    execution = serving.ended(number)
    cases = rows(serving, number)
    assert {n: row["status"] for n, row in cases.items()} == {1: 2, 2: 2, 3: 3, 4: 3, 5: 4}
    assert "its own words" in cases[3]["error_message"]
    assert "pytest ended while this test ran" in cases[4]["error_message"]
    assert execution["status"] == 8
    assert spools(serving) == []
    assert "sisyphus-replay" not in execution["trigger_message"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("serving", ["sqlite"], indirect=True)
def test_a_spool_that_cannot_be_delivered_is_named(serving):
    number = in_a_row(serving)
    project = serving.folder / "project"

    serving.end(signal.SIGKILL)
    (project / "2.go").touch()
    until((project / "4.pid").exists)
    os.kill(int((project / "4.pid").read_text()), signal.SIGKILL)
    (project / "conftest.py").write_text("raise RuntimeError('no replay in this project')")
    serving.start()

    execution = serving.ended(number)
    [spool] = spools(serving)
    assert execution["status"] == 8
    assert str(spool) in execution["trigger_message"]
    assert str(spool) in rows(serving, number)[5]["error_message"]
    assert str(spool) in (serving.folder / "stderr").read_text()


IN_LEGS = """
import os, pathlib, time
import pytest

@pytest.mark.parametrize("n", [
    pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(101, 121)
])
def test_it(n):
    with open("ran.txt", "a") as ran:
        print(n, os.environ["SHARD_INDEX"], os.getpid(), file=ran)
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    time.sleep(0.05)
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("serving", ["sqlite"], indirect=True)
def test_legs_go_on_with_the_next_service_and_run_each_case_once(serving):
    project, numbers = serving.folder / "project", range(101, 121)
    (project / "test_legs.py").write_text(IN_LEGS)
    (project / "pytest.ini").write_text("[pytest]\naddopts = -n0\n")
    cases = [
        {"caseId": n, "caseKey": str(n), "pytestNodeid": f"test_legs.py::test_it[{n}]"}
        for n in numbers
    ]
    serving.post("case/sync", {"projectId": 1, "cases": cases}, SECRET)
    plan = serving.post("plan/save", {"projectId": 1, "planName": "p", "cases": [*numbers]})
    ask = {"planId": plan["plan_id"], "envCode": "st", "shards": 2}
    number = serving.post("plan/run", ask)["id"]

    def ran():
        path = project / "ran.txt"
        return [tuple(map(int, line.split())) for line in path.read_text().splitlines()]

    until(lambda: (project / "ran.txt").exists() and {leg for _, leg, _ in ran()} == {1, 2}, 120)
    serving.end(signal.SIGKILL)
    (project / "go").touch()
    serving.start()

    execution = until(lambda: (row := serving.detail(number))["status"] > 3 and row, 120)
    assert execution["status"] == 4, execution
    assert sorted(n for n, _, _ in ran()) == [*numbers]
    assert {n: row["status"] for n, row in rows(serving, number).items()} == dict.fromkeys(
        numbers, 2
    )
    assert {n: row["shard_index"] for n, row in rows(serving, number).items()} == {
        n: leg for n, leg, _ in ran()
    }
    assert [(leg["attempt"], leg["status"]) for leg in execution["shards"]] == [(1, 4), (1, 4)]
    until(lambda: all(is_gone(pid) for pid in {pid for _, _, pid in ran()}), 120)
    assert spools(serving) == []
    assert "Traceback" not in (serving.folder / "stderr").read_text()
