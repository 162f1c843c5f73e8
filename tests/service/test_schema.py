"""Migrations: the tables they make, and the databases they find."""

import threading

import pytest
from services import made_on
from sqlalchemy import inspect, text

from orchestrator import schema
from orchestrator.database import Database
from orchestrator.errors import StartupError
from orchestrator.migrations.versions import r0001_first
from orchestrator.models import Execution

pytestmark = pytest.mark.every_database


@pytest.fixture
def empty_url(database_kind, tmp_path):
    """A database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/x.sqlite3"
        return
    with made_on(database_kind) as url:
        yield url


@pytest.fixture
def empty(empty_url):
    database = Database(empty_url)
    yield database
    database.close()


def at_first_revision(database, *, unversioned):
    """A database as the first schema had it, with an execution in it."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with database.writing() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            r0001_first.upgrade()
        if not unversioned:
            connection.exec_driver_sql(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
            )
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
        columns = [c for c in inspect(connection).get_columns("execution") if not c["nullable"]]
        values = {c["name"]: "1" if "time" not in c["name"] else "2025-09-20" for c in columns}
        values |= {"ext": "{}", "start_fields": "[]", "status": "4"}
        connection.exec_driver_sql(
            f"INSERT INTO execution ({', '.join(values)}) "
            f"VALUES ({', '.join(repr(value) for value in values.values())})"
        )


def test_the_migrations_make_exactly_the_tables_of_the_models(empty):
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()
    assert schema.differences(empty) == []


@pytest.mark.parametrize("unversioned", [True, False])
def test_a_database_of_the_first_schema_is_migrated_with_what_it_holds(empty, unversioned):
    at_first_revision(empty, unversioned=unversioned)
    assert schema.differences(empty)

    schema.upgrade(empty)

    assert schema.differences(empty) == []
    with empty.reading() as session:
        [row] = session.execute(text("SELECT execution_no, closed_time FROM execution"))
    assert row[0] == "1"
    assert row[1] is not None


def test_a_migrated_database_is_left_alone(empty):
    schema.upgrade(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()


def test_a_database_of_a_newer_program_is_refused(empty):
    schema.upgrade(empty)
    with empty.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartupError, match="schema '9999', which this version does not know"):
        schema.upgrade(empty)


def test_processes_that_start_together_migrate_once(empty_url):
    done = []
    barrier = threading.Barrier(4)

    def start():
        database = Database(empty_url)
        barrier.wait()
        schema.upgrade(database)
        done.append(schema.current(database))
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database(empty_url)
    assert done == [schema.newest()] * 4
    assert set(Execution.metadata.tables) < set(inspect(database.engine).get_table_names())
    database.close()
