"""A service for each test, on a database of its own; one for all tests that change nothing.

Tests marked `every_database` run on SQLite, PostgreSQL and MySQL in turn. A server's database is
made once and emptied for each test, because its tables take longer to make than a test to run.
"""

import contextlib

import pytest
from command_kit import cli  # noqa: F401 -- a fixture of many tests
from service_kit import Service, sqlite_url
from services import made_on

from orchestrator.db import schema
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution

KINDS = ["sqlite", "postgresql", "mysql"]


def pytest_generate_tests(metafunc):
    marked = metafunc.definition.get_closest_marker("every_database")
    if marked and "database_kind" in metafunc.fixturenames:
        left_out = marked.kwargs.get("but", ())
        metafunc.parametrize("database_kind", [kind for kind in KINDS if kind not in left_out])


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture(scope="session")
def servers():
    """`url_of(kind)`, made at the first call for it."""
    urls = {}
    with contextlib.ExitStack() as stack:

        def url_of(kind):
            if kind not in urls:
                urls[kind] = stack.enter_context(made_on(kind))
                database = Database(urls[kind])
                schema.upgrade(database)
                database.close()
            return urls[kind]

        yield url_of


#: what counts up begins again; the rows are deleted, because truncating twenty tables takes longer.
RESTART_SEQUENCES = """
    SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
COUNTING_TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND auto_increment > 1
"""


def emptied(url):
    database = Database(url)
    with database.writing() as connection:
        for table in reversed(Execution.metadata.sorted_tables):
            connection.execute(table.delete())
        if database.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(RESTART_SEQUENCES)
        else:
            for name in connection.exec_driver_sql(COUNTING_TABLES).scalars().all():
                connection.exec_driver_sql(f"ALTER TABLE {name} AUTO_INCREMENT = 1")
    database.close()
    return url


@pytest.fixture
def database_url(database_kind, tmp_path, servers):
    """An empty, migrated database."""
    return sqlite_url(tmp_path) if database_kind == "sqlite" else emptied(servers(database_kind))


@pytest.fixture
def service(tmp_path, database_url):
    with Service(tmp_path, database_url=database_url) as running:
        yield running


@pytest.fixture(scope="session")
def calm(tmp_path_factory):
    """With one running execution (id 1) of case 1; tests must leave it as it is."""
    with Service(tmp_path_factory.mktemp("calm")) as running:
        assert running.started(1) == 1
        yield running
