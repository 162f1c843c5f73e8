"""The real service on a real port, with the local runner and real pytest processes."""

import contextlib
import sys
import threading
import time

import pytest
import requests
import uvicorn
from idle_plugins import NO_IDLE_PLUGINS
from jenkins_server import TOKEN, USER, jenkins_server

from orchestrator.app import create_app
from orchestrator.cli import tokens
from orchestrator.cli.demo.hosted import address, free_socket
from orchestrator.config.settings import Settings
from orchestrator.secrets import Secret
from orchestrator.status import TERMINAL

SECRET = "contract-secret"
PATIENCE = 60.0
JOB = "team/api/pytest-auto-runner"

LONG = """
import pathlib, pytest, time

@pytest.fixture
def clean():
    yield
    pathlib.Path("cleaned").touch()

@pytest.mark.sisyphus(case_id=1)
def test_long(clean):
    pathlib.Path("inside").touch()
    time.sleep(60)

@pytest.mark.sisyphus(case_id=2)
def test_never(): pass
"""


class Platform:
    """What a frontend and its database of cases do."""

    def __init__(self, root, settings, url, token):
        self.root = root
        self.settings = settings
        self.url = url
        self._headers = {"token": token}

    @property
    def secret(self):
        return self.settings.callback_secret.reveal()

    def post(self, path, **body):
        answer = requests.post(
            f"{self.url}/it/api{path}", json=body, headers=self._headers, timeout=10
        )
        return answer.json()

    def get(self, path, **query):
        answer = requests.get(
            f"{self.url}/it/api{path}", params=query, headers=self._headers, timeout=10
        )
        return answer.json()["data"]

    def sync(self, *cases):
        answer = requests.post(
            f"{self.url}/it/api/automation/case/sync",
            json={"projectId": 3, "cases": list(cases)},
            headers={"X-CALLBACK-SECRET": SECRET},
            timeout=10,
        )
        assert answer.json()["code"] == 20000, answer.text

    def write(self, **files):
        for name, text in files.items():
            (self.root / name.replace("__", ".")).write_text(text, encoding="utf-8")

    def plan(self, *case_ids):
        saved = self.post("/automation/plan/save", projectId=3, planName="p", cases=list(case_ids))
        return saved["data"]["plan_id"]

    def run_plan(self, plan_id, run_mode=1, env_code="st"):
        """The execution once it is over, and its cases."""
        started = self.post(
            "/automation/plan/run", planId=plan_id, envCode=env_code, runMode=run_mode
        )
        return self.wait(started["data"]["id"])

    def inside_a_long_run(self):
        """An execution whose first case sleeps, its fixture in place; `cleaned` tells its end."""
        self.write(test_it__py=LONG)
        names = enumerate(["test_long", "test_never"], start=1)
        self.sync(
            *({"caseId": n, "caseTitle": t, "pytestNodeid": f"test_it.py::{t}"} for n, t in names)
        )
        started = self.post("/automation/plan/run", planId=self.plan(1, 2), envCode="st")
        self.wait_for_file("inside")
        return started["data"]["id"]

    def wait(self, execution_id, until=TERMINAL):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            execution = self.get("/automation/execution/detail", executionId=execution_id)
            if execution["status"] in until:
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"not over after {PATIENCE} s: {execution}\n{self.console(execution)}")
        return execution, self.cases(execution_id)

    def wait_for(self, holds):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it never came to hold"
            time.sleep(0.05)

    def wait_for_file(self, name):
        """What a test of the project leaves to say how far it is."""
        self.wait_for((self.root / name).exists)

    def cases(self, execution_id):
        rows = self.get("/automation/execution/case/list", executionId=execution_id, pageSize=500)
        return {row["case_id"]: row for row in rows["list"]}

    def console(self, execution):
        return requests.get(execution["console_url"], timeout=10).content.decode()


@pytest.fixture(autouse=True)
def quick_processes(monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", NO_IDLE_PLUGINS)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "2")


@contextlib.contextmanager
def serving(tmp_path, **options):
    root = tmp_path / "project"
    root.mkdir(exist_ok=True)
    (root / "pytest.ini").write_text("[pytest]\n")
    listener = free_socket()
    settings = Settings(
        port=listener.getsockname()[1],
        database_url=f"sqlite:///{tmp_path / 'service.sqlite3'}",
        project_root=root,
        callback_secret=Secret(SECRET),
        data_dir=tmp_path / "data",
        **options,
    )
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    token = tokens.add(settings, 8, "test").reveal()
    try:
        yield Platform(root, settings, address(listener), token)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def platform(tmp_path, request):
    """With the settings that a test's own parameter gives."""
    with serving(tmp_path, **getattr(request, "param", {})) as running:
        yield running


@pytest.fixture
def on_jenkins(tmp_path):
    """The same, but a Jenkins runs pytest; it is `platform.jenkins`."""
    options = {
        "jobs": [JOB],
        "crumbs": True,
        "workspace": tmp_path / "project",
        "command": [sys.executable, "-m", "pytest", "--sisyphus-execution=$EXECUTION_ID"],
    }
    with jenkins_server(**options) as jenkins:
        jenkins_options = {
            "runner": "jenkins",
            "jenkins_url": jenkins.url,
            "jenkins_user": USER,
            "jenkins_token": Secret(TOKEN),
            "jenkins_job": JOB,
        }
        with serving(tmp_path, **jenkins_options) as running:
            running.jenkins = jenkins
            yield running


@pytest.fixture
def outside(tmp_path):
    """The same, but it triggers nobody: tests start pytest, and may kill it."""
    with serving(tmp_path, runner="external", lease=17.0, sweep=1.0) as running:
        yield running
