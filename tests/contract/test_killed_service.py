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
from services import mysql_url, postgresql_url  # noqa: F401 -- fixtures

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
                env=CLEAN,
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
    assert killed["status"] == 8
    assert time.monotonic() - began < 30
    assert serving.post("execution/cancel", {"executionId": runs[2]})["status"] == 6
    until(lambda: is_gone(serving.pids(3)[0]))
    until(lambda: serving.pids(4))
    (serving.folder / "project" / "4.go").touch()
    assert [serving.ended(run)["status"] for run in runs] == [4, 8, 6, 4]
    assert [len(serving.pids(n)) for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert "Traceback" not in (serving.folder / "stderr").read_text()
