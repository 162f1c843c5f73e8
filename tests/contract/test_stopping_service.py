"""A service that is stopped ends its tests in order: their last words are still taken. Its queue
stays."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests

from orchestrator.cli.tokens import add
from orchestrator.config.settings import Settings
from orchestrator.secrets import Secret

pytestmark = pytest.mark.slow

TEST = """
import pathlib, pytest, time
@pytest.fixture
def clean():
    yield
    pathlib.Path("cleaned").touch()
@pytest.mark.sisyphus(case_id=1)
def test_quick(): pass
@pytest.mark.sisyphus(case_id=2)
def test_long(clean):
    pathlib.Path("begun").touch()
    time.sleep(60)
"""


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_service_takes_the_last_results(tmp_path, signal_number):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(TEST)
    url = f"sqlite:///{tmp_path / 'service.sqlite3'}"
    environ = {**os.environ, "SISYPHUS_CALLBACK_SECRET": "shared-secret"}
    service = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "orchestrator",
            "serve",
            "--port=0",
            f"--database-url={url}",
            f"--project-root={tmp_path}",
        ],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = next(line for line in service.stdout if "listening on" in line)
        api = line.split()[-1] + "/automation"
        settings = Settings(database_url=url, runner="external")
        headers = {"token": add(settings, 8, "t").reveal()}
        cases = [
            {"caseId": n, "pytestNodeid": f"test_it.py::{name}"}
            for n, name in ((1, "test_quick"), (2, "test_long"))
        ]
        requests.post(
            f"{api}/case/sync",
            json={"projectId": 3, "cases": cases},
            timeout=10,
            headers={"X-CALLBACK-SECRET": Secret("shared-secret").reveal()},
        )
        plan = requests.post(
            f"{api}/plan/save",
            headers=headers,
            timeout=10,
            json={"projectId": 3, "planName": "p", "cases": [1, 2]},
        ).json()
        started = requests.post(
            f"{api}/plan/run",
            headers=headers,
            timeout=10,
            json={"planId": plan["data"]["plan_id"], "envCode": "st"},
        ).json()["data"]
        queued = requests.post(
            f"{api}/case/run", headers=headers, timeout=10, json={"caseId": 1, "envCode": "st"}
        ).json()["data"]
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        drain = threading.Thread(target=service.stdout.read)
        drain.start()
        service.send_signal(signal_number)
        service.wait(timeout=60)
        drain.join()
    finally:
        service.kill()
        service.wait()
        service.stdout.close()

    assert (tmp_path / "cleaned").exists()
    assert statuses(url, started["id"]) == (6, {1: 2, 2: 7})
    assert statuses(url, queued["id"])[0] == 2  # for the next process


def statuses(url, execution_id):
    import sqlalchemy as sa

    engine = sa.create_engine(url)
    with engine.connect() as connection:
        execution = connection.execute(
            sa.text("SELECT status FROM execution WHERE id = :id"), {"id": execution_id}
        ).scalar_one()
        rows = connection.execute(
            sa.text("SELECT case_id, status FROM execution_case WHERE execution_id = :id"),
            {"id": execution_id},
        )
        cases = {row.case_id: row.status for row in rows}
    engine.dispose()
    return execution, cases
