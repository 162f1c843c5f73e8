"""What the service writes is its user's only, whatever the umask says."""

import os
import stat
from pathlib import Path

import pytest
from service_kit import sqlite_url, until
from sqlalchemy import text

from orchestrator.db import schema
from orchestrator.db.engine import Database, opened
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.local import LocalRunner, LocalSettings
from orchestrator.runners.protocol import Job
from orchestrator.secrets import Secret


@pytest.fixture(autouse=True)
def _open_to_all():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def written(database):
    with database.writing() as connection:
        connection.execute(text("DELETE FROM static_token"))


def modes(folder):
    return {path.name: oct(mode(path)) for path in folder.iterdir()}


@pytest.mark.parametrize("existing", [False, True])
def test_a_database_and_the_files_beside_it_are_private(tmp_path, existing):
    url = f"sqlite:///{tmp_path}/x.sqlite3"
    if existing:
        url = sqlite_url(tmp_path)
        (tmp_path / "service.sqlite3").chmod(0o644)
    with opened(url) as database:
        schema.upgrade(database)
        written(database)
        found = modes(tmp_path)

    assert len(found) == 3
    assert set(found.values()) == {"0o600"}


def locks_on(path):
    """This process's POSIX locks on the file, as Linux lists them."""
    ending = f":{path.stat().st_ino}"
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return sum(
        row[4] == str(os.getpid()) and row[5].endswith(ending) for row in rows if len(row) > 5
    )


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux lists its locks")
def test_a_further_connection_leaves_sqlite_its_locks(tmp_path):
    """Whoever closes the file, however opened, gives up all locks of the process on it."""
    path = tmp_path / "x.sqlite3"
    with opened(f"sqlite:///{path}") as database:
        schema.upgrade(database)
        with database.engine.connect() as first:
            first.execute(text("SELECT count(*) FROM static_token"))
            assert locks_on(path)
            with database.engine.connect() as second:
                second.execute(text("SELECT 1"))
                assert locks_on(path)


def test_looking_for_a_database_makes_none(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/x.sqlite3")
    assert not database.is_there
    database.close()
    assert modes(tmp_path) == {}


def test_consoles_reports_and_their_folders_are_private(tmp_path):
    artifacts = Artifacts(tmp_path / "a" / "data")
    (tmp_path / "write.py").write_text(
        "import sys; open(sys.argv[-1].partition(':')[2], 'w').write('x'); print('hello')"
    )
    settings = LocalSettings(
        project_root=tmp_path,
        artifacts=artifacts,
        command=(os.sys.executable, str(tmp_path / "write.py")),
    )
    runner = LocalRunner(settings)
    gone = []
    runner.start(lambda number, reason: gone.append(number))
    runner.trigger(
        Job(
            execution_id=7,
            execution_no="AE",
            trigger_type=1,
            env_code="st",
            run_mode=1,
            job_name=None,
            callback_token=Secret("t"),
            base_url="http://127.0.0.1:1",
            console_url="",
            report_url="",
        )
    )
    until(lambda: gone)
    runner.close()

    folder = artifacts.folder(7)
    assert modes(folder) == {"console.log": "0o600", "report.html": "0o600"}
    folders = [folder, *list(folder.parents)[:3]]
    assert [oct(mode(one)) for one in folders] == ["0o700"] * 4
