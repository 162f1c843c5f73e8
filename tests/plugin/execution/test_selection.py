"""Which files are collected, which items run, and what is said of the rest."""

import pytest
from scripted_orchestrator import FINISH, START

SERIAL, PARALLEL = 1, 2

MARKED = """
    (lambda: print("imported {name}"))()
    @pytest.mark.sisyphus(case_id={case_id})
    def test_{name}(): pass
"""
#: importing it is seen by everybody.
TRAP = "raise SystemExit('this file is not wanted')\n"


@pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])
def test_only_the_files_of_the_wanted_cases_are_imported(project, orchestrator, run_mode):
    project.write(
        sub__test_a=MARKED.format(name="a", case_id=1),
        sub__test_b=MARKED.format(name="b", case_id=2),
        sub__test_trap=TRAP,
        test_trap=TRAP,
        other__conftest=TRAP,
        other__test_x="",
    )
    orchestrator.want(
        {"caseId": 1, "pytestNodeid": "sub/test_a.py::test_a"},
        # moved, and without a node id: searched for in the texts
        {"caseId": 2, "pytestNodeid": "sub/test_gone.py::test_b"},
        {"caseId": 3},
        run_mode=run_mode,
    )

    result = project.run()

    assert result.ret == 0
    assert orchestrator.statuses() == {1: 2, 2: 2, 3: 6}
    assert orchestrator.final(2)["pytestNodeid"] == "sub/test_b.py::test_b"
    assert "no test carries 3 (case 3)" in orchestrator.final(3)["errorMessage"]


def test_cases_beyond_the_arguments_run_where_they_were_last_seen(project, orchestrator):
    project.write(
        suite__test_a=MARKED.format(name="a", case_id=1),
        elsewhere__test_b=MARKED.format(name="b", case_id=2),
        elsewhere__test_c=MARKED.format(name="c", case_id=3),
    )
    orchestrator.want(1, {"caseId": 2, "pytestNodeid": "elsewhere/test_b.py::test_b"}, 3)

    project.run("suite")

    assert orchestrator.statuses() == {1: 2, 2: 2, 3: 6}


def test_marks_that_are_computed_are_found(project, orchestrator):
    project.write(
        test_a="""
            BASE = 40
            @pytest.mark.sisyphus(case_id=BASE + 2)
            def test_computed(): pass
        """,
        test_trap=TRAP,
    )
    orchestrator.want(42)

    project.run()

    assert orchestrator.statuses() == {42: 2}


def test_marks_made_by_a_conftest_are_found(project, orchestrator):
    project.write(
        conftest="""
            def pytest_collection_modifyitems(items):
                for item in items:
                    number = int(item.name.rpartition("_")[2])
                    item.add_marker(pytest.mark.sisyphus(case_id=number))
        """,
        test_a="def test_7(): pass\ndef test_8(): pass",
    )
    orchestrator.want(8)

    result = project.run()

    result.assert_outcomes(passed=1, deselected=1)
    assert orchestrator.statuses() == {8: 2}


@pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])
def test_what_the_options_of_the_run_deselect_is_canceled_and_no_success(
    project, orchestrator, run_mode
):
    project.write(
        test_a=MARKED.format(name="a", case_id=1), test_b=MARKED.format(name="b", case_id=2)
    )
    orchestrator.want(1, 2, 3, run_mode=run_mode)

    project.run("-k", "test_b")

    assert orchestrator.statuses() == {1: 7, 2: 2, 3: 6}
    assert "deselected" in orchestrator.final(1)["errorMessage"]
    assert orchestrator.status == 5


@pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])
def test_nothing_run_of_what_was_wanted_is_no_success(project, orchestrator, run_mode):
    project.write(test_a=MARKED.format(name="a", case_id=1))
    orchestrator.want(2, 3, run_mode=run_mode)

    result = project.run()

    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert orchestrator.statuses() == {2: 6, 3: 6}
    result.stdout.fnmatch_lines(["2 cases: 2 not found"])


def test_going_through_the_motions_is_no_success(project, orchestrator):
    project.write(test_a=MARKED.format(name="a", case_id=1))
    orchestrator.want(1)

    result = project.run("--setup-only")

    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert orchestrator.statuses() == {1: 7}


def test_one_test_brings_the_outcome_of_a_case_that_the_plan_holds_twice(project, orchestrator):
    project.write(test_a=MARKED.format(name="a", case_id=1))
    orchestrator.want(1, 1)

    project.run()

    assert [row["status"] for row in orchestrator.rows] == [2, 2]


def test_all_pages_of_a_plan_are_pulled(project, orchestrator):
    project.write(
        test_a="@pytest.mark.sisyphus(case_id=1)\n"
        "@pytest.mark.parametrize('n', [1])\ndef test_it(n): pass"
    )
    orchestrator.page_size = 2
    orchestrator.want(*range(1, 8))

    project.run()

    assert sorted(orchestrator.statuses().values()) == [2, 6, 6, 6, 6, 6, 6]


def test_outcomes_that_an_earlier_runner_brought_stay(project, orchestrator):
    project.write(
        test_a=MARKED.format(name="a", case_id=1), test_b=MARKED.format(name="b", case_id=2)
    )
    orchestrator.want({"caseId": 1, "status": 3}, 2)

    result = project.run()

    result.assert_outcomes(passed=1)
    assert orchestrator.finals(1) == []
    assert orchestrator.status == 5
    result.stdout.fnmatch_lines(["sisyphus: 1 of 2 cases already have their outcome"])


def test_collect_only_shows_the_cases_and_reports_nothing(project, orchestrator):
    project.write(
        test_a=MARKED.format(name="a", case_id=1), test_b=MARKED.format(name="b", case_id=2)
    )
    orchestrator.want(2)

    result = project.run("--collect-only", "-q")

    result.stdout.fnmatch_lines(["test_b.py::test_b"])
    result.stdout.no_fnmatch_line("*test_a*")
    assert START not in orchestrator.paths()


@pytest.mark.parametrize("dist", ["loadgroup", "loadfile", "load"])
def test_every_way_to_distribute_tells_the_cases_apart(project, orchestrator, dist):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            @pytest.mark.xdist_group("one@two")
            def test_a(): pass
        """
    )
    orchestrator.want(1, run_mode=PARALLEL)

    project.run("-n1", f"--dist={dist}")

    assert orchestrator.statuses() == {1: 2}
    assert orchestrator.final(1)["pytestNodeid"] == "test_a.py::test_a"


def test_jenkins_parameters_are_enough(project, orchestrator, monkeypatch):
    project.write(test_a=MARKED.format(name="a", case_id=1))
    orchestrator.want(1)
    monkeypatch.setenv("EXECUTION_ID", "13")
    monkeypatch.setenv("PLATFORM_BASE_URL", orchestrator.url)
    monkeypatch.setenv("CALLBACK_TOKEN", orchestrator.token)

    result = project.pytester.runpytest_inprocess()

    assert result.ret == 0
    assert FINISH in orchestrator.paths()


@pytest.mark.parametrize("left_out", ["PLATFORM_BASE_URL", "CALLBACK_TOKEN"])
def test_an_execution_id_of_somebody_else_changes_nothing(
    project, orchestrator, monkeypatch, left_out
):
    project.write(test_a="def test_it(): pass")
    monkeypatch.setenv("EXECUTION_ID", "not a number")
    monkeypatch.setenv("PLATFORM_BASE_URL", orchestrator.url)
    monkeypatch.setenv("CALLBACK_TOKEN", orchestrator.token)
    monkeypatch.delenv(left_out)

    result = project.pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    assert orchestrator.calls == []


def test_a_pytest_that_a_test_starts_is_not_the_execution(project, orchestrator, monkeypatch):
    project.write(
        inner__test_inner="def test_inner(): pass",
        test_a="""
            import subprocess, sys
            @pytest.mark.sisyphus(case_id=1)
            def test_outer():
                inner = [sys.executable, "-m", "pytest", "inner", "-p", "no:cacheprovider"]
                assert subprocess.run(inner).returncode == 0
        """,
    )
    orchestrator.want(1)
    monkeypatch.setenv("EXECUTION_ID", "13")
    monkeypatch.setenv("PLATFORM_BASE_URL", orchestrator.url)
    monkeypatch.setenv("CALLBACK_TOKEN", orchestrator.token)

    result = project.pytester.runpytest_inprocess()

    assert result.ret == 0
    assert orchestrator.statuses() == {1: 2}
