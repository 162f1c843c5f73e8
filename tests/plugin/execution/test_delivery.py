"""Whatever the orchestrator does: the same outcomes, the same exit code, and no result lost."""

import re
import threading
import time

import pytest
from scripted_orchestrator import (
    FINISH,
    GARBAGE,
    PULL,
    RESULT,
    START,
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
#: of a run whose results nobody takes: they wait 2 seconds, not 30.
GIVES_UP_SOON = "--override-ini=sisyphus_flush_timeout=2"
#: where not even the first answer matters.
GIVES_UP_AT_ONCE = "--override-ini=sisyphus_flush_timeout=0.1"

#: of a conftest.py: the pauses between attempts are none.
AT_ONCE = """
    from pytest_sisyphus.execution.backoff import Backoff

    delay = Backoff.delay
    Backoff.delay = lambda self, failures, retry_after=None: 0.0

    def pytest_unconfigure():
        Backoff.delay = delay
"""


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

    result = three.run(GIVES_UP_SOON)

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
    result = three.run(GIVES_UP_SOON)

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
        result = three.run("-s", GIVES_UP_SOON)
    finally:
        release.set()

    (took,) = re.findall(r"tests took ([\d.]+)", result.stdout.str())
    assert float(took) < 5  # one call that hangs would take 15
    assert result.duration < 12


def test_garbage_of_every_kind_is_asked_again(three, orchestrator):
    """But for what asks for an hour: that is honoured."""
    garbage = [one for name, one in GARBAGE.items() if "a wait" not in name]
    for path in (RESULT, FINISH):
        orchestrator.fail(path, *garbage)
    three.write(conftest=AT_ONCE)

    result = three.run("--override-ini=sisyphus_flush_timeout=200")

    assert orchestrator.statuses() == STATUSES
    assert orchestrator.status == 5
    assert three.spools == []
    result.stdout.fnmatch_lines(["delivered: 3 of 3 results"])


@pytest.mark.parametrize("name", ["a wait beyond all clocks", "success with None"])
def test_a_lie_that_lasts_is_no_delivery(three, orchestrator, name):
    orchestrator.always(RESULT, GARBAGE[name])

    result = three.run(GIVES_UP_SOON)

    (spool,) = three.spools
    result.stdout.fnmatch_lines([f"UNDELIVERED: 3 results, kept in {spool}"])
    orchestrator.heal()
    orchestrator.always(FINISH, GARBAGE["success with {}"])

    assert three.replay(spool, GIVES_UP_SOON).ret == pytest.ExitCode.TESTS_FAILED
    assert three.spools == [spool]


@pytest.mark.parametrize("answer", [nonsense, login_page, status(200), status(404), status(403)])
def test_a_lying_orchestrator_changes_no_outcome(three, orchestrator, answer):
    for path in (RESULT, FINISH):
        orchestrator.always(path, answer)

    result = three.run(GIVES_UP_SOON)

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


FULL_DISK = """
    class Full:
        def __init__(self, file):
            self.file = file
        def __getattr__(self, name):
            return getattr(self.file, name)
        def write(self, data):
            raise OSError(28, "No space left on device")

    def pytest_runtest_setup(item):
        disk = item.config.pluginmanager.getplugin("sisyphus-controller").run.spool
        if item.get_closest_marker("sisyphus").kwargs["case_id"] == FULL_FROM:
            disk._file = Full(disk._file)

    def pytest_sessionfinish(session):
        if HAS_ROOM_AT_THE_END:
            disk = session.config.pluginmanager.getplugin("sisyphus-controller").run.spool
            disk._file = disk._file.file
"""


@pytest.fixture
def full_disk(three):
    def full(first, *options, room_at_the_end=False):
        given = f"    FULL_FROM, HAS_ROOM_AT_THE_END = {first}, {room_at_the_end}\n"
        three.write(conftest=FULL_DISK + given)
        return three.run("-p", "no:randomly", *options)

    return full


def test_a_full_disk_is_said_and_the_results_go_out(full_disk, orchestrator):
    result = full_disk(1)

    assert orchestrator.statuses() == STATUSES
    result.stdout.fnmatch_lines(["delivered: 3 of 3 results", "spool: *No space left on device"])


@pytest.mark.parametrize(
    ("room", "nowhere", "third"),
    [
        (False, "; 1 of them, which the disk did not take, nowhere", 0),
        (True, "", 2),
    ],
)
def test_what_neither_disk_nor_orchestrator_took_is_counted(three, full_disk, room, nowhere, third):
    orchestrator = three.orchestrator
    orchestrator.always(RESULT, status(503))

    result = full_disk(3, GIVES_UP_AT_ONCE, room_at_the_end=room)

    (spool,) = three.spools
    result.stdout.fnmatch_lines([f"UNDELIVERED: 3 results, kept in {spool}{nowhere}"])
    orchestrator.heal()
    three.replay(spool)
    assert orchestrator.statuses() == {**STATUSES, 3: third}
    assert orchestrator.status == (5 if room else 8)


def test_a_spool_that_was_never_there_is_not_named(three, orchestrator):
    (three.root / ".sisyphus").write_text("a file where the folder should be")
    orchestrator.always(RESULT, status(503))

    result = three.run(GIVES_UP_AT_ONCE)

    said = "UNDELIVERED: 3 results, kept nowhere: the spool could not be written"
    result.stdout.fnmatch_lines([said])
    assert "--sisyphus-replay" not in result.stdout.str()


@pytest.fixture
def left(three, orchestrator):
    orchestrator.always(RESULT, status(503))
    three.run(GIVES_UP_AT_ONCE)
    orchestrator.heal()
    (spool,) = three.spools
    return spool


def test_a_damaged_spool_delivers_what_can_be_read(three, orchestrator, left):
    lines = left.read_bytes().split(b"\n")
    second = next(n for n, line in enumerate(lines) if b"hunter2-canary" in line)
    lines[second] = lines[second].replace(b"hunter2-canary", b"hunter3-canary")
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

    result = three.replay(left, GIVES_UP_AT_ONCE)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"sisyphus: UNDELIVERED: 3 results, still kept in {left}"])
    assert three.spools == [left]


@pytest.mark.parametrize(
    ("name", "said"),
    [("gone.jsonl", "gone.jsonl: No such file or directory"), ("tox.ini", "not a spool")],
)
def test_a_replay_of_what_is_no_spool(three, name, said):
    result = three.replay(three.root / name)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in "\n".join(result.errlines)
    assert "[Errno" not in "\n".join(result.errlines)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a spool, or its first line is damaged"),
        (b"[" * 200_000, "not a spool, or its first line is damaged"),
        (None, "/1*.jsonl: Is a directory"),
    ],
    ids=["empty", "deep", "folder"],
)
def test_a_spool_that_cannot_be_read_does_not_stand_in_the_way(
    three, orchestrator, left, content, said
):
    first = left.with_name(f"1{left.name[2:]}")
    if content is None:
        first.mkdir()
    else:
        first.write_bytes(content)

    result = three.replay(left.parent)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            f"sisyphus: UNREADABLE: *{said}*",
            "sisyphus: execution 13: delivered 3 of 3 results",
            f"sisyphus: UNREADABLE: 1 of 2 spools in {left.parent}",
        ]
    )
    assert orchestrator.statuses() == STATUSES
    assert three.spools == [first]


def test_a_damaged_first_line_costs_nothing_but_the_word(three, orchestrator, left):
    left.write_bytes(b"[" * 200_000 + left.read_bytes())

    result = three.replay(left)

    result.stdout.fnmatch_lines(
        ["*delivered 3 of 3 results", f"sisyphus: LOST: 1 damaged lines in {left}"]
    )
    assert orchestrator.statuses() == STATUSES


def test_a_spool_is_not_delivered_to_another_execution_of_that_id(three, orchestrator, left):
    orchestrator.number = "AE20260101000000000"
    calls = len(orchestrator.calls)

    result = three.replay(left)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["sisyphus: NOT DELIVERED: * is another one there (AE2026*)"])
    assert orchestrator.paths()[calls:] == [PULL]
    assert three.spools == [left]


DIES = """
    @pytest.mark.sisyphus(case_id=4)
    def test_dies(): {how}

    @pytest.mark.sisyphus(case_id=5)
    def test_after(): pass
"""
WAYS = {
    "killed": "os.kill(os.getpid(), 9)",
    "os._exit": "os._exit(0)",
    "segmentation fault": "os.kill(os.getpid(), 11)",
}


@pytest.fixture
def killed(project, orchestrator):
    """A run whose fourth test takes pytest along; its spool."""

    def run(how, *away):
        project.write(test_a=THREE + DIES.format(how=how))
        orchestrator.want(1, 2, 3, 4, 5)
        for path in away:
            orchestrator.always(path, status(503))
        project.start().communicate(timeout=60)
        orchestrator.heal()
        (spool,) = project.spools
        return spool

    return run


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_a_killed_run_leaves_its_results_and_the_name_of_who_took_it_along(
    project, orchestrator, killed, how
):
    spool = killed(how, RESULT)

    result = project.replay(spool)

    assert result.ret == 0
    assert orchestrator.statuses() == {**STATUSES, 4: 3, 5: 0}
    told = orchestrator.final(4)
    assert told["pytestNodeid"] == "test_a.py::test_dies"
    assert "pytest ended while this test ran" in told["errorMessage"]
    assert told["errorMessage"].endswith("test_a.py::test_dies")
    result.stdout.fnmatch_lines(
        [
            "sisyphus: execution 13: delivered 4 of 4 results",
            "sisyphus: failed: pytest ended while this test ran*: test_a.py::test_dies",
            "sisyphus: execution 13 is over: it lost its runner (status 8)",
        ]
    )
    assert project.spools == []


@pytest.mark.parametrize("away", [(START,), (START, RESULT)], ids=["start", "start, results"])
def test_an_execution_that_could_not_even_be_begun_is_ended_by_the_replay(
    project, orchestrator, killed, away
):
    spool = killed(WAYS["killed"], *away)
    assert orchestrator.status == 2
    calls = len(orchestrator.calls)

    assert project.replay(spool).ret == 0

    paths = [path for path in orchestrator.paths()[calls:] if path != PULL]
    assert paths[:2] == [START, RESULT]
    assert set(paths[2:]) == {FINISH}
    assert orchestrator.status == 8
    assert orchestrator.statuses() == {**STATUSES, 4: 3, 5: 0}


def test_what_an_orchestrator_lost_comes_back_from_the_spool(project, orchestrator, killed):
    spool = killed(WAYS["killed"])
    row = orchestrator.row(1)
    row["status"] = 0
    orchestrator.results.clear()

    assert project.replay(spool).ret == 0

    assert orchestrator.statuses() == {**STATUSES, 4: 3, 5: 0}


def test_an_end_that_was_confirmed_is_no_delivery_of_what_was_not(project, orchestrator, killed):
    """As from another runner that holds the execution by now."""
    spool = killed(WAYS["killed"], RESULT)
    for path in (START, RESULT, FINISH):
        orchestrator.always(path, status(409, envelope_code=40010))

    result = project.replay(spool)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.spools == [spool]
    assert orchestrator.statuses() == dict.fromkeys(range(1, 6), 0)


@pytest.mark.parametrize("away", [(START,), (RESULT,)], ids=["start", "results"])
def test_a_run_that_goes_on_takes_over_what_the_killed_one_left(
    project, orchestrator, killed, away
):
    """With the test that took it along: once more it would end this run too."""
    spool = killed(WAYS["os._exit"], *away)
    orchestrator.runner = None  # its lease is over

    result = project.run()

    assert orchestrator.statuses() == {**STATUSES, 4: 3, 5: 2}
    assert orchestrator.final(4)["errorMessage"].endswith("test_a.py::test_dies")
    assert orchestrator.status == 5
    assert project.spools == []
    assert not spool.exists()
    result.stdout.fnmatch_lines(["sisyphus: 4 outcomes of an earlier run are taken from its spool"])
    result.assert_outcomes(passed=1)


def test_what_was_taken_over_is_in_the_next_spool_too(project, orchestrator, killed):
    spool = killed(WAYS["os._exit"], RESULT)
    orchestrator.runner = None
    orchestrator.always(RESULT, status(503))

    result = project.run(GIVES_UP_SOON)

    (left,) = project.spools
    assert left != spool
    result.stdout.fnmatch_lines([f"UNDELIVERED: 5 results, kept in {left}"])
    orchestrator.heal()
    assert project.replay(left).ret == 0
    assert orchestrator.statuses() == {**STATUSES, 4: 3, 5: 2}


def test_the_spool_of_another_execution_of_that_id_is_left_alone(project, orchestrator, killed):
    spool = killed(WAYS["os._exit"], RESULT)
    orchestrator.runner, orchestrator.number = None, "AE20260101000000000"
    project.write(test_a=THREE + DIES.format(how="pass"))

    project.run()

    assert project.spools == [spool]
    assert orchestrator.statuses() == {**STATUSES, 4: 2, 5: 2}
