"""The Jenkins runner beyond single answers: folders, choices of jobs, cancel, polling, restarts."""

import itertools
import logging
import threading

import pytest
from jenkins_kit import NEVER, client_of, on_jenkins, runner_of
from jenkins_server import TOKEN, USER, jenkins_server
from service_kit import FakeClock, Service, until

from orchestrator.app import create_app
from orchestrator.config.load import load
from orchestrator.config.settings import Settings, check_serving
from orchestrator.errors import StartupError
from orchestrator.runners.gateway import RunnerGateway
from orchestrator.runners.jenkins.models import RefusedError
from orchestrator.runners.jenkins.runner import JenkinsRunner
from orchestrator.runners.protocol import (
    PolledRunner,
    PollInterval,
    Run,
    RunPhase,
    RunState,
    TriggerReceipt,
)
from orchestrator.runs.poller import Poller
from orchestrator.runs.status import RunnerStatus
from orchestrator.secrets import Secret

FOLDER = "team/api/pytest-auto-runner"
QUICK = PollInterval(first=0.02, last=0.02)


def test_the_seven_parameters_travel_in_the_body(tmp_path):
    with on_jenkins(tmp_path, test_target="cases/orders") as kit:
        row = kit.run(1, runMode=2)["data"]

    method, target, form, _ = kit.server.requests[-1]
    assert (method, target) == ("POST", "/job/pytest-auto-runner/buildWithParameters")
    token = form.pop("CALLBACK_TOKEN")
    assert len(token) > 40
    assert form == {
        "EXECUTION_ID": str(row["id"]),
        "PLATFORM_BASE_URL": "http://127.0.0.1:8000",
        "ENV_CODE": "st",
        "RUN_MODE": "2",
        "TRIGGER_TYPE": "2",
        "TEST_TARGET": "cases/orders",
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pytest-auto-runner", "/job/pytest-auto-runner/"),
        (FOLDER, "/job/team/job/api/job/pytest-auto-runner/"),
        ("组 1/a b?c#d", "/job/%E7%BB%84%201/job/a%20b%3Fc%23d/"),
    ],
)
def test_jobs_in_folders_and_with_odd_names_are_found(tmp_path, name, path):
    with on_jenkins(tmp_path, options={"jobs": [name]}) as kit:
        row = kit.run(jenkinsJobName=name)["data"]
        kit.server.start(kit.server.items[321])
        row = kit.poll(row["id"])

    assert kit.server.triggers == [f"{path}buildWithParameters"]
    assert row["jenkins_job_name"] == name
    assert row["jenkins_build_url"] == f"{kit.server.url}{path[1:]}108/"
    assert row["console_url"] == row["jenkins_build_url"] + "console"


@pytest.mark.parametrize("name", ["..", "a/../b", "a//b", ".", "a/./b"])
def test_a_name_that_would_lead_elsewhere_is_refused(tmp_path, name):
    with on_jenkins(tmp_path) as kit:
        answer = kit.run(jenkinsJobName=name)
    assert (answer["code"], answer["data"]["status"]) == (50002, 7)
    assert "任务名不可用" in answer["data"]["trigger_message"]
    assert kit.server.requests == []


@pytest.mark.parametrize(
    ("asked", "planned", "default", "used"),
    [
        ("asked", "planned", "default", "asked"),
        (None, "planned", "default", "planned"),
        (None, None, "default", "default"),
    ],
)
def test_the_request_goes_before_the_plan_before_the_default(
    tmp_path, asked, planned, default, used
):
    jobs = ["asked", "planned", "default"]
    with on_jenkins(tmp_path, options={"jobs": jobs}, default_job=default) as kit:
        kit.service.catalog(1)
        plan = {"planId": 2001, "projectId": 3, "planName": "p", "cases": [1]}
        kit.service.front("/plan/save", {**plan, "jenkinsJobName": planned})
        body = {"planId": 2001, "envCode": "st", "jenkinsJobName": asked}
        row = kit.service.front_data("/plan/run", body)
    assert row["jenkins_job_name"] == used
    assert kit.server.triggers == [f"/job/{used}/buildWithParameters"]


def test_no_job_anywhere_is_said(tmp_path):
    with on_jenkins(tmp_path, default_job="") as kit:
        answer = kit.run()
    assert answer["code"] == 50002
    assert "未指定 Jenkins 任务" in answer["data"]["trigger_message"]


def test_the_doctor_asks_jenkins_for_the_job(tmp_path, cli):
    """Address, login, job and its parameters: each is found before the first run is refused."""
    cli("token", "add", "--user", "8")
    with jenkins_server(jobs=["auto"]) as server:

        def said(**changed):
            asked = {"url": server.url, "job": "auto", "user": USER, "token": TOKEN} | changed
            options = [text for n, value in asked.items() for text in (f"--jenkins-{n}", value)]
            address = ("--public-url", "https://sisyphus.example.com", "--port", "0")
            code, out, err = cli("doctor", "--runner", "jenkins", *address, *options)
            assert "geheim" not in out + err
            return code, [line for line in out.splitlines() if " runner: " in line]

        assert said() == (
            0,
            ["ok    runner: Jenkins job auto declares what a build is told"],
        )
        assert said(job="")[1][0].startswith("ok    runner: no default job (--jenkins-job)")
        for changed, words in (
            ({"job": "other"}, "Jenkins job other: Jenkins has no such job (HTTP 404)"),
            ({"token": "geheim-geheim"}, "Jenkins job auto: Jenkins refuses user or token"),
        ):
            code, [line] = said(**changed)
            assert (code, line.startswith(f"FAIL  runner: {words}")) == (1, True), line
        server.token_kind = "StringParameterDefinition"
        code, [line] = said()
        assert code == 0
        assert line == (
            "warn  runner: in Jenkins job auto the parameter CALLBACK_TOKEN is a string, so "
            "whoever sees its builds sees the token; make it a password parameter, as "
            "deploy/Jenkinsfile does"
        )
        server.declared = {"EXECUTION_ID"}
        assert "auto does not declare CALLBACK_TOKEN, PLATFORM_BASE_URL;" in said()[1][0]


def test_what_the_run_says_of_its_build_wins(tmp_path):
    with on_jenkins(tmp_path) as kit:
        number, build = kit.built(1)
        own = {"buildNumber": build.number, "buildUrl": "http://proxy/own/", "jobName": build.job}
        kit.service.told("/execution/start", {"executionId": number, **own})
        build.result = "SUCCESS"
        row = kit.poll(number)

    assert row["jenkins_build_url"] == "http://proxy/own/"
    assert row["console_url"] == f"{kit.server.url}job/pytest-auto-runner/108/console"


def test_polling_again_writes_nothing_new(tmp_path):
    with on_jenkins(tmp_path) as kit:
        number, _ = kit.built(1)
        first = kit.poll(number)
        kit.service.clock.forward(10)
        assert kit.poll(number) == first


@pytest.mark.parametrize(
    ("plugins", "artifacts", "report"),
    [
        (["ru.yandex.qatools.allure.jenkins.AllureReportBuildAction"], ["report.html"], "allure/"),
        (["hudson.tasks.junit.TestResultAction"], ["r/report.html"], "artifact/r/report.html"),
        (["hudson.tasks.junit.TestResultAction"], ["core.1"], "testReport/"),
        ([], ["log.txt"], None),
    ],
)
def test_the_best_report_of_an_ended_build_is_shown(tmp_path, plugins, artifacts, report):
    with on_jenkins(tmp_path) as kit:
        number, build = kit.built(1)
        build.plugins, build.artifacts = plugins, artifacts
        assert kit.poll(number)["report_url"] is None  # the build may still write it
        kit.server.finish(build, "SUCCESS")
        row = kit.poll(number)
    assert row["report_url"] == (report and f"{row['jenkins_build_url']}{report}")


# -- cancel ---------------------------------------------------------------------------------


def cancel(kit, number):
    answer = kit.service.front("/execution/cancel", {"executionId": number})
    assert answer["data"]["status"] == 6, answer


def quickly(tmp_path, **options):
    return on_jenkins(tmp_path, poll_interval=QUICK, **options)


def test_cancel_takes_a_waiting_item_out_of_the_queue(tmp_path):
    with quickly(tmp_path) as kit:
        number, item = kit.queued(1)
        cancel(kit, number)
        until(lambda: item.cancelled)
    assert kit.server.asked("POST", "/stop") == []


@pytest.mark.parametrize("forgotten", [False, True])
def test_cancel_stops_the_build_that_the_item_became(tmp_path, forgotten):
    with quickly(tmp_path) as kit:
        number, build = kit.built(1)
        if forgotten:
            kit.server.forget(build.item)
        cancel(kit, number)
        until(lambda: build.result == "ABORTED")
    assert kit.server.asked("POST", "/stop") == ["/job/pytest-auto-runner/108/stop"]


def test_cancel_outlives_a_restart_of_jenkins(tmp_path):
    with quickly(tmp_path) as kit:
        number, build = kit.built(1)
        kit.server.fault("/", times=20, status=503)
        cancel(kit, number)
        until(lambda: build.result == "ABORTED")


def test_a_cancel_that_jenkins_refuses_is_given_up_and_said(tmp_path, caplog):
    with quickly(tmp_path) as kit:
        number, _ = kit.built(1)
        kit.server.fault("/stop", times=1000, status=403)
        cancel(kit, number)
        until(lambda: "is not stopped in Jenkins" in caplog.text)
    assert len(kit.server.asked("POST", "/stop")) == 1


# -- polling --------------------------------------------------------------------------------


def test_the_poller_finds_the_build_and_its_end_by_itself(tmp_path):
    with quickly(tmp_path) as kit:
        number, item = kit.queued(1)
        build = kit.server.start(item)
        until(lambda: kit.service.detail(number)["jenkins_build_number"] == 108)
        kit.server.finish(build, "FAILURE")
        until(lambda: kit.service.detail(number)["status"] == 8)
        assert "#108 已结束：FAILURE" in kit.service.detail(number)["trigger_message"]


def test_a_service_that_comes_back_takes_up_its_executions(tmp_path):
    clock = FakeClock()
    with jenkins_server() as server:
        with Service(tmp_path, runner=runner_of(server.url), clock=clock) as service:
            row = service.run_plan(1)
        build = server.start(server.items[row["jenkins_queue_id"]])
        server.finish(build, "ABORTED")
        runner = runner_of(server.url, poll_interval=QUICK)
        with Service(tmp_path, runner=runner, clock=clock) as service:
            until(lambda: service.detail(row["id"])["status"] == 6)
            assert service.detail(row["id"])["jenkins_build_number"] == 108


@pytest.mark.parametrize(("was_queued", "status"), [(True, 2), (False, 7)])
def test_a_trigger_that_a_crash_interrupted_is_searched(tmp_path, was_queued, status):
    clock = FakeClock()
    with jenkins_server() as server:
        with Service(tmp_path, runner=runner_of(server.url), clock=clock) as service:
            number = service.run_plan(1)["id"]
            service.sql(
                "UPDATE execution SET status = 1, jenkins_queue_id = NULL WHERE id = :n", n=number
            )
        if not was_queued:
            server.items.clear()
        with Service(tmp_path, runner=runner_of(server.url), clock=clock) as service:
            assert service.front("/execution/poll", {"executionId": number})["code"] == 20000
            clock.forward(91)
            service.app.state.services.watchdog.round()
            row = service.detail(number)
    assert row["status"] == status
    assert row["jenkins_queue_id"] == (321 if was_queued else None)


class Recorder:
    """Answers with what the test laid down, and remembers when it was asked for whom."""

    name = "fake"
    poll_interval = PollInterval(first=2.0, last=15.0)

    def __init__(self):
        self.asked = []
        self.says = {}

    def start(self, on_ended):
        pass

    def trigger(self, job):
        return TriggerReceipt()

    def cancel(self, run):
        pass

    def state(self, run):
        self.asked.append(run.execution_id)
        return self.says.get(run.execution_id, RunState(phase=RunPhase.ACTIVE))

    def close(self):
        pass


class Polling:
    def __init__(self, service, runner):
        self.now = 0.0
        self.runner = runner
        services = service.app.state.services
        runner_status = RunnerStatus(services.writer, RunnerGateway(runner, str), service.clock)
        self.poller = Poller(
            services.database,
            services.watchdog,
            runner_status,
            runner,
            services.leg_watch,
            monotonic=self.time,
        )

    def time(self):
        return self.now

    def moments(self, seconds):
        """When the runner was asked within so many seconds of rounds every half second."""
        found = []
        for _ in range(int(seconds * 2)):
            self.runner.asked.clear()
            self.poller.round()
            found += [self.now] * len(self.runner.asked)
            self.now += 0.5
        return found


@pytest.fixture
def polling(tmp_path):
    with Service(tmp_path) as service:
        service.catalog(1, 2)
        service.ids = [
            service.front_data("/case/run", {"caseId": n, "envCode": "st"})["id"] for n in (1, 2)
        ]
        runner = Recorder()
        assert isinstance(runner, PolledRunner)
        yield service, runner, Polling(service, runner)


def test_looks_begin_2_seconds_apart_and_slow_down_to_15(polling):
    service, _, poll = polling
    service.front("/execution/cancel", {"executionId": service.ids[1]})
    moments = poll.moments(100)
    gaps = [b - a for a, b in itertools.pairwise(moments)]
    assert gaps[:3] == [2, 3, 4.5]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 15


def test_a_change_makes_looks_quick_again(polling):
    service, runner, poll = polling
    service.front("/execution/cancel", {"executionId": service.ids[1]})
    poll.moments(60)
    runner.says[service.ids[0]] = RunState(phase=RunPhase.ACTIVE, reason="an agent is free")
    moments = poll.moments(30)
    assert moments[1] - moments[0] == 2


def test_a_runner_out_of_reach_is_asked_once_per_round_and_it_is_said_once(polling, caplog):
    service, runner, poll = polling
    for number in service.ids:
        runner.says[number] = RunState(phase=RunPhase.UNREACHABLE, reason="HTTP 503")
    poll.poller.round()
    assert runner.asked == [service.ids[0]]
    poll.moments(30)
    assert caplog.text.count("fake: HTTP 503") == 1


def test_a_run_whose_news_cannot_be_kept_does_not_hide_the_others(polling, caplog):
    service, runner, poll = polling
    first, second = service.ids
    updates = TriggerReceipt(build_number=object())
    runner.says = {
        first: RunState(phase=RunPhase.ACTIVE, updates=updates),
        second: RunState(phase=RunPhase.CANCELED, reason="aborted"),
    }
    poll.poller.round()
    assert f"execution {first} could not be looked at" in caplog.text
    assert [service.detail(number)["status"] for number in service.ids] == [2, 6]


def test_what_is_over_is_not_asked_for_any_more(polling):
    service, runner, poll = polling
    for number in service.ids:
        service.front("/execution/cancel", {"executionId": number})
    poll.poller.round()
    assert runner.asked == []
    assert poll.poller._next == {}


# -- secrets, settings, leftovers -----------------------------------------------------------


def test_no_secret_reaches_a_log_a_message_or_an_address(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with on_jenkins(tmp_path, options={"crumbs": True}) as kit:
        kit.server.fault("buildWithParameters", status=500, body="<html>Oops</html>")
        row = kit.run(1)["data"]
        kit.server.fault("/queue", status=403, body=f"<html>{TOKEN}</html>")
        kit.poll(row["id"])
        cancel(kit, row["id"])
        until(lambda: kit.server.items[321].cancelled)
        shown = str((kit.service.detail(row["id"]), kit.service.cases(row["id"])))
    token = next(f["CALLBACK_TOKEN"] for _, _, f, _ in kit.server.requests if "CALLBACK_TOKEN" in f)
    targets = " ".join(target for _, target, _, _ in kit.server.requests)
    for secret in (TOKEN, token):
        assert secret not in caplog.text
        assert secret not in shown
        assert secret not in targets


def test_a_retry_after_of_an_hour_does_not_stop_the_service(tmp_path):
    with jenkins_server() as server:
        server.fault("/queue", times=2, status=503, headers={"Retry-After": "3600"})
        item = server.queue("pytest-auto-runner", {"EXECUTION_ID": "1"})
        assert client_of(server.url).queue_item(item.id).why


def test_a_get_is_repeated_five_times_and_a_post_never():
    with jenkins_server() as server:
        server.fault("/", times=1000, status=502)
        client = client_of(server.url, pauses=(0.0,) * 4)
        run = Run(execution_id=1, job_name="pytest-auto-runner", queue_id=1)
        assert runner_of(server.url, client=client).state(run).phase is RunPhase.UNREACHABLE
        assert len(server.requests) == 5
        with pytest.raises(Exception, match="HTTP 502"):
            client.stop("pytest-auto-runner", 1)
        assert len(server.asked("POST", "")) <= 1


def test_a_wrong_token_is_said():
    with jenkins_server() as server, pytest.raises(RefusedError, match="令牌错误"):
        client_of(server.url, token="wrong").queue_item(1)


def test_the_options_of_the_command_line_make_the_runner(tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    given = {
        "runner": "jenkins",
        "jenkins_url": "https://ci.example.com/jenkins",
        "jenkins_user": "bot",
        "jenkins_token": f"@{tmp_path}/token",
        "jenkins_job": FOLDER,
        "database_url": f"sqlite:///{tmp_path}/s.sqlite3",
    }
    settings = load(given, {})
    assert settings.jenkins_url == "https://ci.example.com/jenkins/"
    assert settings.jenkins_token.reveal() == "from a file"
    app = create_app(settings)
    assert isinstance(app.state.services.runner, JenkinsRunner)
    assert app.state.services.poller is not None
    app.state.services.writer.close()
    app.state.services.database.close()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"runner": "jenkins"}, "needs --jenkins-url"),
        ({"jenkins_url": "ci.example.com"}, "give an address"),
        ({"jenkins_url": "https://bot:secret@ci.example.com"}, "without user and password"),
        ({"jenkins_user": "bot"}, "need each other"),
        ({"jenkins_token": "t"}, "need each other"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(given, says):
    with pytest.raises(StartupError, match=says):
        check_serving(load(given, {}))


def test_a_jenkins_token_prints_as_stars():
    assert "t0ken" not in repr(Settings(jenkins_token=Secret("t0ken")))


def test_closing_leaves_no_thread(tmp_path):
    before = {thread.name for thread in threading.enumerate()}
    with quickly(tmp_path) as kit:
        kit.queued(1)
    left = {thread.name for thread in threading.enumerate()} - before
    assert not {name for name in left if name.startswith("sisyphus")}


def test_the_pace_of_the_manual_is_the_default():
    assert NEVER != PollInterval() == PollInterval(first=2.0, last=15.0)
