"""Runners that fail, and runners that tell secrets: states and stars, never a 500."""

import logging
import threading
import time

import pytest
from service_kit import SECRET, FakeRunner, Service

from orchestrator.runners import gateway
from orchestrator.runners.protocol import RunnerRefused, RunPhase, RunState, TriggerReceipt
from orchestrator.secrets import Secret, new_token

BROKEN = "执行机程序出错，详见服务日志"
TOKEN = new_token().reveal()
TELLS = f"with {TOKEN} and {SECRET} and the-jenkins-token"
STARS = "with *** and *** and ***"


class Faulty(FakeRunner):
    """Does what each test puts into its answers: an exception is raised, else it is given."""

    def __init__(self):
        super().__init__()
        self.answer = None
        #: by execution.
        self.states = {}

    def trigger(self, job):
        self.jobs.append(job)
        return self._given(self.answer)

    def state(self, run):
        return self._given(self.states.get(run.execution_id, RunState(phase=RunPhase.ACTIVE)))

    def cancel(self, run):
        self._given(self.answer)

    @staticmethod
    def _given(answer):
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def service(tmp_path, database_url):
    options = {"runner": Faulty(), "jenkins_token": Secret("the-jenkins-token")}
    with Service(tmp_path, database_url=database_url, **options) as running:
        running.runner.answer = TriggerReceipt()
        yield running


def run(service, env):
    service.plan(1)
    return service.front("/plan/run", {"planId": 2001, "envCode": env})


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (KeyError("crumb"), BROKEN),
        (ValueError(TELLS), BROKEN),
        (None, BROKEN),
        ("queued", BROKEN),
        (RunnerRefused("the queue is full"), "the queue is full"),
        (RunnerRefused(TELLS), STARS),
    ],
)
def test_a_runner_that_does_not_take_a_job_fails_it_and_no_more(service, answer, reason, caplog):
    service.runner.answer = answer
    refused = run(service, "st")

    row = refused["data"]
    assert (refused["code"], refused["msg"]) == (50002, f"触发失败：{reason}")
    assert (row["status"], row["trigger_message"]) == (7, reason)
    assert service.statuses(row["id"]) == [7]
    assert f"execution {row['id']}: the runner" in caplog.text

    service.runner.answer = TriggerReceipt()
    assert run(service, "st")["data"]["status"] == 2


def test_a_run_that_cannot_be_stopped_is_cancelled_all_the_same(service):
    number = run(service, "st")["data"]["id"]
    service.runner.answer = OSError("no way to it")
    answer = service.front("/execution/cancel", {"executionId": number})
    assert (answer["code"], answer["data"]["status"]) == (20000, 6)


@pytest.mark.parametrize("fault", [RuntimeError("broken"), None, "gone"])
def test_one_run_that_cannot_be_seen_does_not_hide_the_others(service, fault, caplog):
    first, second = (run(service, env)["data"]["id"] for env in ("a", "b"))
    service.runner.states = {
        first: fault,
        second: RunState(phase=RunPhase.ENDED, reason=f"ended {TELLS}"),
    }
    watchdog = service.app.state.services.watchdog

    assert watchdog.sweep() == 1

    assert f"execution {first}: the runner" in caplog.text
    assert service.detail(first)["status"] == 2
    row = service.detail(second)
    assert (row["status"], row["trigger_message"]) == (8, f"ended {STARS}")
    service.clock.forward(3601)
    assert watchdog.sweep() == 1
    assert BROKEN in service.detail(first)["trigger_message"]


def test_one_row_that_cannot_be_written_does_not_hide_the_others(service, caplog):
    first, second = (run(service, env)["data"]["id"] for env in ("a", "b"))
    service.runner.states = {
        first: RunState(phase=RunPhase.ACTIVE, updates=TriggerReceipt(queue_id=object())),
        second: RunState(phase=RunPhase.ENDED, reason="ended"),
    }
    with caplog.at_level(logging.ERROR):
        assert service.app.state.services.watchdog.sweep() == 1
    assert f"execution {first} could not be looked at" in caplog.text
    assert [service.detail(n)["status"] for n in (first, second)] == [2, 8]


def test_addresses_of_a_runner_are_of_the_web(service):
    service.runner.answer = TriggerReceipt(
        console_url="javascript:alert(1)", report_url="https://h/r", message=TELLS
    )
    row = run(service, "st")["data"]
    assert (row["console_url"], row["report_url"]) == (None, "https://h/r")
    assert row["trigger_message"] == STARS


def test_a_process_that_ends_may_have_shown_a_secret(service):
    number = run(service, "st")["data"]["id"]
    service.runner.on_ended(number, TELLS)
    assert service.detail(number)["trigger_message"] == STARS


def everything(service):
    """All that the database holds of executions and their cases."""
    return [*service.sql("SELECT * FROM execution"), *service.sql("SELECT * FROM execution_case")]


@pytest.mark.every_database
def test_what_callbacks_quote_of_secrets_is_stored_as_stars(service):
    number = run(service, "st")["data"]["id"]
    told = {"buildUrl": f"https://h/{TOKEN}", "revision": TOKEN}
    service.told("/execution/start", {"executionId": number, **told})
    result = {
        **dict.fromkeys(("errorMessage", "stackTrace", "resultMessage", "pytestNodeid"), TELLS),
        "reportUrl": f"https://h/?t={TOKEN}",
        "ext": {"items": [{TOKEN: [TELLS]}], "n": 5},
    }
    body = {"executionId": number, "results": [{"caseId": 1, "status": 3, **result}]}
    service.told("/execution/case/result", body)

    row = service.cases(number)[0]
    assert row["error_message"] == row["stack_trace"] == row["pytest_nodeid"] == STARS
    assert row["report_url"] == "https://h/?t=***"
    assert row["ext"] == {"items": [{"***": [STARS]}], "n": 5}
    service.result(number, 1, 3, retryCount=1, **result)
    service.told("/execution/abort", {"executionId": number, "message": TELLS})
    assert service.detail(number)["trigger_message"] == STARS
    assert TOKEN not in str(everything(service))
    assert SECRET not in str(everything(service))


class Hanging(FakeRunner):
    """Answers nothing until `go` is set."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()
        self.go.set()

    def trigger(self, job):
        self.go.wait(60)
        return super().trigger(job)

    def state(self, run):
        self.go.wait(60)
        return super().state(run)

    def cancel(self, run):
        self.go.wait(60)


def test_a_runner_that_never_answers_keeps_nobody_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(gateway, "SECONDS", 0.3)
    runner = Hanging()
    with Service(tmp_path, runner=runner) as service:
        waiting = run(service, "before")["data"]["id"]
        running = service.started(2)
        runner.go.clear()

        refused = run(service, "qa")
        began = time.monotonic()
        service.clock.forward(91)
        service.front("/execution/poll", {})
        canceled = service.front("/execution/cancel", {"executionId": waiting})
        seconds = time.monotonic() - began
        runner.go.set()

    assert (refused["code"], refused["msg"]) == (50002, "触发失败：执行机没有及时响应")
    assert canceled["data"]["status"] == 6
    assert seconds < 10
    with Service(tmp_path) as service:
        assert service.detail(running)["status"] == 8  # its lease ran out, whatever its runner says
