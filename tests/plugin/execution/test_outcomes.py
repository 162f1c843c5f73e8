"""What becomes of each case: the same in serial and in parallel."""

import re
from xml.etree import ElementTree as ET

import pytest
from scripted_orchestrator import FINISH, RESULT, START

SERIAL, PARALLEL = 1, 2
both_modes = pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])

EVERY_OUTCOME = """
    @pytest.mark.sisyphus(case_id=1)
    def test_passes(): pass

    @pytest.mark.sisyphus(case_id=2)
    def test_fails(): assert 1 == 2

    @pytest.mark.sisyphus(case_id=3)
    def test_raises(): raise RuntimeError("out of stock")

    @pytest.fixture
    def broken(): raise RuntimeError("no database")

    @pytest.mark.sisyphus(case_id=4)
    def test_blocked(broken): pass

    @pytest.mark.sisyphus(case_id=5)
    def test_skips(): pytest.skip("not today")

    @pytest.mark.sisyphus(case_id=6)
    @pytest.mark.skip(reason="never")
    def test_is_skipped(): pass

    @pytest.mark.sisyphus(case_id=7)
    @pytest.mark.xfail(reason="known")
    def test_xfails(): assert False

    @pytest.mark.sisyphus(case_id=8)
    @pytest.mark.xfail
    def test_xpasses(): pass

    @pytest.mark.sisyphus(case_id=9)
    @pytest.mark.xfail(strict=True, reason="known")
    def test_xpasses_strictly(): pass

    @pytest.fixture
    def leaves_a_mess():
        yield
        raise RuntimeError("cannot clean up")

    @pytest.mark.sisyphus(case_id=10)
    def test_passes_until_its_teardown(leaves_a_mess): pass

    @pytest.mark.sisyphus(case_key="eleven")
    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_many(n): assert n != 2

    @pytest.mark.sisyphus(case_id=12)
    class TestClass:
        def test_first(self): pass
        def test_second(self): pass

    def test_of_no_case(): assert False
"""

EXPECTED = {
    1: (2, ""),
    2: (3, "AssertionError: assert 1 == 2"),
    3: (3, "RuntimeError: out of stock"),
    4: (4, "RuntimeError: no database"),
    5: (5, "not today"),
    6: (5, "never"),
    7: (5, "known"),
    8: (2, ""),
    9: (3, r"\[XPASS\(strict\)\] known"),
    10: (3, "RuntimeError: cannot clean up"),
    11: (3, "AssertionError: assert 2 != 2"),
    12: (2, ""),
    13: (4, "SyntaxError"),
    14: (5, "no module here"),
    15: (6, "no test carries 15"),
}


@both_modes
def test_wrong_project_configuration_blocks_the_cases_below_it(project, orchestrator, run_mode):
    text = "name: n{0}\ncase_id: {0}\nsteps: [{{name: s, type: wait, condition: 'true', max_wait: 1}}]\n"
    (project.root / "api").mkdir()
    (project.root / "api/sisyphus.yaml").write_text("- variables\n")
    for number, folder in enumerate(("api", "api", "."), 1):
        (project.root / folder / f"{number}.yaml").write_text(text.format(number))
    orchestrator.want(1, 2, 3, run_mode=run_mode)

    project.run()

    assert orchestrator.statuses() == {1: 4, 2: 4, 3: 2}
    said = "api/sisyphus.yaml:1:1: project configuration is a mapping"
    messages = [orchestrator.final(number)["errorMessage"] for number in (1, 2)]
    assert [said in one for one in messages] == [True, True]


@both_modes
def test_every_outcome(project, orchestrator, run_mode):
    project.write(
        test_a=EVERY_OUTCOME,
        test_broken="@pytest.mark.sisyphus(case_id=13)\ndef test_x(:\n",
        test_absent="""
            pytest.skip("no module here", allow_module_level=True)
            @pytest.mark.sisyphus(case_id=14)
            def test_x(): pass
        """,
    )
    keys = {11: "eleven"}
    orchestrator.want(
        *({"caseId": n, "caseKey": keys.get(n, str(n))} for n in EXPECTED), run_mode=run_mode
    )

    result = project.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == {number: status for number, (status, _) in EXPECTED.items()}
    for number, (_, error) in EXPECTED.items():
        said = orchestrator.final(number)["errorMessage"]
        assert re.search(error, said) if error else said == ""
    assert orchestrator.final(13)["errorMessage"].startswith("SyntaxError: ")
    assert "test_broken.py" in orchestrator.final(13)["stackTrace"]
    assert orchestrator.status == 5
    result.stdout.fnmatch_lines(
        [
            "sisyphus: execution 13 (AE*), *, 15 cases wanted, environment st",
            "15 cases: 3 passed, 5 failed, 2 blocked, 4 skipped, 1 not found",
            "not found: 15 (case 15)",
            "delivered: 15 of 15 results",
        ]
    )
    assert project.spools == []


@both_modes
def test_the_result_of_a_case_is_complete(project, orchestrator, run_mode):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            @pytest.mark.parametrize("n", [1, 2])
            def test_many(n):
                time.sleep(0.05)
                assert n == 1
        """
    )
    orchestrator.want(1, run_mode=run_mode)

    project.run()

    running, *_ = orchestrator.results.values()
    assert (running["status"], running["pytestNodeid"][:20]) == (1, "test_a.py::test_many")
    final = orchestrator.final(1)
    assert final["pytestNodeid"] == "test_a.py::test_many"
    assert final["resultMessage"] == "断言失败：共 2 项，失败 1，通过 1"
    assert "assert n == 1" in final["stackTrace"]
    assert 0.1 <= final["durationSeconds"] < 5
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d\d:\d\d"
    assert re.fullmatch(moment, final["startedTime"])
    assert final["startedTime"] < final["finishedTime"]
    assert final["retryCount"] == 0
    assert [one["status"] for one in final["ext"]["items"]] == [3, 2]
    assert {one["nodeid"] for one in final["ext"]["items"]} == {
        "test_a.py::test_many[1]",
        "test_a.py::test_many[2]",
    }


def test_start_and_finish_say_what_the_platform_shows(project, orchestrator, monkeypatch):
    monkeypatch.setenv("JOB_NAME", "folder/pytest-auto-runner")
    monkeypatch.setenv("BUILD_NUMBER", "108")
    monkeypatch.setenv("BUILD_URL", "http://jenkins/job/x/108/")
    monkeypatch.setenv("SISYPHUS_REVISION", "9fceb02")
    project.write(test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_it(): pass")
    orchestrator.want(1, 2)

    project.run()

    (start,) = orchestrator.bodies(START)
    assert {name: start[name] for name in ("jobName", "buildNumber", "buildUrl", "consoleUrl")} == {
        "jobName": "folder/pytest-auto-runner",
        "buildNumber": 108,
        "buildUrl": "http://jenkins/job/x/108/",
        "consoleUrl": "http://jenkins/job/x/108/console",
    }
    assert start["revision"] == "9fceb02"
    (finish,) = orchestrator.bodies(FINISH)
    assert finish["counts"] == {"2": 1, "6": 1}
    assert finish["lastSequence"] == 3
    assert {start["runnerId"]} == {body["runnerId"] for body in orchestrator.bodies(RESULT)}


def test_serial_means_in_the_order_of_the_plan_and_without_xdist(project, orchestrator):
    project.write(
        test_a="".join(
            f"""
            @pytest.mark.sisyphus(case_id={n})
            def test_{n}(): assert "PYTEST_XDIST_WORKER" not in os.environ
            """
            for n in range(1, 7)
        )
    )
    plan = [4, 2, 6, 1, 5, 3]
    orchestrator.want(*plan)

    result = project.run("-n2")

    assert result.ret == 0
    assert orchestrator.started_order() == plan
    result.stdout.fnmatch_lines(["sisyphus: run mode 1 is serial: the options for xdist are *"])


@both_modes
def test_a_second_attempt_counts_not_the_first(project, orchestrator, run_mode):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            @pytest.mark.flaky(reruns=2)
            def test_flaky(tmp_path_factory):
                seen = tmp_path_factory.getbasetemp() / "seen"
                attempt = int(seen.read_text()) if seen.exists() else 0
                seen.write_text(str(attempt + 1))
                assert attempt == 2

            @pytest.mark.sisyphus(case_id=2)
            @pytest.mark.flaky(reruns=1)
            def test_hopeless(): assert False
        """
    )
    orchestrator.want(1, 2, run_mode=run_mode)

    result = project.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == {1: 2, 2: 3}
    assert [orchestrator.final(n)["retryCount"] for n in (1, 2)] == [2, 1]
    assert orchestrator.final(1)["ext"]["attempts"] == [
        "AssertionError: assert 0 == 2",
        "AssertionError: assert 1 == 2",
    ]


@pytest.mark.parametrize(
    ("when", "statuses", "message"),
    [
        ("call", {1: 3, 2: 2, 3: 2}, "crashed while running"),
        ("teardown", {1: 3, 2: 2, 3: 2}, "crashed while running"),
    ],
)
def test_a_worker_that_dies_fails_the_case_it_was_in_and_no_other(
    project, orchestrator, when, statuses, message
):
    project.write(
        test_a=f"""
            @pytest.fixture
            def dies():
                yield
                if {when!r} == "teardown": os._exit(3)

            @pytest.mark.sisyphus(case_id=1)
            def test_dies(dies):
                if {when!r} == "call": os._exit(3)

            @pytest.mark.sisyphus(case_id=2)
            def test_b(): pass

            @pytest.mark.sisyphus(case_id=3)
            def test_c(): pass
        """
    )
    orchestrator.want(1, 2, 3, run_mode=PARALLEL)

    result = project.run("-n1")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == statuses
    assert message in orchestrator.final(1)["errorMessage"]
    assert orchestrator.status == 5


def test_what_no_worker_is_left_to_run_is_canceled(project, orchestrator):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            def test_dies(): os._exit(3)
        """
        + "".join(
            f"""
            @pytest.mark.sisyphus(case_id={n})
            def test_{n}(): pass
            """
            for n in (2, 3, 4)
        )
    )
    orchestrator.want(1, 2, 3, 4, run_mode=PARALLEL)

    result = project.run("-n1", "--max-worker-restart=0")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == {1: 3, 2: 7, 3: 7, 4: 7}
    assert orchestrator.status == 5


def test_what_pytest_fail_says_is_the_message(project, orchestrator):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            def test_it(): pytest.fail("order 12: not paid")
        """
    )
    orchestrator.want(1)

    project.run()

    assert orchestrator.final(1)["errorMessage"] == "order 12: not paid"


def test_secrets_in_a_failure_are_masked(project, orchestrator):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            def test_it(): raise RuntimeError("GET /?password=hunter2-canary failed")
        """
    )
    orchestrator.want(1)

    project.run()

    said = str(orchestrator.final(1)["errorMessage"])
    assert "GET /" in said
    assert "hunter2-canary" not in said


def test_an_odd_document_on_a_report_does_not_change_an_outcome(project, orchestrator):
    project.write(
        conftest="""
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.sisyphus = {"case": {"steps": 42}}
                return report
        """,
        test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_it(): pass",
    )
    orchestrator.want(1)

    result = project.run()

    assert result.ret == 0
    result.assert_outcomes(passed=1)
    assert orchestrator.final(1)["status"] == 2


@both_modes
def test_reports_say_which_execution_it_was(project, orchestrator, run_mode):
    orchestrator.want(1)
    orchestrator.run_mode = run_mode
    project.write(test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_it(): pass")

    project.run("--sisyphus-report=junit:r.xml", "--sisyphus-report=html:r.html", "-q")

    facts = {
        "execution": "13",
        "execution_no": "AE20250920153500123",
        "plan": "2001",
        "round": "1",
        "environment": "st",
    }
    found = ET.parse(project.root / "r.xml").getroot().iterfind(".//testsuite/properties/property")
    assert facts.items() <= {one.get("name"): one.get("value") for one in found}.items()
    head = (project.root / "r.html").read_text("utf-8").partition('<dl class="cards">')[0]
    assert [fact for fact in facts.values() if f"<dd>{fact}</dd>" not in head] == []
