"""Sessions that end before their time: each case gets its one status, fixtures their end."""

import os
import select
import signal
import threading

import pytest
from scripted_orchestrator import ABORT, FINISH, HEARTBEAT, RESULT, status

SERIAL, PARALLEL = 1, 2
both_modes = pytest.mark.parametrize("run_mode", [SERIAL, PARALLEL], ids=["serial", "parallel"])

KNOCK = """
    def knock(): os.write(os.open(os.environ["DOOR"], os.O_WRONLY), b"x")
"""
#: 1 passes, 2 runs until somebody interrupts it, 3 and 4 come after.
LONG = (
    KNOCK
    + """
    @pytest.fixture
    def cleaned(tmp_path_factory):
        yield
        with open(os.environ["SEEN"], "a") as seen: seen.write("teardown\\n")

    @pytest.mark.sisyphus(case_id=1)
    def test_first(): pass

    @pytest.mark.sisyphus(case_id=2)
    def test_long(cleaned):
        with open(os.environ["SEEN"], "a") as seen: seen.write("running\\n")
        knock()
        time.sleep(60)

    @pytest.mark.sisyphus(case_id=3)
    def test_third(): pass

    @pytest.mark.sisyphus(case_id=4)
    def test_fourth(): pass
"""
)


class Seen:
    """What the long test writes, and a door at which it knocks when its body runs."""

    def __init__(self, path):
        self.path = path
        self.door = path.with_name("door")
        os.mkfifo(self.door)
        self.reader = os.open(self.door, os.O_RDONLY | os.O_NONBLOCK)
        self.running = threading.Event()

    @property
    def text(self):
        return self.path.read_text()

    def once_running(self, orchestrator, case_id, then=lambda: None):
        """Hold the answer to `this case is running` back until its body really runs."""

        def look(path, body):
            for result in body.get("results", ()) if path == RESULT else ():
                if (result["caseId"], result["status"]) == (case_id, 1):
                    assert select.select([self.reader], [], [], 20)[0]
                    then()
                    self.running.set()

        orchestrator.on_call = look


@pytest.fixture
def seen(project, monkeypatch):
    seen = Seen(project.root / "seen")
    monkeypatch.setenv("SEEN", str(seen.path))
    monkeypatch.setenv("DOOR", str(seen.door))
    yield seen
    os.close(seen.reader)


@both_modes
def test_cancel_interrupts_the_running_test_and_cancels_the_rest(
    project, orchestrator, seen, run_mode
):
    project.write(test_a=LONG)
    orchestrator.want(1, 2, 3, 4, run_mode=run_mode)
    seen.once_running(orchestrator, 2, then=orchestrator.cancel)

    result = project.run("-n1") if run_mode == PARALLEL else project.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert orchestrator.statuses() == {1: 2, 2: 7, 3: 7, 4: 7}
    assert orchestrator.status == 6
    assert "canceled by the orchestrator" in orchestrator.final(2)["errorMessage"]
    assert [len(orchestrator.finals(n)) for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert seen.text == "running\nteardown\n"
    # in parallel: the workers stopped in order, nobody had to be forced
    ended_by = {SERIAL: "Stopped", PARALLEL: "xdist.dsession.Interrupted"}[run_mode]
    result.stdout.fnmatch_lines(
        ["delivered: 4 of 4 results", f"*{ended_by}: canceled by the orchestrator*"]
    )


@both_modes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_signal_runs_teardowns_delivers_and_aborts(project, orchestrator, seen, run_mode, number):
    project.write(test_a=LONG)
    orchestrator.want(1, 2, 3, 4, run_mode=run_mode)
    seen.once_running(orchestrator, 2)

    process = project.start(*(["-n1"] if run_mode == PARALLEL else []))
    try:
        assert seen.running.wait(30)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()

    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert orchestrator.statuses() == {1: 2, 2: 7, 3: 7, 4: 7}
    assert orchestrator.bodies(ABORT)[0]["message"] == f"received {number.name}"
    assert FINISH not in orchestrator.paths()
    assert orchestrator.status == 6
    assert seen.text == "running\nteardown\n"
    assert "delivered: 4 of 4 results" in output
    assert "Traceback" not in output
    assert project.spools == []


def test_a_signal_to_the_whole_group_is_no_different(project, orchestrator, seen):
    """What Jenkins does when a build is aborted."""
    project.write(test_a=LONG)
    orchestrator.want(1, 2, 3, 4, run_mode=PARALLEL)
    seen.once_running(orchestrator, 2)

    process = project.start("-n2", start_new_session=True)
    try:
        assert seen.running.wait(30)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    statuses = orchestrator.statuses()
    assert statuses[2] == 7
    assert set(statuses.values()) <= {2, 7}
    assert ABORT in orchestrator.paths()
    assert "teardown" in seen.text


def test_a_test_that_swallows_the_interrupt_is_the_last_one(project, orchestrator, seen):
    project.write(
        test_a=KNOCK
        + """
    @pytest.mark.sisyphus(case_id=1)
    def test_stubborn():
        try:
            knock()
            time.sleep(60)
        except BaseException: pass

    @pytest.mark.sisyphus(case_id=2)
    def test_second(): pass
"""
    )
    orchestrator.want(1, 2)
    seen.once_running(orchestrator, 1, then=orchestrator.cancel)

    result = project.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert orchestrator.statuses() == {1: 2, 2: 7}


@both_modes
def test_what_x_keeps_from_running_is_canceled_and_the_run_ends_in_order(
    project, orchestrator, run_mode
):
    project.write(
        test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_fails(): assert False\n"
        + "".join(
            f"@pytest.mark.sisyphus(case_id={n})\ndef test_{n}(): pass\n" for n in range(2, 9)
        )
    )
    orchestrator.want(*range(1, 9), run_mode=run_mode)

    result = project.run("-x", *(["-n1"] if run_mode == PARALLEL else []))

    assert result.ret != 0
    statuses = orchestrator.statuses()
    assert statuses[1] == 3
    assert 7 in statuses.values()
    assert set(statuses.values()) <= {2, 3, 7}
    assert "stopping after 1 failures" in orchestrator.final(8)["errorMessage"]
    assert FINISH in orchestrator.paths()
    assert ABORT not in orchestrator.paths()
    assert orchestrator.status == 5


def test_a_test_that_ends_the_session_leaves_no_case_open(project, orchestrator):
    project.write(
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            def test_exits(): pytest.exit("no licence", returncode=77)

            @pytest.mark.sisyphus(case_id=2)
            def test_second(): pass
        """
    )
    orchestrator.want(1, 2)

    result = project.run()

    assert result.ret == 77
    assert orchestrator.statuses() == {1: 7, 2: 7}
    assert "no licence" in orchestrator.final(1)["errorMessage"]
    assert orchestrator.bodies(ABORT)[0]["message"] == "no licence"


def test_an_internal_error_leaves_no_case_open(project, orchestrator):
    project.write(
        conftest="""
            def pytest_runtest_setup(item):
                pass
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_protocol(item):
                if item.name == "test_b": raise RuntimeError("a plugin broke")
                return (yield)
        """,
        test_a="""
            @pytest.mark.sisyphus(case_id=1)
            def test_a(): pass
            @pytest.mark.sisyphus(case_id=2)
            def test_b(): pass
        """,
    )
    orchestrator.want(1, 2)

    result = project.run()

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert orchestrator.statuses() == {1: 2, 2: 7}
    assert orchestrator.status == 8  # nobody canceled it
    (told,) = orchestrator.bodies(ABORT)
    assert told["message"] == "pytest ended with an internal error: RuntimeError: a plugin broke"


def test_a_session_that_never_begins_leaves_no_case_open(project, orchestrator):
    project.write(
        conftest="""
            def pytest_sessionstart(session):
                raise pytest.UsageError("the environment is not ready")
        """,
        test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_a(): pass",
    )
    orchestrator.want(1)

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert orchestrator.statuses() == {1: 7}


def test_a_runner_that_is_shut_out_later_stops(project, orchestrator, seen):
    """`start` did not get through at first; meanwhile another runner took the execution."""
    project.write(test_a=LONG)
    orchestrator.want(1, 2, 3, 4)
    orchestrator.fail("/automation/execution/start", status(503), status(409, envelope_code=40010))

    result = project.run()

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*the orchestrator refused this run (409): *"])
    assert HEARTBEAT not in orchestrator.paths()


def test_the_signals_are_given_back(project, orchestrator):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    project.write(test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_a(): pass")
    orchestrator.want(1)

    project.run()

    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert "SISYPHUS_RUNNER" not in os.environ


def test_what_an_internal_error_of_pytest_kept_from_running_says_so(project, orchestrator):
    project.write(conftest="def pytest_runtestloop(): raise EOFError('no worker came')")
    project.write(test_a="@pytest.mark.sisyphus(case_id=1)\ndef test_a(): pass")
    orchestrator.want(1)

    result = project.run()

    (final,) = orchestrator.finals(1)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert final["status"] == 7
    assert "pytest ended with an internal error: EOFError: no worker came" in final["errorMessage"]
