"""What a commit means, in a process of its own: the tests' own databases wait for no disk."""

import subprocess
import sys

import pytest

COMMIT = """
import sys
from orchestrator.db.engine import Database

database = Database(sys.argv[1])
with database.writing() as connection:
    print(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())
"""


@pytest.mark.slow
def test_a_commit_of_sqlite_is_on_the_disk(tmp_path):
    command = [sys.executable, "-c", COMMIT, f"sqlite:///{tmp_path}/service.sqlite3"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "2\n"  # FULL
