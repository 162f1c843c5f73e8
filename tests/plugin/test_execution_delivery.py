"""Whatever the orchestrator does: the same outcomes, the same exit code, and no result lost."""

import re
import threading
import time
from pathlib import Path

import pytest
from scripted_orchestrator import (
    FINISH,
    RESULT,
    answer_lost,
    hang,
    login_page,
    nonsense,
    reset,
    status,
)

THREE = """
    @pytest.mark.sisyphus(case_id=1)
    def test_a(): pass

    @pytest.mark.sisyphus(case_id=2)
    def test_b(): assert "hunter2-canary" == ""

    @pytest.mark.sisyphus(case_id=3)
    def test_c(): pass
"""
STATUSES = {1: 2, 2: 3, 3: 2}


@pytest.fixture
def three(project, orchestrator):
    project.write(test_a=THREE)
    orchestrator.want(1, 2, 3)
    return project


@pytest.mark.parametrize(
    "trouble",
    [
        [status(503)] * 3,
        [status(429, Retry_After="0.2")],
        [status(500), status(502), status(408)],
        [reset, reset],
        [login_page, login_page],
        [answer_lost],
    ],
    ids=["503", "429", "5xx and 408", "reset", "login page", "answer lost"],
)
def test_an_outage_loses_nothing_and_doubles_nothing(three, orchestrator, trouble):
    orchestrator.fail(RESULT, *trouble)
    orchestrator.fail(FINISH, *trouble[:1])

    result = three.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert orchestrator.statuses() == STATUSES
    assert [len(orchestrator.finals(n)) for n in STATUSES] == [1, 1, 1]
    assert orchestrator.status == 5
    assert three.spools == []
    result.stdout.fnmatch_lines(["delivered: 3 of 3 results"])


def test_what_was_processed_but_not_confirmed_comes_again_with_the_same_id(three, orchestrator):
    orchestrator.fail(RESULT, answer_lost)

    three.run()

    assert orchestrator.repeated
    assert set(orchestrator.repeated) <= set(orchestrator.results)


def test_a_finish_without_an_answer_is_repeated(three, orchestrator):
    orchestrator.fail(FINISH, answer_lost)

    three.run()

    assert len(orchestrator.bodies(FINISH)) == 2
    assert orchestrator.status == 5


def test_results_that_the_orchestrator_lost_are_sent_again(three, orchestrator):
    def lose(path, _):
        if path == FINISH:
            row = orchestrator.row(2)
            result = next(one for one in orchestrator.finals(2))
            if row["status"] == 3 and "lost" not in row:
                row.update(status=0, lost=True)
                del orchestrator.results[result["resultId"]]

    orchestrator.on_call = lose

    three.run()

    assert orchestrator.statuses() == STATUSES
    assert orchestrator.status == 5


def test_what_cannot_be_delivered_is_kept_counted_and_replayed(three, orchestrator):
    orchestrator.always(RESULT, status(503))

    result = three.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    (spool,) = three.spools
    line = f"pytest --sisyphus-replay={spool} --sisyphus-url={orchestrator.url}"
    result.stdout.fnmatch_lines(
        [
            "delivered: 0 of 3 results",
            "last trouble: * answered 503: told to fail",
            f"UNDELIVERED: 3 results, kept in {spool}",
            f"deliver with: {line}",
        ]
    )
    content = spool.read_text()
    assert orchestrator.token not in content
    assert orchestrator.secret not in content

    orchestrator.heal()
    replayed = three.replay(spool)

    assert replayed.ret == 0
    replayed.stdout.fnmatch_lines(
        [
            "sisyphus: execution 13: delivered 3 of 3 results",
            "sisyphus: execution 13 is over: it failed (status 5)",
        ]
    )
    assert orchestrator.statuses() == STATUSES
    assert orchestrator.status == 5
    assert three.spools == []


def test_an_orchestrator_that_is_gone_to_the_end_changes_nothing(three, orchestrator):
    def vanish_at_the_first_result(path, _):
        if path == RESULT:
            threading.Thread(target=orchestrator.vanish, daemon=True).start()

    orchestrator.on_call = vanish_at_the_first_result
    orchestrator.always(RESULT, reset)

    began = time.monotonic()
    result = three.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, failed=1)
    assert time.monotonic() - began < 10
    assert len(three.spools) == 1


def test_a_test_never_waits_for_the_network(three, orchestrator):
    release = threading.Event()
    orchestrator.always(RESULT, hang(release))
    three.write(
        conftest="""
            def pytest_sessionfinish(session):
                session.config.stash[BEGAN].append(time.monotonic())
                print("tests took", session.config.stash[BEGAN][1] - session.config.stash[BEGAN][0])
            def pytest_sessionstart(session):
                session.config.stash[BEGAN] = [time.monotonic()]
            BEGAN = pytest.StashKey()
        """
    )
    try:
        result = three.run("-s")
    finally:
        release.set()

    (took,) = re.findall(r"tests took ([\d.]+)", result.stdout.str())
    assert float(took) < 1.5
    assert result.duration < 8


@pytest.mark.parametrize("answer", [nonsense, login_page, status(200), status(404), status(403)])
def test_a_lying_orchestrator_changes_no_outcome(three, orchestrator, answer):
    for path in (RESULT, FINISH):
        orchestrator.always(path, answer)

    result = three.run()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--sisyphus-strict-delivery"], 1)])
def test_undelivered_results_fail_a_run_only_where_that_is_asked_for(
    project, orchestrator, options, code
):
    project.write(test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_a(): pass")
    orchestrator.want(1)
    orchestrator.always(RESULT, status(403))

    result = project.run(*options)

    assert result.ret == code
    result.stdout.fnmatch_lines(["refused: * answered 403: told to fail"])


def test_a_spool_that_cannot_be_written_is_said_and_the_results_go_out(three, orchestrator):
    (three.root / ".sisyphus").write_text("a file where the folder should be")

    result = three.run()

    assert orchestrator.statuses() == STATUSES
    result.stdout.fnmatch_lines(["delivered: 3 of 3 results", "spool: *"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_said_and_the_results_go_out(three, orchestrator):
    three.write(
        conftest="""
            import pytest_sisyphus.execution.spool as spool

            @pytest.fixture(autouse=True, scope="session")
            def full_disk(pytestconfig):
                run = pytestconfig.pluginmanager.getplugin("sisyphus-link").run
                run.spool._file.close()
                run.spool._file = open("/dev/full", "wb", buffering=0)
        """
    )

    result = three.run()

    assert orchestrator.statuses() == STATUSES
    result.stdout.fnmatch_lines(["delivered: 3 of 3 results", "spool: *No space left on device"])


@pytest.fixture
def left(three, orchestrator):
    orchestrator.always(RESULT, status(503))
    three.run()
    orchestrator.heal()
    (spool,) = three.spools
    return spool


def test_a_damaged_spool_delivers_what_can_be_read(three, orchestrator, left):
    lines = left.read_bytes().split(b"\n")
    lines[2] = (
        lines[2].replace(b"hunter2-canary", b"hunter3-canary").replace(b"executionCaseId", b"x")
    )
    left.write_bytes(b"\n".join(lines))

    result = three.replay(left)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*delivered 2 of 2 results", f"sisyphus: LOST: 1 damaged lines in {left}"]
    )
    assert [path.name for path in three.spools] == [left.name + ".damaged"]


def test_a_folder_of_spools_is_replayed(three, orchestrator, left):
    result = three.replay(left.parent)

    assert result.ret == 0
    assert orchestrator.statuses() == STATUSES


def test_a_replay_that_fails_keeps_the_spool(three, orchestrator, left):
    orchestrator.always(RESULT, status(503))

    result = three.replay(left)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"sisyphus: UNDELIVERED: 3 results, still kept in {left}"])
    assert three.spools == [left]


@pytest.mark.parametrize(
    ("name", "said"), [("gone.jsonl", "No such file"), ("tox.ini", "not a spool")]
)
def test_a_replay_of_what_is_no_spool(three, name, said):
    result = three.replay(three.root / name)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in "\n".join(result.errlines)


def test_a_killed_run_leaves_its_results_on_the_disk(project, orchestrator):
    project.write(
        test_a=THREE
        + """
    @pytest.mark.sisyphus(case_id=4)
    def test_dies(): os.kill(os.getpid(), 9)
"""
    )
    orchestrator.want(1, 2, 3, 4)
    orchestrator.always(RESULT, status(503))

    process = project.start()
    process.communicate(timeout=30)
    orchestrator.heal()
    (spool,) = project.spools
    result = project.replay(spool)

    assert result.ret == 0
    (known,) = (line for line in result.outlines if "not over" in line)
    assert known.startswith("sisyphus: execution 13 is not over for the orchestrator (status 3): ")
    assert known.endswith('POST /it/api/automation/execution/cancel {"executionId": 13}')
    assert orchestrator.statuses() == {**STATUSES, 4: 0}
    assert FINISH not in orchestrator.paths()
