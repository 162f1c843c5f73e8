"""The local runner with real processes: small scripts in the place of pytest."""

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from service_kit import SECRET, Service, sqlite_url, until

from orchestrator.clock import SystemClock
from orchestrator.config.configured_secrets import variables
from orchestrator.config.settings import Settings
from orchestrator.db.engine import opened
from orchestrator.hookspecs import PluginContext
from orchestrator.notifications.webhook import Webhook
from orchestrator.plugins.builtin import sisyphus_runners
from orchestrator.plugins.registry import load_extensions
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.local import LocalRunner, LocalSettings
from orchestrator.runners.protocol import RunKey
from orchestrator.secrets import Secret

pytestmark = pytest.mark.slow

WAIT = """
import os, pathlib, sys, time
print("waiting", flush=True)
while not pathlib.Path("go").exists():
    time.sleep(0.01)
print("gone", flush=True)
"""
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT
WITH_CHILD = (
    """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("child.new").write_text(str(child.pid))
pathlib.Path("child.new").rename("child")
"""
    + WAIT
)
TELL = """
import json, os, pathlib, sys
told = {"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(),
        "leader": os.getsid(0) == os.getpid()}
pathlib.Path("told.new").write_text(json.dumps(told))
pathlib.Path("told.new").rename("told.json")
"""
USAGE_ERROR = """
import os, sys
print("collecting ...")
print("ERROR: the token was", os.environ["CALLBACK_TOKEN"], "and the secret the-shared-secret")
sys.exit(4)
"""


@contextmanager
def local(tmp_path, script, **options):
    project = tmp_path / "project"
    project.mkdir(exist_ok=True)
    program = tmp_path / "program.py"
    program.write_text(script)
    command = options.pop("command", (sys.executable, str(program)))
    runner = LocalRunner(
        LocalSettings(
            project_root=project,
            artifacts=Artifacts(tmp_path / ".sisyphus"),
            command=command,
            hidden=[Secret(SECRET)],
            withheld=variables(),
            **options,
        )
    )
    with Service(tmp_path, runner=runner) as service:
        service.project = project
        yield service


def ended(service, number):
    return until(lambda: (row := service.detail(number))["status"] > 3 and row)


def console_of(service, row, name="console"):
    return service.client.get(row[f"{name}_url"].removeprefix("http://127.0.0.1:8000"))


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # also while it is being read
        return False
    return state != "Z"


def test_a_process_that_ends_without_start_closes_the_execution_with_its_last_words(tmp_path):
    with local(tmp_path, USAGE_ERROR) as service:
        row = service.run_plan(1)
        assert row["status"] == 2
        row = ended(service, row["id"])

        assert row["status"] == 8
        assert "退出码 4" in row["trigger_message"]
        assert "ERROR: the token was *** and the secret ***" in row["trigger_message"]
        assert "\n" not in row["trigger_message"]
        case = service.cases(row["id"])[0]
        assert (case["status"], "退出码 4" in case["error_message"]) == (4, True)


def test_the_child_finds_its_parameters_and_no_secret_on_its_command_line(tmp_path, monkeypatch):
    for name in variables():
        monkeypatch.setenv(name, "for the service only")
    monkeypatch.setenv("MINE", "kept")
    with local(tmp_path, TELL) as service:
        row = service.run_plan(1, runMode=2)
        ended(service, row["id"])
        told = json.loads((service.project / "told.json").read_text())

    environ, token = told["env"], told["env"]["CALLBACK_TOKEN"]
    assert len(token) == 47
    assert token not in " ".join(told["argv"])
    assert told["argv"][0] == f"--sisyphus-execution={row['id']}"
    assert told["argv"][1] == "--sisyphus-report"
    assert told["argv"][2].startswith("html:/")
    assert (told["cwd"], told["leader"]) == (str(tmp_path / "project"), True)
    wanted = {
        "EXECUTION_ID": str(row["id"]),
        "PLATFORM_BASE_URL": "http://127.0.0.1:8000",
        "SISYPHUS_URL": "http://127.0.0.1:8000",
        "ENV_CODE": "st",
        "RUN_MODE": "2",
        "TRIGGER_TYPE": "2",
        "MINE": "kept",
        "SISYPHUS_PULL_TIMEOUT": "120",  # a service that starts again is waited for
    }
    assert {name: environ.get(name) for name in wanted} == wanted
    assert len(variables()) > 8
    assert not set(variables()) & environ.keys()


def test_secrets_of_the_service_are_neither_shown_nor_found_by_the_runner_that_it_makes(
    tmp_path, monkeypatch
):
    project, hook = tmp_path / "project", "https://chat.example.com/robot?key=hooks-key"
    project.mkdir()
    (project / "conftest.py").write_text(
        "import os\n"
        f"open(os.environ['REPORT'], 'w').write('<p>{hook.upper()} {hook}</p>')\n"
        f"raise RuntimeError(os.environ.get('SISYPHUS_WEBHOOKS'), 'found {hook} and {SECRET}')\n"
    )
    monkeypatch.setenv("SISYPHUS_WEBHOOKS", "hooks.toml")
    monkeypatch.setenv("REPORT", str(tmp_path / "report.html"))
    settings = Settings(
        project_root=project,
        callback_secret=Secret(SECRET),
        webhooks=(Webhook(name="w", url=Secret(hook), states=frozenset({6})),),
    )
    context = PluginContext(
        settings=settings,
        database=None,
        artifacts=Artifacts(tmp_path / ".sisyphus"),
        clock=SystemClock(),
    )
    runner = sisyphus_runners()["local"](context)
    with Service(tmp_path, runner=runner, webhooks=settings.webhooks) as service:
        row = ended(service, service.run_plan(1)["id"])
        report = tmp_path / f".sisyphus/executions/{row['id']}/report.html"
        report.write_text((tmp_path / "report.html").read_text())

        stars = "*" * len(hook)
        console = console_of(service, row).text
        assert f"RuntimeError: (None, 'found {stars} and {'*' * len(SECRET)}')" in console
        assert not [secret for secret in (hook, SECRET) if secret in console]
        assert console_of(service, row, "report").text == f"<p>{hook.upper()} {stars}</p>"
        assert "RuntimeError: (None, 'found *** and ***')" in row["trigger_message"]


def test_an_execution_that_never_ran_has_no_report(tmp_path):
    with local(tmp_path, "print('x')") as service:
        service.project.rmdir()
        service.plan(1)
        row = service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})
        [(key,)] = service.sql("SELECT file_key FROM execution WHERE id = :id", id=row["id"])
        for name in ("console", "report"):
            response = service.client.get(f"/files/{key}/{name}")
            assert (response.status_code, response.text) == (404, "该执行尚无控制台输出与报告\n")


def test_the_child_reports_to_the_callback_address(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "conftest.py").write_text(
        "import os, pathlib\n"
        "pathlib.Path('new').write_text(os.environ['SISYPHUS_URL'])\n"
        "pathlib.Path('new').rename('url')\n"
        "os._exit(0)\n"
    )
    url = sqlite_url(tmp_path)
    settings = Settings(database_url=url, project_root=project, callback_url="http://proxy:8080")
    with opened(url) as database:
        artifacts = Artifacts(tmp_path / ".sisyphus")
        context = PluginContext(
            settings=settings, database=database, artifacts=artifacts, clock=SystemClock()
        )
        runner = load_extensions(settings).runners.make("local", context)
        with Service(tmp_path, runner=runner) as service:
            ended(service, service.run_plan(1)["id"])
    assert (project / "url").read_text() == "http://proxy:8080"


def test_one_slot_runs_one_at_a_time(tmp_path):
    with local(tmp_path, WAIT) as service:
        service.catalog(1, 2)
        first = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        second = service.front_data("/case/run", {"caseId": 2, "envCode": "st"})
        until(lambda: console_of(service, first).text == "waiting\n")

        assert service.detail(second["id"])["status"] == 2
        assert console_of(service, second).status_code == 404
        (service.project / "go").touch()
        ended(service, first["id"])
        ended(service, second["id"])
        assert console_of(service, second).text == "waiting\ngone\n"


def test_two_slots_run_two(tmp_path):
    with local(tmp_path, WAIT, slots=2) as service:
        service.catalog(1, 2)
        rows = [service.front_data("/case/run", {"caseId": n, "envCode": "st"}) for n in (1, 2)]
        until(lambda: all(console_of(service, row).text == "waiting\n" for row in rows))
        (service.project / "go").touch()


def test_what_waits_in_the_queue_can_be_cancelled(tmp_path):
    with local(tmp_path, WAIT) as service:
        service.catalog(1, 2)
        first = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        second = service.front_data("/case/run", {"caseId": 2, "envCode": "st"})
        until(lambda: console_of(service, first).text == "waiting\n")

        row = service.front_data("/execution/cancel", {"executionId": second["id"]})
        (service.project / "go").touch()
        ended(service, first["id"])

        assert row["status"] == 6
        assert service.detail(second["id"])["trigger_message"] == ""
    assert not (tmp_path / f".sisyphus/executions/{second['id']}/console.log").exists()


@pytest.mark.parametrize("script", [WAIT, STUBBORN, WITH_CHILD])
def test_cancel_ends_the_whole_group(tmp_path, script):
    with local(tmp_path, script, grace=0.3) as service:
        row = service.run_plan(1)
        until(lambda: console_of(service, row).text == "waiting\n")
        process = until(lambda: service.runner._active_runs[RunKey(row["id"])]).pid
        family = [process]
        if script == WITH_CHILD:
            family.append(int((service.project / "child").read_text()))

        answer = service.front("/execution/cancel", {"executionId": row["id"]})

        assert answer["data"]["status"] == 6
        until(lambda: not any(map(is_alive, family)))
        until(lambda: RunKey(row["id"]) not in service.runner._active_runs)
        assert service.detail(row["id"])["status"] == 6


def test_nothing_of_a_run_outlives_it(tmp_path):
    with local(tmp_path, WITH_CHILD) as service:
        row = service.run_plan(1)
        until((service.project / "child").exists)
        child = int((service.project / "child").read_text())
        assert is_alive(child)
        (service.project / "go").touch()
        ended(service, row["id"])
        until(lambda: not is_alive(child))


def test_closing_the_service_ends_its_children_and_keeps_its_queue(tmp_path):
    with local(tmp_path, WAIT) as service:
        service.catalog(1, 2)
        first = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        second = service.front_data("/case/run", {"caseId": 2, "envCode": "st"})
        until(lambda: console_of(service, first).text == "waiting\n")
        process = until(lambda: service.runner._active_runs[RunKey(first["id"])]).pid
    assert not is_alive(process)
    with opened(service.url) as database, database.writing() as connection:
        rows = connection.exec_driver_sql("SELECT status FROM execution ORDER BY id")
        assert [row.status for row in rows] == [8, 2]

    with local(tmp_path, WAIT) as service:
        until(lambda: console_of(service, second).text == "waiting\n")
        assert "信号 15" in service.detail(first["id"])["trigger_message"]
        assert service.detail(second["id"])["status"] == 2
        (service.project / "go").touch()
        assert ended(service, second["id"])["status"] == 8


def test_what_is_asked_of_the_queue_while_the_service_closes_finds_it_waiting(tmp_path):
    with local(tmp_path, WAIT) as service:
        service.catalog(1, 2)
        first = service.front_data("/case/run", {"caseId": 1, "envCode": "st"})
        second = service.front_data("/case/run", {"caseId": 2, "envCode": "st"})
        until(lambda: console_of(service, first).text == "waiting\n")
        service.app.state.services.close_runner()
        service.clock.forward(3600)

        row = service.front_data("/execution/poll", {"executionId": second["id"]})
        assert row["status"] == 2


def test_a_command_that_cannot_be_started_is_said(tmp_path):
    with local(tmp_path, "", command=("/no/such/program",)) as service:
        row = ended(service, service.run_plan(1)["id"])
        assert row["status"] == 8
        assert row["trigger_message"].startswith("无法启动 pytest")


def test_a_console_that_cannot_be_written_is_said_with_its_path(tmp_path):
    with local(tmp_path, "print('never')") as service:
        full, folder = map(service.app.state.services.artifacts.console, (1, 2))
        full.parent.mkdir(parents=True)
        full.symlink_to("/dev/full")
        folder.mkdir(parents=True)
        row = ended(service, service.run_plan(1)["id"])
        assert (row["status"], row["trigger_message"]) == (
            8,
            f"无法启动 pytest: No space left on device: {full}",
        )
        row = ended(
            service, service.front("/plan/run", {"planId": 2001, "envCode": "b"})["data"]["id"]
        )
        assert row["trigger_message"] == f"无法启动 pytest: Is a directory: {folder}"


def test_a_project_that_is_gone_is_refused(tmp_path):
    with local(tmp_path, "") as service:
        service.plan(1)
        service.project.rmdir()
        answer = service.front("/plan/run", {"planId": 2001, "envCode": "st"})
        assert (answer["code"], answer["data"]["status"]) == (50002, 7)


def test_the_report_is_the_console_until_there_is_one(tmp_path):
    with local(tmp_path, "print('héllo')") as service:
        row = ended(service, service.run_plan(1)["id"])

        for name in ("console", "report"):
            response = console_of(service, row, name)
            assert response.text == "héllo\n"
            assert response.headers["content-type"] == "text/plain; charset=utf-8"
            assert response.headers["x-content-type-options"] == "nosniff"

        (tmp_path / f".sisyphus/executions/{row['id']}/report.html").write_text("<p>好</p>")
        report = console_of(service, row, "report")
        assert report.text == "<p>好</p>"
        assert report.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox" in report.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/files/{wrong}/console",
        "/files/1/console",
        "/files/../console",
        "/files/%2e%2e/console",
        "/files/..%2f..%2fservice.sqlite3/console",
        "/files/{key}/../../service.sqlite3",
        "/files/{key}/%2e%2e%2fservice.sqlite3",
        "/files/{key}/console.log",
        "/files/{key}",
        "/files//console",
    ],
)
def test_only_the_exact_address_opens_a_console(tmp_path, path):
    with local(tmp_path, "print('x')") as service:
        row = ended(service, service.run_plan(1)["id"])
        key = row["console_url"].split("/")[-2]
        assert len(key) == 32
        response = service.client.get(path.format(key=key, wrong="0" * 32))
        assert response.status_code == 404


def test_artifacts_are_for_this_user_only(tmp_path):
    with local(tmp_path, "print('x')") as service:
        ended(service, service.run_plan(1)["id"])
    assert (tmp_path / ".sisyphus").stat().st_mode & 0o077 == 0


def test_a_console_that_grows_while_it_is_read_is_served_as_announced(tmp_path):
    from orchestrator.runners.artifacts import blocks, size_of, tail

    path = tmp_path / "console.log"
    assert (size_of(path), tail(path, 10), list(blocks(path, 0))) == (0, "", [])
    path.write_bytes(b"a" * 100_000)
    reading = blocks(path, size_of(path))
    first = next(reading)
    with path.open("ab") as more:
        more.write(b"b" * 100_000)
    assert first + b"".join(reading) == b"a" * 100_000
    assert tail(path, 3) == "bbb"
