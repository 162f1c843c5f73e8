"""Two real service processes on one server: executions report to both in turn."""

import subprocess
import sys
from pathlib import Path

import psycopg  # noqa: F401 -- before pytester's inner runs: it cannot be imported twice
import pytest
from services import mysql_url, postgresql_url  # noqa: F401 -- fixtures

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "concurrent_executions.py"


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_executions_that_report_to_two_processes_all_end_right(request, kind):
    url = request.getfixturevalue(f"{kind}_url")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--database-url", url, "--executions", "16", "--cases", "4"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 executions of 4 cases, 2 processes, 0 wrong" in done.stdout
