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
from orchestrator.cli.demo.show import STATUSES, Progress, table
from orchestrator.cli.parser import Commands, add_command
from orchestrator.cli.terminal import columns, say, spoken, spoken_language
from orchestrator.config.settings import Settings
from orchestrator.errors import StartupError
from orchestrator.i18n import Translatable, marked, tr
from orchestrator.routes import one_time_link
from orchestrator.secrets import Secret
from orchestrator.status import TERMINAL, CaseStatus, ExecutionStatus

PROJECT: Final = Path(__file__).parent / "project"
_PROJECT_ID: Final = 1
_FAILS_ON_PURPOSE: Final = 1006
_MODES: Final = {1: marked("serial"), 2: marked("parallel")}
_PATIENCE: Final = 120.0


def add_to(commands: Commands) -> None:
    command = add_command(commands, "demo", run, tr("the main job in one go"))
    command.add_argument(
        "--exit", action="store_true", help=spoken(tr("end when the plan has run"))
    )
    of_service, of_shop = tr("of the service; 0: any free one"), tr("of the shop; 0: any free one")
    command.add_argument("--port", type=int, default=0, help=spoken(of_service))
    command.add_argument("--shop-port", type=int, default=0, help=spoken(of_shop))


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0 when the plan succeeded in both run modes, and the case made to fail failed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="sisyphus-demo-") as folder,
        _stage(Path(folder), arguments) as stage,
    ):
        say(tr("the sample shop is at {url}", url=stage.shop))
        say(tr("the orchestrator is at {url}", url=f"{stage.base}/it/api"))
        say(tr("watch the runs, once within ten minutes: {url}", url=stage.link()))
        _sync(stage)
        succeeded = _play(stage)
        if not arguments.exit:
            say(tr("try:"))
            curl = f"curl -H 'Authorization: Bearer {stage.token.reveal()}'"
            say(f"  {curl} '{stage.base}/it/api/automation/execution/list'")
            say(tr("the page, once within ten minutes: {url}", url=stage.link()))
            say(tr("Ctrl-C ends the demo"))
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
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
        """A link to the page, signed in, that opens once."""
        key = self.links.issue(lambda: self.token)
        return f"{self.base}{one_time_link.PATH}?key={key.reveal()}"


@contextlib.contextmanager
def _stage(folder: Path, arguments: argparse.Namespace) -> Iterator[_Stage]:
    shop = _listen("--shop-port", arguments.shop_port)
    service = _listen("--port", arguments.port)
    # for every pytest: the cases read the one, and all of them speak the other
    os.environ |= {"DEMO_SHOP_URL": address(shop), "SISYPHUS_LANG": spoken_language()}
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
        raise StartupError(
            tr(
                "{option} {port} cannot be used: {reason}",
                option=option,
                port=port,
                reason=error.strerror,
            )
        ) from error


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
        raise StartupError(
            tr(
                "the demo's cases cannot be collected:\n{output}",
                output=f"{done.stdout}{done.stderr}",
            )
        )
    found = stage.platform.get("/automation/case/list", projectId=_PROJECT_ID)
    say(
        tr(
            "cases in the catalogue: {number}, one of which fails on purpose",
            number=found["total"],
        )
    )
    say("")


def _play(stage: _Stage) -> bool:
    listed = stage.platform.get("/automation/case/list", projectId=_PROJECT_ID, pageSize=100)
    wanted = sorted(
        case["case_id"] for case in listed["list"] if case["case_id"] != _FAILS_ON_PURPOSE
    )
    plan = stage.platform.post(
        "/automation/plan/save", projectId=_PROJECT_ID, planName="演示计划", cases=wanted
    )
    say(
        tr(
            "plan {id} {name}: {number} cases",
            id=plan["plan_id"],
            name=plan["plan_name"],
            number=len(wanted),
        )
    )
    outcomes = []
    for mode, title in _MODES.items():
        started = stage.platform.post(
            "/automation/plan/run",
            planId=plan["plan_id"],
            envCode="demo",
            runMode=mode,
            remark="演示",
        )
        outcomes.append(_follow(stage, started, tr(title))["status"] == ExecutionStatus.PASSED)
    say("")
    say(tr("one case that fails on purpose, run by itself:"))
    failing = stage.platform.post(
        "/automation/case/run", caseId=_FAILS_ON_PURPOSE, envCode="demo", remark="演示失败"
    )
    failed = _follow(stage, failing, tr("single"))
    say("")
    if all(outcomes):
        done = tr("the two runs of the plan succeeded")
    else:
        done = tr("the two runs of the plan did NOT both succeed")
    say(tr("as it should, execution {id} failed; {others}", id=failing["id"], others=done))
    return all(outcomes) and failed["status"] == ExecutionStatus.FAILED


def _follow(stage: _Stage, execution: dict[str, Any], title: Translatable) -> dict[str, Any]:
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
    for line in columns(table(cases)):
        say(line)
    for case in cases:
        if case["status"] != CaseStatus.PASSED and case["error_message"]:
            say(f"  {case['case_id']}: {case['error_message']}")
    say(
        tr(
            "  execution {id} {number}: {status}",
            id=execution["id"],
            number=execution["execution_no"],
            status=tr(STATUSES[ExecutionStatus(execution["status"]).name]),
        )
    )
    if execution["trigger_message"]:
        say(f"  {execution['trigger_message']}")
    say(tr("  console {url}", url=execution["console_url"]))
    say(tr("  report  {url}", url=execution["report_url"]))
    say("")
