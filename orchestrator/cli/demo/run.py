"""`sisyphus-orchestrator demo`: everything real, in one process and its pytest children."""

import argparse
import contextlib
import dataclasses
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from orchestrator.app import create_app
from orchestrator.auth.one_time_links import OneTimeLinks
from orchestrator.cli import tokens
from orchestrator.cli.demo.client import Platform
from orchestrator.cli.demo.hosted import address, free_socket, hosted
from orchestrator.cli.demo.shop import create_shop
from orchestrator.cli.demo.show import Progress, table
from orchestrator.config.settings import Settings
from orchestrator.errors import StartupError
from orchestrator.routes import one_time_link
from orchestrator.secrets import Secret
from orchestrator.status import TERMINAL, CaseStatus, ExecutionStatus

PROJECT: Final = Path(__file__).parent / "project"
_PROJECT_ID: Final = 1
_FAILS_ON_PURPOSE: Final = 1006
_MODES: Final = {1: "serial  ", 2: "parallel"}
_PATIENCE: Final = 120.0


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--exit", action="store_true", help="end when the plan has run")
    command.add_argument("--port", type=int, default=0, help="of the service; 0: any free one")
    command.add_argument("--shop-port", type=int, default=0, help="of the shop; 0: any free one")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 when the plan succeeded in both run modes, and the case made to fail failed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="sisyphus-demo-") as folder,
        _stage(Path(folder), arguments) as stage,
    ):
        _say(f"the sample shop is at {stage.shop}")
        _say(f"the orchestrator is at {stage.base}/it/api")
        _say(f"watch the runs, once within ten minutes: {stage.link()}")
        _sync(stage)
        succeeded = _play(stage)
        if not arguments.exit:
            _stay(stage)
        return 0 if succeeded else 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Stage:
    shop: str
    base: str
    secret: Secret
    token: Secret
    platform: Platform
    links: OneTimeLinks

    def link(self) -> str:
        """To the page, signed in; it opens once."""
        key = self.links.issue(lambda: self.token)
        return f"{self.base}{one_time_link.PATH}?key={key.reveal()}"


@contextlib.contextmanager
def _stage(folder: Path, arguments: argparse.Namespace) -> Iterator[_Stage]:
    shop = _listen("--shop-port", arguments.shop_port)
    service = _listen("--port", arguments.port)
    os.environ["DEMO_SHOP_URL"] = address(shop)  # the cases read it, through the local runner
    secret = Secret(secrets.token_urlsafe(32))
    settings = Settings(
        port=service.getsockname()[1],
        database_url=f"sqlite:///{folder / 'demo.sqlite3'}",
        project_root=PROJECT,
        callback_secret=secret,
        data_dir=folder / "data",
    )
    app = create_app(settings)
    token = tokens.add(settings, 1, "demo")
    with hosted(create_shop(), shop), hosted(app, service):
        yield _Stage(
            shop=address(shop),
            base=address(service),
            secret=secret,
            token=token,
            platform=Platform(address(service), token.reveal()),
            links=app.state.services.links,
        )


def _listen(option: str, port: int) -> socket.socket:
    try:
        return free_socket(port)
    except OSError as error:
        raise StartupError(f"{option} {port} cannot be used: {error.strerror}") from error


def _sync(stage: _Stage) -> None:
    """The catalogue comes from pytest's own collection."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--sisyphus-sync"]
    command += [f"--sisyphus-project={_PROJECT_ID}", f"--sisyphus-url={stage.base}"]
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [*command, "-p", "no:cacheprovider"],
        cwd=PROJECT,
        env={**os.environ, "SISYPHUS_SECRET": stage.secret.reveal()},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise StartupError(f"the demo's cases cannot be collected:\n{done.stdout}{done.stderr}")
    found = stage.platform.get("/automation/case/list", projectId=_PROJECT_ID)
    _say(f"{found['total']} cases are in the catalogue\n")


def _play(stage: _Stage) -> bool:
    listed = stage.platform.get("/automation/case/list", projectId=_PROJECT_ID, pageSize=100)
    wanted = sorted(
        case["case_id"] for case in listed["list"] if case["case_id"] != _FAILS_ON_PURPOSE
    )
    plan = stage.platform.post(
        "/automation/plan/save", projectId=_PROJECT_ID, planName="演示计划", cases=wanted
    )
    _say(f"plan {plan['plan_id']} {plan['plan_name']}: {len(wanted)} cases")
    outcomes = []
    for mode, title in _MODES.items():
        started = stage.platform.post(
            "/automation/plan/run",
            planId=plan["plan_id"],
            envCode="demo",
            runMode=mode,
            remark="演示",
        )
        outcomes.append(_follow(stage, started, title)["status"] == ExecutionStatus.PASSED)
    _say("\none case that fails on purpose, run by itself:")
    failing = stage.platform.post(
        "/automation/case/run", caseId=_FAILS_ON_PURPOSE, envCode="demo", remark="演示失败"
    )
    failed = _follow(stage, failing, "single  ")
    _say(
        f"\nas it should, execution {failing['id']} failed; the two runs of the plan did "
        f"{'' if all(outcomes) else 'NOT '}succeed"
    )
    return all(outcomes) and failed["status"] == ExecutionStatus.FAILED


def _follow(stage: _Stage, execution: dict[str, Any], title: str) -> dict[str, Any]:
    """Watches an execution as a frontend would, and prints what came of it."""
    progress = Progress(title)
    deadline = time.monotonic() + _PATIENCE
    while execution["status"] not in TERMINAL and time.monotonic() < deadline:
        progress.show(execution)
        time.sleep(0.2)
        execution = stage.platform.get("/automation/execution/detail", executionId=execution["id"])
    progress.show(execution)
    progress.end()
    _report(stage, execution)
    return execution


def _report(stage: _Stage, execution: dict[str, Any]) -> None:
    cases = stage.platform.get(
        "/automation/execution/case/list", executionId=execution["id"], pageSize=100
    )["list"]
    for line in table(cases):
        _say(line)
    for case in cases:
        if case["status"] != CaseStatus.PASSED and case["error_message"]:
            _say(f"  {case['case_id']}: {case['error_message']}")
    status = ExecutionStatus(execution["status"]).name.lower()
    _say(f"  execution {execution['id']} {execution['execution_no']}: {status}")
    if execution["trigger_message"]:
        _say(f"  {execution['trigger_message']}")
    _say(f"  console {execution['console_url']}\n  report  {execution['report_url']}\n")


def _stay(stage: _Stage) -> None:
    _say(f"try:  curl -H 'Authorization: Bearer {stage.token.reveal()}' \\")
    _say(f"      '{stage.base}/it/api/automation/execution/list'")
    _say(f"the page, once within ten minutes: {stage.link()}")
    _say("Ctrl-C ends the demo")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command line
