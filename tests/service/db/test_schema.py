"""Migrations: the tables they make, and the databases they find."""

import subprocess
import sys
import threading

import pytest
from schema_kit import filled, migrated_to, revisions, rows_of
from service_kit import sqlite_url
from services import made_on
from sqlalchemy import Engine, event, inspect, select

from orchestrator.db import schema
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution
from orchestrator.errors import StartupError

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


def test_the_migrations_make_exactly_the_tables_of_the_models(empty):
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()
    assert schema.differences(empty) == []


def test_what_the_tables_have_otherwise_is_said_in_words(empty):
    schema.upgrade(empty)
    with empty.migrating() as connection:
        for statement in (
            "DROP TABLE idempotency_key",
            "CREATE TABLE notes (id INTEGER PRIMARY KEY)",
            "ALTER TABLE plan ADD COLUMN colour VARCHAR(20)",
            "ALTER TABLE static_token DROP COLUMN permissions",
            "CREATE INDEX ix_mine ON plan (plan_name)",
        ):
            connection.exec_driver_sql(statement)
    assert sorted(schema.differences(empty)) == [
        "missing: column static_token.permissions",
        "missing: table idempotency_key",
        "unexpected: column plan.colour",
        "unexpected: index ix_mine of plan",
        "unexpected: table notes",
    ]
    said = {one.said_in("zh") for one in schema.differences(empty)}
    assert {"缺少：列 static_token.permissions", "多余：plan 的索引 ix_mine"} <= said


def test_a_comment_on_a_table_is_a_difference_that_can_be_said():
    comment = ("remove_table_comment", Execution.metadata.tables["plan"])
    assert schema._difference(comment) == "remove_table_comment: plan"


def test_a_column_of_another_type_is_said_with_what_is_wanted(empty):
    schema.upgrade(empty)
    with empty.migrating() as connection:
        connection.exec_driver_sql("ALTER TABLE static_token DROP COLUMN permissions")
        connection.exec_driver_sql("ALTER TABLE static_token ADD COLUMN permissions INTEGER")
    [said] = schema.differences(empty)
    there = "different: column static_token.permissions: type is INTEGER"
    assert said.startswith(there)
    assert said.partition(", wanted ")[2].startswith("VARCHAR(")


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_revision_is_migrated_with_all_that_it_holds(empty, revision):
    migrated_to(empty, revision)
    tables = filled(empty)
    before = rows_of(empty, tables)
    assert all(len(rows) == 2 for rows in before.values())

    schema.upgrade(empty)

    assert (schema.current(empty), schema.differences(empty)) == (schema.newest(), [])
    assert rows_of(empty, tables) == before
    with empty.reading() as session:
        for mapper in Execution._sa_registry.mappers:  # the program reads what is there now
            rows = session.execute(select(mapper.class_)).scalars().all()
            assert len(rows) == (2 if mapper.local_table.name in before else 0)
        ended = {one.id: one.closed_time for one in session.execute(select(Execution)).scalars()}
    assert ended[2] is not None


def test_late_results_are_counted_of_what_has_not_ended_yet(empty):
    migrated_to(empty, "0009")
    filled(empty)
    with empty.writing() as connection:
        connection.exec_driver_sql("UPDATE execution SET status = 3 WHERE id = 1")
        connection.exec_driver_sql("UPDATE execution SET status = 8 WHERE id = 2")

    schema.upgrade(empty)

    with empty.reading() as session:
        late = {one.id: one.late_count for one in session.execute(select(Execution)).scalars()}
    assert late == {1: 0, 2: None}


def test_a_database_that_no_migration_made_is_migrated(empty):
    migrated_to(empty, "0001")
    tables = filled(empty)
    before = rows_of(empty, tables)
    with empty.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")

    schema.upgrade(empty)

    assert (schema.current(empty), schema.differences(empty)) == (schema.newest(), [])
    assert rows_of(empty, tables) == before


@pytest.mark.parametrize("revision", ["", "0001", "0005"])
def test_a_migration_that_broke_off_is_taken_up_again(empty, revision):
    """MySQL keeps the changes of tables that were made before; others undo them."""
    before, tables = {}, []
    if revision:
        migrated_to(empty, revision)
        tables = filled(empty)
        before = rows_of(empty, tables)
    made = 0
    for done in (1, 4, 9):  # of all changes; it breaks off once more each time
        left = [done - made]

        def breaking(_connection, _cursor, statement, *_rest, left=left):
            if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP")):
                left[0] -= 1
                if left[0] < 0:
                    raise OSError("killed")

        event.listen(Engine, "before_cursor_execute", breaking)
        try:
            with pytest.raises(OSError, match="killed"):
                schema.upgrade(empty)
        finally:
            event.remove(Engine, "before_cursor_execute", breaking)
        if empty.engine.dialect.name == "mysql":
            made = done

    schema.upgrade(empty)

    assert (schema.current(empty), schema.differences(empty)) == (schema.newest(), [])
    assert rows_of(empty, tables) == before


def test_a_migrated_database_is_left_alone(empty):
    schema.upgrade(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()


def test_files_are_numbered_by_their_revisions():
    assert schema._revisions() == revisions()


def test_who_has_nothing_to_migrate_loads_no_alembic(tmp_path):
    code = (
        "import sys; from orchestrator import Settings, create_app; "
        "create_app(Settings(database_url=sys.argv[1])); print({'alembic'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", code, sqlite_url(tmp_path)]
    made = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
    )
    assert (made.stdout, made.returncode) == ("set()\n", 0), made.stderr


def test_a_database_of_a_newer_program_is_refused(empty):
    schema.upgrade(empty)
    with empty.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartupError, match="schema '9999', which this version does not know"):
        schema.upgrade(empty)


def test_who_looked_before_another_migrated_has_migrated_nothing(empty, monkeypatch):
    look = schema.current

    def looked(database):
        before = look(database)
        monkeypatch.setattr(schema, "current", look)
        assert schema.upgrade(database) == ""  # the other one
        return before

    monkeypatch.setattr(schema, "current", looked)
    assert schema.upgrade(empty) is None


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
