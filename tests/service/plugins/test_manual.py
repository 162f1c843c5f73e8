"""The examples of docs/en/extending-the-service.md work in the real service."""

import json
import re
import sys
from pathlib import Path

import httpx2
import pytest
from command_kit import serving
from echo_server import echo_server
from service_kit import API, Service, until
from service_plugins import Plugins

from orchestrator import hookspecs
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret

ROOT = Path(__file__).parents[3]
MANUAL = (ROOT / "docs/en" / "extending-the-service.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hookspecs) if name.startswith("sisyphus_")]

#: what a run says, as a program of its own: no pytest, only the endpoints for runners.
PROGRAM = """
import json, os, urllib.request

def call(path, body):
    request = urllib.request.Request(
        os.environ["SISYPHUS_URL"] + "/it/api/automation/execution" + path,
        json.dumps({"executionId": int(os.environ["EXECUTION_ID"]), **body}).encode(),
        {"X-CALLBACK-TOKEN": os.environ["CALLBACK_TOKEN"], "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=60).close()

call("/start", {"runnerId": os.environ["ENV_CODE"]})
call("/case/result", {"caseId": 1, "status": 2})
call("/finish", {})
"""


def example(hook, language="python"):
    """The first example under the hook's heading."""
    section = MANUAL.split(f"## `{hook}", 1)[1].split("\n## ", 1)[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    made = Plugins(tmp_path / "plugins", monkeypatch)
    yield made
    made.forget()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_of_the_service_has_a_heading_and_an_example(hook):
    assert f"def {hook}()" in example(hook)
    assert f"| `{hook}()` |" in MANUAL


def test_the_manual_runner_starts_a_program_that_calls_back(tmp_path, plugins):
    plugins.module("acme", example("sisyphus_runners"))
    (tmp_path / "program.py").write_text(PROGRAM)
    command = json.dumps([sys.executable, str(tmp_path / "program.py")])
    (tmp_path / "service.toml").write_text(
        'plugins = ["acme"]\nrunner = "command"\nauth = "none"\ncallback-secret = "s"\n'
        f"[plugin.acme]\ncommand = {command}\n"
    )
    arguments = ("--config", "service.toml")
    with serving(tmp_path, *arguments, PYTHONPATH=str(plugins.folder)) as (_, base):
        api = httpx2.Client(base_url=f"{base}{API}", headers={"X-CALLBACK-SECRET": "s"})
        cases = [{"caseId": 1, "caseKey": "a"}]
        api.post("/case/sync", json={"projectId": 3, "cases": cases}).raise_for_status()
        row = api.post("/case/run", json={"caseId": 1, "envCode": "st"}).json()["data"]
        assert row["trigger_message"].startswith("process ")

        def ended():
            found = api.get("/execution/detail", params={"executionId": row["id"]}).json()["data"]
            return found if found["status"] not in (0, 1, 2, 3) else None

        detail = until(ended, 60)
        api.close()
    assert (detail["status"], detail["passed_count"]) == (4, 1)


@pytest.mark.parametrize("option", ["--auth", "SISYPHUS_AUTH"])
def test_the_manual_logins_take_the_header_of_a_proxy_and_no_other(tmp_path, plugins, option):
    plugins.install("acme_sisyphus", acme="acme_logins")
    plugins.module("acme_logins", example("sisyphus_auth_backends"))
    options = ("--auth", "proxy") if option == "--auth" else ()
    environ = {"PYTHONPATH": str(plugins.folder), "SISYPHUS_RUNNER": "external"}
    environ |= {} if options else {"SISYPHUS_AUTH": "proxy"}
    with serving(tmp_path, *options, **environ) as (_, base):
        url = f"{base}{API}/execution/list"
        for headers, status in (
            ({"X-User-Id": "77"}, 200),
            ({"X-User-Id": "0"}, 401),
            ({"token": "77", "Authorization": "Bearer 77"}, 401),
            ({}, 401),
        ):
            assert httpx2.get(url, headers=headers).status_code == status
        stream = f"{base}{API}/execution/events?executionId=1&token=77"
        assert httpx2.get(stream).status_code == 401


def test_the_manual_logins_are_who_triggered_and_may_what_the_table_says(tmp_path, plugins):
    plugins.module("acme", example("sisyphus_auth_backends"))
    table = {"acme": {"header": "X-Who", "permissions": "view, run"}}
    with Service(tmp_path, plugins=("acme",), auth="proxy", plugin_options=table) as service:
        service.catalog(1)
        who = {"X-Who": "77"}
        body = {"caseId": 1, "envCode": "st"}
        row = service.client.post(f"{API}/case/run", json=body, headers=who).json()["data"]
        assert row["trigger_by"] == 77
        answer = service.client.post(f"{API}/plan/delete", json={"planId": 1}, headers=who)
        assert (answer.status_code, answer.json()["code"]) == (403, 40003)


def test_the_manual_source_fills_the_catalogue_and_follows_its_file(tmp_path, plugins):
    plugins.module("acme", example("sisyphus_catalog_sources"))
    path = tmp_path / "cases.json"
    projects = json.loads(example("sisyphus_catalog_sources", "json"))
    path.write_text(json.dumps(projects))
    options = {
        "plugins": ("acme",),
        "catalog_sources": ("json-file",),
        "plugin_options": {"acme": {"path": str(path)}},
        "catalog_interval": 0.05,
    }
    with Service(tmp_path, **options) as service:

        def enabled():
            rows = service.front_data("/case/list", query={"projectId": 3})["list"]
            return {row["case_id"]: row["enabled"] for row in rows}

        until(lambda: enabled() == {1001: True, 1002: True})
        projects[0]["cases"].pop()
        (tmp_path / "new").write_text(json.dumps(projects))
        (tmp_path / "new").rename(path)
        until(lambda: enabled() == {1001: True, 1002: False})


def test_the_manual_format_is_what_a_receiver_gets(tmp_path, plugins):
    plugins.module("acme", example("sisyphus_webhook_formats"))
    with echo_server() as receiver:
        webhook = Webhook(name="qa", url=Secret(f"{receiver.url}/anything"), format="short")
        table = {"acme": {"greeting": "Hi! "}}
        options = {"plugins": ("acme",), "plugin_options": table, "webhooks": (webhook,)}
        with Service(tmp_path, **options) as service:
            number = service.started(1, 2)
            service.result(number, 1, 2)
            service.result(number, 2, 3)
            service.told("/execution/finish", {"executionId": number})
            until(lambda: receiver.requests)
    assert json.loads(receiver.requests[0]["body"]) == {"text": "Hi! p: 1 of 2 passed"}
