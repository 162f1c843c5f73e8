"""The README's first command, as far as it can be run from an environment that is there."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from idle_plugins import NO_IDLE_PLUGINS

pytestmark = pytest.mark.slow

COMMAND = Path(sys.executable).with_name("sisyphus-orchestrator")


def test_the_demo_runs_its_plan_in_both_modes_and_ends_all_in_one_language():
    done = subprocess.run(
        [COMMAND, "demo", "--exit", "--lang", "zh"],
        env={**os.environ, "PYTEST_ADDOPTS": NO_IDLE_PLUGINS},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "串行" in done.stdout
    assert "并行" in done.stdout
    assert done.stdout.count("通过") >= 2 * 7
    assert "1006: 期望 72，实际为 73" in done.stdout


@pytest.mark.parametrize("option", ["--port", "--shop-port"])
def test_a_port_that_is_taken_is_named_with_its_option(option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [COMMAND, "demo", "--exit", option, port], capture_output=True, text=True, check=False
        )

    assert done.returncode == 2
    assert f"{option} {port} cannot be used: " in done.stderr
