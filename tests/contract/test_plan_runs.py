"""One POST starts a plan, pytest runs it, the results come back while it runs."""

import time

import pytest
import requests

pytestmark = pytest.mark.slow

SERIAL, PARALLEL = 1, 2
both_modes = pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])

YAML = """
name: from yaml
case_id: 1
config:
  mock: {rules: [{request: {url: /ok}, response: {body: {code: 0}}}]}
  base_url: http://nowhere.invalid
steps:
  - {name: s, url: /ok, validations: [{eq: [$.code, 0]}]}
---
name: from yaml, wrong
case_id: 2
config:
  mock: {rules: [{request: {url: /ok}, response: {body: {code: 1}}}]}
  base_url: http://nowhere.invalid
steps:
  - {name: s, url: /ok, validations: [{eq: [$.code, 0, 业务码应为0]}]}
"""
PYTHON = """
import os
import pytest

@pytest.mark.sisyphus(case_id=3)
def test_passes(): pass

@pytest.mark.sisyphus(case_id=4)
def test_skips(): pytest.skip("not today")

@pytest.fixture
def broken(): raise RuntimeError("no database")

@pytest.mark.sisyphus(case_id=5)
def test_blocked(broken): pass

@pytest.mark.sisyphus(case_key="6")
def test_by_key(): pass
"""


def nodeids(**nodeids):
    return [
        {"caseId": int(name[1:]), "caseTitle": f"case {name[1:]}", "pytestNodeid": nodeid}
        for name, nodeid in nodeids.items()
    ]


ALL = nodeids(
    c1="case.yaml::from yaml",
    c2="case.yaml::from yaml, wrong",
    c3="test_it.py::test_passes",
    c4="test_it.py::test_skips",
    c5="test_it.py::test_blocked",
    c6="test_it.py::test_by_key",
    c7="test_it.py::test_gone",
    c8="broken.yaml::broken",
)
OUTCOMES = {1: 2, 2: 3, 3: 2, 4: 5, 5: 4, 6: 2, 7: 6, 8: 4}


@both_modes
def test_every_outcome_arrives_the_same_in_both_modes(platform, run_mode):
    platform.write(case__yaml=YAML, test_it__py=PYTHON, broken__yaml="name: broken\nsteps: {}\n")
    platform.sync(*ALL)
    plan = platform.plan(*OUTCOMES)

    execution, cases = platform.run_plan(plan, run_mode)

    assert {case_id: row["status"] for case_id, row in cases.items()} == OUTCOMES
    assert execution["status"] == 5
    assert execution["summary"] == {
        "total": 8,
        "pending": 0,
        "running": 0,
        "passed": 3,
        "failed": 1,
        "blocked": 2,
        "skipped": 1,
        "notFound": 1,
        "canceled": 0,
    }
    assert cases[2]["error_message"] == "Expected 0, but got 1"
    assert "expected a list, got a mapping" in cases[8]["error_message"]
    assert cases[1]["duration_seconds"] > 0
    assert cases[1]["started_time"] <= cases[1]["finished_time"]
    assert execution["run_mode"] == run_mode


def test_serial_keeps_run_order(platform):
    platform.write(
        conftest__py="""
            """,
        test_it__py="""
import pathlib, pytest
@pytest.mark.parametrize("n", [pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, 6)])
def test_n(n):
    with pathlib.Path("order.txt").open("a") as file:
        file.write(f"{n} ")
""",
    )
    platform.sync(*nodeids(**{f"c{n}": f"test_it.py::test_n[{n}]" for n in range(1, 6)}))

    execution, cases = platform.run_plan(platform.plan(4, 2, 5, 1, 3))

    assert (platform.root / "order.txt").read_text().split() == ["4", "2", "5", "1", "3"]
    assert [cases[n]["run_order"] for n in (4, 2, 5, 1, 3)] == [1, 2, 3, 4, 5]
    assert execution["status"] == 4


def test_parallel_uses_both_workers(platform):
    platform.write(
        test_it__py="""
import os, pathlib, pytest, time
@pytest.mark.parametrize("n", [pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, 5)])
def test_n(n):
    pathlib.Path(f"worker-{os.environ['PYTEST_XDIST_WORKER']}").touch()
    deadline = time.monotonic() + 20   # each waits for the other worker: they run at once
    while len(list(pathlib.Path().glob("worker-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(pathlib.Path().glob("worker-*"))) == 2
""",
    )
    platform.sync(*nodeids(**{f"c{n}": f"test_it.py::test_n[{n}]" for n in range(1, 5)}))

    execution, _ = platform.run_plan(platform.plan(1, 2, 3, 4), PARALLEL)

    assert execution["status"] == 4


def test_cases_are_seen_moving(platform):
    platform.write(
        test_it__py="""
import pathlib, pytest, time
@pytest.mark.parametrize("n", [pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in (1, 2)])
def test_n(n):
    deadline = time.monotonic() + 30
    while not pathlib.Path(f"go-{n}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
""",
    )
    platform.sync(*nodeids(c1="test_it.py::test_n[1]", c2="test_it.py::test_n[2]"))

    def statuses(execution_id):
        return [row["status"] for row in platform.cases(execution_id).values()]

    def wait_for(execution_id, wanted):
        for _ in range(600):
            if statuses(execution_id) == wanted:
                return True
            time.sleep(0.05)
        return False

    started = platform.post("/automation/plan/run", planId=platform.plan(1, 2), envCode="st")[
        "data"
    ]
    assert started["status"] == 2
    assert statuses(started["id"]) == [0, 0]
    assert wait_for(started["id"], [1, 0])
    detail = platform.get("/automation/execution/detail", executionId=started["id"])
    assert (detail["status"], detail["running_count"], detail["pending_count"]) == (3, 1, 1)
    (platform.root / "go-1").touch()
    assert wait_for(started["id"], [2, 1])
    (platform.root / "go-2").touch()
    execution, _ = platform.wait(started["id"])
    assert execution["status"] == 4


def test_a_case_that_crashes_its_worker_fails_and_the_rest_run(platform):
    platform.write(
        test_it__py="""
import os, pytest
@pytest.mark.sisyphus(case_id=1)
def test_crashes(): os._exit(9)
@pytest.mark.sisyphus(case_id=2)
def test_a(): pass
@pytest.mark.sisyphus(case_id=3)
def test_b(): pass
"""
    )
    platform.sync(
        *nodeids(c1="test_it.py::test_crashes", c2="test_it.py::test_a", c3="test_it.py::test_b")
    )

    execution, cases = platform.run_plan(platform.plan(1, 2, 3), PARALLEL)

    assert {n: row["status"] for n, row in cases.items()} == {1: 3, 2: 2, 3: 2}
    assert "crashed" in cases[1]["error_message"]
    assert not cases[1]["error_message"].startswith("[gw")
    assert cases[1]["duration_seconds"] is None
    assert execution["status"] == 5


def test_a_process_that_crashes_leaves_no_execution_running(platform):
    platform.write(
        test_it__py="""
import os, pytest
@pytest.mark.sisyphus(case_id=1)
def test_a(): pass
@pytest.mark.sisyphus(case_id=2)
def test_crashes(): os._exit(9)
"""
    )
    platform.sync(*nodeids(c1="test_it.py::test_a", c2="test_it.py::test_crashes"))

    execution, cases = platform.run_plan(platform.plan(1, 2))

    assert execution["status"] == 5
    assert {n: row["status"] for n, row in cases.items()} == {1: 2, 2: 3}
    assert cases[2]["error_message"] == (
        "pytest ended while this test ran: it was killed, or the test took it along "
        "(os._exit, a segmentation fault): test_it.py::test_crashes"
    )
    counters = ("passed_count", "failed_count", "blocked_count", "total_count")
    assert [execution[name] for name in counters] == [1, 1, 0, 2]


def test_cancel_stops_pytest_and_cancels_the_rest(platform):
    execution_id = platform.inside_a_long_run()

    canceled = platform.post("/automation/execution/cancel", executionId=execution_id)
    execution, cases = platform.wait(execution_id)

    assert canceled["code"] == 20000
    assert execution["status"] == 6
    assert {row["status"] for row in cases.values()} == {7}
    platform.wait_for_file("cleaned")


TEARDOWN = """
import os, pathlib, signal, time
import pytest

@pytest.fixture
def slow():
    yield
    pathlib.Path("in_teardown").touch()
    END

@pytest.mark.sisyphus(case_id=1)
def test_before(): pass

@pytest.mark.sisyphus(case_id=2)
def test_long(slow):
    pathlib.Path("inside").touch()
    time.sleep(60)

@pytest.mark.sisyphus(case_id=3)
def test_never(): pass
"""


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        ("time.sleep(60)", 7, "canceled while this test ran: pytest got SIGTERM, and was killed"),
        ("os._exit(9)", 3, "pytest ended while this test ran"),
    ],
)
def test_a_teardown_that_outlasts_a_cancel_is_canceled_not_failed(platform, end, status, words):
    platform.write(test_it__py=TEARDOWN.replace("END", end))
    names = enumerate(["test_before", "test_long", "test_never"], start=1)
    platform.sync(*nodeids(**{f"c{n}": f"test_it.py::{name}" for n, name in names}))
    plan = platform.plan(1, 2, 3)
    started = platform.post("/automation/plan/run", planId=plan, envCode="st")
    number = started["data"]["id"]
    platform.wait_for_file("inside")

    platform.post("/automation/execution/cancel", executionId=number)
    platform.wait_for_file("in_teardown")
    platform.wait_for(lambda: words in platform.cases(number)[2]["error_message"])

    execution, cases = platform.wait(number)
    assert execution["status"] == 6
    assert {n: row["status"] for n, row in cases.items()} == {1: 2, 2: status, 3: 7}
    assert cases[2]["error_message"].endswith("test_it.py::test_long")


def test_env_code_picks_the_profile_of_that_name(platform):
    platform.write(
        case__yaml="""
name: a
case_id: 1
config:
  active_profile: dev
  profiles: {dev: {where: dev}, st: {where: st}}
  mock: {rules: [{request: {url: /st}, response: {body: {code: 0}}}]}
  base_url: http://nowhere.invalid
steps:
  - {name: s, url: "/${where}", validations: [{eq: [$.code, 0]}]}
"""
    )
    platform.sync(*nodeids(c1="case.yaml::a"))

    execution, _ = platform.run_plan(platform.plan(1), env_code="st")

    assert execution["status"] == 4


def test_console_and_report_are_served(platform):
    platform.write(case__yaml=YAML)
    platform.sync(*ALL)

    execution, _ = platform.run_plan(platform.plan(1))

    platform.wait_for(lambda: "1 passed" in platform.console(execution))  # pytest's last words
    report = requests.get(execution["report_url"], timeout=10)
    assert report.status_code == 200
    assert "from yaml" in report.text


def test_the_catalogue_comes_from_pytests_own_collection(platform):
    import os
    import subprocess
    import sys

    platform.write(case__yaml=YAML, test_it__py=PYTHON)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "--sisyphus-sync",
            "--sisyphus-project=3",
            f"--sisyphus-url={platform.url}",
        ],
        cwd=platform.root,
        env={**os.environ, "SISYPHUS_SECRET": "contract-secret"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    listed = platform.get("/automation/case/list", projectId=3, pageSize=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["case_id"]: row["pytest_nodeid"] for row in listed["list"]} == {
        1: "case.yaml::from yaml",
        2: "case.yaml::from yaml, wrong",
        3: "test_it.py::test_passes",
        4: "test_it.py::test_skips",
        5: "test_it.py::test_blocked",
        6: "test_it.py::test_by_key",
    }
