"""What the service relies on, asked of every runner there is; the Jenkins one at a real socket."""

import contextlib
import sys

import pytest
from jenkins_kit import runner_of
from jenkins_server import jenkins_server
from service_kit import until

from orchestrator.plugins.builtin import sisyphus_runners
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.external import ExternalRunner
from orchestrator.runners.local import LocalRunner, LocalSettings
from orchestrator.runners.protocol import (
    Job,
    PollInterval,
    Run,
    RunnerRefused,
    RunPhase,
    TriggerReceipt,
)
from orchestrator.secrets import Secret

RUNNERS = list(sisyphus_runners())
SLEEP = "import time; time.sleep(600)"


@contextlib.contextmanager
def local(tmp_path):
    settings = LocalSettings(
        project_root=tmp_path,
        artifacts=Artifacts(tmp_path / "files"),
        grace=0.2,
        command=(sys.executable, "-c", SLEEP),
    )
    yield LocalRunner(settings)


@contextlib.contextmanager
def external(tmp_path):
    yield ExternalRunner()


@contextlib.contextmanager
def jenkins(tmp_path):
    command = [sys.executable, "-c", SLEEP]
    with jenkins_server(command=command, workspace=tmp_path) as server:
        yield runner_of(
            server.url, poll_interval=PollInterval(first=0.02, last=0.02), missing_grace=0.0
        )


KITS = {"local": local, "jenkins": jenkins, "external": external}
runs_itself = pytest.mark.parametrize("kind", ["local", "jenkins"])


@pytest.fixture(params=RUNNERS)
def kind(request):
    return request.param


@pytest.fixture
def runner(kind, tmp_path):
    with KITS[kind](tmp_path) as made:
        made.gone = []
        made.start(lambda number, reason: made.gone.append(number))
        yield made
        made.close()


def job(number=1):
    return Job(
        execution_id=number,
        execution_no=f"AE{number}",
        trigger_type=2,
        env_code="st",
        run_mode=1,
        job_name=None,
        callback_token=Secret("token"),
        base_url="http://127.0.0.1:1",
        console_url="http://127.0.0.1:1/console",
        report_url="http://127.0.0.1:1/report",
    )


def run(receipt, number=1):
    return Run(execution_id=number, job_name=receipt.job_name, queue_id=receipt.queue_id)


def test_it_is_called_what_the_option_calls_it(runner, kind):
    assert runner.name == kind


def test_a_job_is_taken_without_waiting_for_its_end(runner):
    receipt = runner.trigger(job())
    assert isinstance(receipt, TriggerReceipt)
    assert runner.state(run(receipt)).phase is RunPhase.ACTIVE


def test_cancelling_twice_or_what_was_never_there_is_nothing(runner):
    receipt = runner.trigger(job())
    runner.cancel(run(receipt))
    runner.cancel(run(receipt))
    runner.cancel(Run(execution_id=99))


@runs_itself
def test_what_is_cancelled_ends(runner):
    receipt = runner.trigger(job())
    runner.cancel(run(receipt))
    until(lambda: runner.state(run(receipt)).phase is not RunPhase.ACTIVE)


@runs_itself
def test_two_jobs_are_apart(runner):
    first, second = runner.trigger(job(1)), runner.trigger(job(2))
    runner.cancel(run(first, 1))
    until(lambda: runner.state(run(first, 1)).phase is not RunPhase.ACTIVE)
    assert runner.state(run(second, 2)).phase is RunPhase.ACTIVE


@runs_itself
def test_what_was_never_triggered_is_not_there(runner):
    assert runner.state(Run(execution_id=99)).phase is not RunPhase.ACTIVE


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("local", lambda tmp_path: LocalSettings(project_root=tmp_path / "no", artifacts=None)),
        ("jenkins", lambda tmp_path: None),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(kind, broken, tmp_path):
    made = LocalRunner(broken(tmp_path)) if kind == "local" else runner_of("http://127.0.0.1:9/")
    with pytest.raises(RunnerRefused, match=r"\w"):
        made.trigger(job())


def test_every_runner_of_the_option_takes_this_exam():
    assert sorted(KITS) == sorted(RUNNERS)
