"""What runners do with the legs of one execution: each is a run of its own."""

import contextlib
import json
import os
import signal
import sys

import pytest
from jenkins_kit import BASE, runner_of
from jenkins_server import PARAMETERS, jenkins_server
from service_kit import FakeRunner, until

from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.external import ExternalRunner
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.local import LocalRunner, LocalSettings
from orchestrator.runners.protocol import Job, Run, RunKey, RunnerRefused, RunPhase
from orchestrator.secrets import Secret

JOB = "pytest-auto-runner"
OLD_PARAMETERS = PARAMETERS - {"SHARD_INDEX", "SHARD_TOTAL"}
TELL_AND_WAIT = """
import json, os, pathlib, sys, time
told = {"argv": sys.argv[1:], "env": dict(os.environ)}
path = pathlib.Path(f"told-{os.environ.get('SHARD_INDEX')}-{os.getpid()}.new")
path.write_text(json.dumps(told))
path.rename(path.with_suffix(".json"))
while not pathlib.Path("go").exists():
    time.sleep(0.01)
for said in sys.argv[1:]:
    if said.startswith("--sisyphus-replay="):
        pathlib.Path(said.partition("=")[2]).unlink()
"""


def legs(index, total=3, *, execution=13, attempt=1, after=0):
    """What a job and a run say of a leg."""
    return {
        "execution_id": execution,
        "shard_id": 100 * attempt + index,
        "shard_index": index,
        "shard_total": total,
        "shard_attempt": attempt,
        "after_build": after,
    }


def job(**more):
    return Job(
        **{
            "execution_id": 13,
            "execution_no": "AE13",
            "trigger_type": 2,
            "env_code": "st",
            "run_mode": 2,
            "job_name": None,
            "callback_token": Secret("token"),
            "base_url": BASE,
            "console_url": f"{BASE}/console",
            "report_url": f"{BASE}/report",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("said", "key", "text"),
    [
        ({"execution_id": 13}, RunKey(13), "13"),
        (legs(2), RunKey(13, 102, "2"), "13, leg 2"),
        (legs(2, attempt=2), RunKey(13, 202, "2-2"), "13, leg 2-2"),
    ],
)
def test_a_run_is_named_by_its_execution_and_its_leg(said, key, text):
    assert (Run(**said).key, str(Run(**said).key), job(**said).key) == (key, text, key)


def test_a_number_alone_names_the_run_of_an_execution_without_legs():
    assert RunKey.of(13) == RunKey.of(RunKey(13)) == RunKey(13)


@pytest.mark.parametrize(
    ("runner", "can"), [(FakeRunner(), False), (ExternalRunner(), True), (LocalRunner, True)]
)
def test_a_runner_says_that_it_knows_legs(runner, can, tmp_path):
    if runner is LocalRunner:
        runner = LocalRunner(LocalSettings(project_root=tmp_path, artifacts=Artifacts(tmp_path)))
    assert RunnerGateway(runner, str).is_sharded is can


# -- local ----------------------------------------------------------------------------------


@contextlib.contextmanager
def local(tmp_path, monkeypatch, slots=2):
    monkeypatch.setenv("SHARD_INDEX", "the service's own")
    project = tmp_path / "project"
    project.mkdir()
    settings = LocalSettings(
        project_root=project,
        artifacts=Artifacts(tmp_path / "files"),
        slots=slots,
        grace=0.2,
        command=(sys.executable, "-c", TELL_AND_WAIT),
    )
    runner, gone = LocalRunner(settings), []
    runner.start(lambda key, reason: gone.append((key, reason)))
    try:
        yield runner, project, gone
    finally:
        (project / "go").touch()
        runner.close()


def told(project, count):
    paths = until(lambda: len(found := sorted(project.glob("told-*.json"))) >= count and found)
    return [json.loads(path.read_text()) for path in paths]


@pytest.mark.slow
def test_local_legs_have_their_own_process_folder_and_end(tmp_path, monkeypatch):
    with local(tmp_path, monkeypatch) as (runner, project, gone):
        for index in (1, 2):
            runner.trigger(job(**legs(index)))
        first, second = told(project, 2)
        running = set(runner.running())

        runner.cancel(Run(**legs(2)))
        until(lambda: gone)

        assert [key for key, _ in gone] == [RunKey(13, 102, "2")]
        assert runner.state(Run(**legs(1))).phase is RunPhase.ACTIVE
        assert runner.state(Run(**legs(2))).phase is RunPhase.UNKNOWN
    assert running == {RunKey(13, 101, "1"), RunKey(13, 102, "2")}
    names = ("EXECUTION_ID", "SHARD_INDEX", "SHARD_TOTAL")
    assert [[leg["env"][name] for name in names] for leg in (first, second)] == [
        ["13", "1", "3"],
        ["13", "2", "3"],
    ]
    folders = [tmp_path / "files/executions/13/shards" / leg for leg in ("1", "2")]
    assert [leg["argv"][-1] for leg in (first, second)] == [
        f"html:{folder / 'report.html'}" for folder in folders
    ]
    for folder in folders:
        assert (folder / "console.log").exists()
        assert all(one.stat().st_mode & 0o077 == 0 for one in (folder, folder.parent))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["it was stopped", "it died"])
def test_what_a_leg_left_is_delivered_though_it_is_stopped_meanwhile(tmp_path, monkeypatch, how):
    with local(tmp_path, monkeypatch) as (runner, project, gone):
        folder = project / ".sisyphus" / "spool"
        folder.mkdir(parents=True)
        (folder / "13-a.jsonl").touch()
        runner.trigger(job(**legs(2)))
        told(project, 1)

        if how == "it died":
            [told_by] = project.glob("told-*.json")
            os.kill(int(told_by.stem.rpartition("-")[2]), signal.SIGKILL)
        else:
            runner.cancel(Run(**legs(2)))
        told(project, 2)  # the replay runs
        runner.cancel(Run(**legs(2)))
        (project / "go").touch()
        [(_, reason)] = until(lambda: gone)
    assert "13-a.jsonl" not in reason


@pytest.mark.slow
def test_a_run_without_legs_finds_nothing_of_the_services_own_leg(tmp_path, monkeypatch):
    with local(tmp_path, monkeypatch) as (runner, project, _):
        runner.trigger(job())
        [environ] = [leg["env"] for leg in told(project, 1)]
    assert "SHARD_INDEX" not in environ


@pytest.mark.slow
def test_more_legs_than_slots_is_said(tmp_path, monkeypatch):
    with local(tmp_path, monkeypatch, slots=1) as (runner, _, _):
        said = [runner.trigger(job(**legs(index))).message for index in (1, 2)]
        assert runner.trigger(job(execution_id=14)).message == ""
    assert all("3 台" in message and "1 个" in message for message in said)


# -- Jenkins --------------------------------------------------------------------------------


@pytest.fixture
def server():
    with jenkins_server() as running:
        yield running


def test_a_leg_is_said_in_the_body_of_its_trigger(server):
    runner = runner_of(server.url)
    receipts = [runner.trigger(job(**legs(index))) for index in (1, 2, 3)]

    assert [receipt.queue_id for receipt in receipts] == [321, 322, 323]
    forms = [form for method, target, form, _ in server.requests if "buildWith" in target]
    said = [(form["EXECUTION_ID"], form["SHARD_INDEX"], form["SHARD_TOTAL"]) for form in forms]
    assert said == [("13", "1", "3"), ("13", "2", "3"), ("13", "3", "3")]
    assert all("SHARD" not in target for _, target, _, _ in server.requests)


def test_a_job_that_does_not_declare_the_leg_runs_the_first_only(server):
    server.declared = OLD_PARAMETERS
    runner = runner_of(server.url)
    runner.trigger(job(**legs(1)))

    for index in (2, 3):
        with pytest.raises(RunnerRefused, match=f"{JOB} 没有声明参数 SHARD_INDEX, SHARD_TOTAL"):
            runner.trigger(job(**legs(index)))

    assert len(server.triggers) == 1


def test_one_parameter_that_lacks_is_named(server):
    server.declared = PARAMETERS - {"SHARD_TOTAL"}
    with pytest.raises(RunnerRefused, match="没有声明参数 SHARD_TOTAL，"):
        runner_of(server.url).trigger(job(**legs(2)))


def test_a_job_whose_parameters_cannot_be_read_is_not_triggered(server):
    server.fault(f"/job/{JOB}/api", times=1000, status=403)
    with pytest.raises(RunnerRefused, match="HTTP 403"):
        runner_of(server.url).trigger(job(**legs(2)))
    assert server.triggers == []


def test_the_build_of_a_leg_is_told_from_those_of_the_others(server):
    runner = runner_of(server.url)
    for index in (1, 2, 3):
        runner.trigger(job(**legs(index)))
    builds = {
        item.parameters["SHARD_INDEX"]: server.start(item) for item in list(server.items.values())
    }

    for index in (1, 2, 3):
        state = runner.state(Run(job_name=JOB, **legs(index)))
        assert state.updates.build_number == builds[str(index)].number


def test_a_number_of_another_legs_build_is_not_believed(server):
    runner = runner_of(server.url)
    for index in (1, 2):
        runner.trigger(job(**legs(index)))
    first, second = [server.start(item) for item in list(server.items.values())]

    state = runner.state(Run(job_name=JOB, build_number=first.number, **legs(2)))

    assert state.updates.build_number == second.number


def test_a_leg_that_jenkins_lost_is_missing_alone(server):
    runner = runner_of(server.url, missing_grace=0.0)
    for index in (1, 2):
        runner.trigger(job(**legs(index)))
    lost = server.items[322]
    server.forget(lost)

    assert runner.state(Run(queue_id=322, job_name=JOB, **legs(2))).phase is RunPhase.ENDED
    assert runner.state(Run(queue_id=321, job_name=JOB, **legs(1))).phase is RunPhase.ACTIVE


def test_the_build_of_a_replacement_is_newer_than_that_of_the_lost(server):
    runner = runner_of(server.url)
    runner.trigger(job(**legs(2)))
    lost = server.start(server.items[321])
    server.finish(lost, "FAILURE")
    again = {"attempt": 2, "after": lost.number}

    assert runner.state(Run(job_name=JOB, **legs(2, **again))).phase is RunPhase.NOT_FOUND
    runner.trigger(job(**legs(2, **again)))
    build = server.start(server.items[322])
    state = runner.state(Run(job_name=JOB, **legs(2, **again)))
    assert (state.phase, state.updates.build_number) == (RunPhase.ACTIVE, build.number)


def test_builds_of_many_legs_are_found_behind_the_fiftieth(server):
    runner = runner_of(server.url)
    runner.trigger(job(**legs(1, 64)))
    first = server.start(server.items[321])
    for index in range(2, 65):
        runner.trigger(job(**legs(index, 64)))
        server.start(server.items[320 + index])

    state = runner.state(Run(job_name=JOB, **legs(1, 64)))
    assert state.updates.build_number == first.number


def test_cancelling_a_leg_stops_its_build_only(server):
    runner = runner_of(server.url)
    runner.start(lambda _key, _reason: None)
    try:
        for index in (1, 2):
            runner.trigger(job(**legs(index)))
        builds = [server.start(item) for item in list(server.items.values())]
        runner.cancel(Run(job_name=JOB, build_number=builds[1].number, **legs(2)))
        until(lambda: builds[1].result == "ABORTED")
    finally:
        runner.close()
    assert builds[0].building
