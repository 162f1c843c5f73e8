"""The whole way: one POST, a Jenkins job, pytest in its build, results while it runs."""

import os
import time

import pytest

pytestmark = pytest.mark.slow

JOB = "team/api/pytest-auto-runner"
SERIAL, PARALLEL = 1, 2
both_modes = pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])
CASES = """
import os, pathlib, pytest

@pytest.fixture(autouse=True)
def noted(request):
    with pathlib.Path("order.txt").open("a") as file:
        file.write(f"{request.node.name} {os.environ.get('PYTEST_XDIST_WORKER', 'serial')}\\n")

@pytest.mark.sisyphus(case_id=1)
def test_one(): pass

@pytest.mark.sisyphus(case_id=2)
def test_two(): assert 1 + 1 == 3

@pytest.mark.sisyphus(case_id=3)
def test_three(): pytest.skip("not today")
"""


def synced(platform, text, *names):
    platform.write(test_it__py=text)
    platform.sync(
        *(
            {"caseId": n, "caseTitle": name, "pytestNodeid": f"test_it.py::{name}"}
            for n, name in enumerate(names, start=1)
        )
    )
    return platform.plan(*range(1, len(names) + 1))


def begun(platform, plan):
    return platform.post("/automation/plan/run", planId=plan, envCode="st")["data"]


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
    return value


@both_modes
def test_a_plan_runs_in_a_build(on_jenkins, run_mode):
    plan = synced(on_jenkins, CASES, "test_one", "test_two", "test_three")

    execution, cases = on_jenkins.run_plan(plan, run_mode)

    build = on_jenkins.jenkins.builds[JOB, 108]
    until(lambda: not build.building)  # pytest's summary comes after its last callback
    console = build.console.read_text()
    url = f"{on_jenkins.jenkins.url}job/team/job/api/job/pytest-auto-runner/108/"
    assert {n: row["status"] for n, row in cases.items()} == {1: 2, 2: 3, 3: 5}, console
    assert "assert (1 + 1) == 3" in cases[2]["error_message"] + cases[2]["stack_trace"]
    assert (execution["status"], execution["run_mode"]) == (5, run_mode)
    assert execution["jenkins_job_name"] == JOB
    assert (execution["jenkins_queue_id"], execution["jenkins_build_number"]) == (321, 108)
    assert execution["jenkins_build_url"] == url
    assert execution["console_url"] == f"{url}console"
    ran = [line.split() for line in (on_jenkins.root / "order.txt").read_text().splitlines()]
    if run_mode == SERIAL:
        assert ran == [[name, "serial"] for name in ("test_one", "test_two", "test_three")]
    else:
        assert {worker for _, worker in ran} <= {"gw0", "gw1"}
    assert "1 failed" in console
    assert len(on_jenkins.jenkins.triggers) == 1


def test_the_report_of_a_build_becomes_known_after_its_end(on_jenkins):
    plan = synced(on_jenkins, CASES, "test_one")
    execution, _ = on_jenkins.run_plan(plan)
    assert (execution["status"], execution["report_url"]) == (4, None)

    on_jenkins.jenkins.builds[JOB, 108].artifacts.append("reports/report.html")

    report = until(
        lambda: on_jenkins.get("/automation/execution/detail", executionId=execution["id"])[
            "report_url"
        ]
    )
    assert report == execution["jenkins_build_url"] + "artifact/reports/report.html"


def test_cancel_stops_the_build_and_its_fixtures_are_torn_down(on_jenkins):
    execution_id = on_jenkins.inside_a_long_run()

    canceled = on_jenkins.post("/automation/execution/cancel", executionId=execution_id)

    assert canceled["data"]["status"] == 6
    build = on_jenkins.jenkins.builds[JOB, 108]
    until(lambda: not build.building)
    assert build.result == "ABORTED"
    assert (on_jenkins.root / "cleaned").exists(), build.console.read_text()
    assert {row["status"] for row in on_jenkins.cases(execution_id).values()} == {7}


def test_an_abort_in_jenkins_cancels_the_execution(on_jenkins):
    execution_id = on_jenkins.inside_a_long_run()

    on_jenkins.jenkins.builds[JOB, 108].stopped.set()
    execution, cases = on_jenkins.wait(execution_id)

    assert execution["status"] == 6
    assert {case["status"] for case in cases.values()} == {7}
    build = on_jenkins.jenkins.builds[JOB, 108]
    until(lambda: not build.building)
    assert build.process.returncode == 2  # by itself, not killed


def test_a_build_that_never_reaches_pytest_ends_the_execution(on_jenkins):
    on_jenkins.jenkins.command = ["sh", "-c", "echo no such agent tool; exit 1"]
    plan = synced(on_jenkins, CASES, "test_one")

    execution, cases = on_jenkins.run_plan(plan)

    assert execution["status"] == 8
    assert "#108 已结束：FAILURE" in execution["trigger_message"]
    assert execution["console_url"].endswith("/108/console")
    assert cases[1]["status"] == 4


def test_a_killed_pytest_leaves_no_execution_running(on_jenkins):
    plan = synced(
        on_jenkins,
        "import os, pytest\n@pytest.mark.sisyphus(case_id=1)\ndef test_dies(): os.kill(os.getpid(), 9)\n",
        "test_dies",
    )

    execution, cases = on_jenkins.run_plan(plan)

    assert execution["status"] == 8
    assert cases[1]["status"] == 4


def test_the_callback_token_is_in_no_address_no_row_and_no_console(on_jenkins):
    plan = synced(on_jenkins, CASES, "test_one")
    execution, cases = on_jenkins.run_plan(plan)

    _, target, form, _ = next(r for r in on_jenkins.jenkins.requests if r[0] == "POST")
    token = form["CALLBACK_TOKEN"]
    assert len(token) > 40
    assert token not in target
    assert not any(token in asked[1] for asked in on_jenkins.jenkins.requests)
    assert token not in str((execution, cases))
    assert token not in on_jenkins.jenkins.builds[JOB, 108].console.read_text()


def test_two_plans_run_in_two_builds_at_once(on_jenkins):
    text = """
import pathlib, pytest, time
@pytest.mark.parametrize("n", [pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in (1, 2)])
def test_n(n):
    pathlib.Path(f"here-{n}").touch()
    deadline = time.monotonic() + 20
    while len(list(pathlib.Path().glob("here-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(pathlib.Path().glob("here-*"))) == 2
"""
    synced(on_jenkins, text, "test_n[1]", "test_n[2]")
    started = [begun(on_jenkins, on_jenkins.plan(n)) for n in (1, 2)]

    ended = [on_jenkins.wait(row["id"])[0] for row in started]

    assert [row["status"] for row in ended] == [4, 4]
    assert sorted(row["jenkins_build_number"] for row in ended) == [108, 109]


def test_no_process_of_a_build_is_left(on_jenkins):
    plan = synced(on_jenkins, CASES, "test_one")
    on_jenkins.run_plan(plan)
    build = on_jenkins.jenkins.builds[JOB, 108]
    until(lambda: not build.building)
    with pytest.raises(ProcessLookupError):
        os.killpg(build.process.pid, 0)
