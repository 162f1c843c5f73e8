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
from orchestrator.db.engine import opened
from orchestrator.db.models import Execution
from orchestrator.i18n import CHINESE, Translatable, in_language
from orchestrator.i18n.english import catalogue
from orchestrator.routes import envelope

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
    """`database_on(kind)`, made and migrated at the first call for it."""
    databases = {}
    with contextlib.ExitStack() as stack:

        def database_on(kind):
            if kind not in databases:
                url = stack.enter_context(made_on(kind))
                databases[kind] = stack.enter_context(opened(url))
                schema.upgrade(databases[kind])
            return databases[kind]

        yield database_on


#: what counts up begins again; the rows are deleted, because truncating twenty tables takes longer.
RESTART_SEQUENCES = """
    SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
COUNTING_TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND auto_increment > 1
"""


def emptied(database):
    with database.writing() as connection:
        for table in reversed(Execution.metadata.sorted_tables):
            connection.execute(table.delete())
        if database.engine.dialect.name == "postgresql":
            connection.exec_driver_sql(RESTART_SEQUENCES)
        else:
            for name in connection.exec_driver_sql(COUNTING_TABLES).scalars().all():
                reset = f"ALTER TABLE {name} AUTO_INCREMENT = 1"
                if database.engine.dialect.is_mariadb:  # a busy disk may need longer than a case
                    reset = f"SET STATEMENT max_statement_time = 0 FOR {reset}"
                connection.exec_driver_sql(reset)
    return database.url


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


@pytest.fixture(scope="session")
def without_english():
    """What the service said in the test and could not have said in English."""
    found = []

    def noted(answer, language):
        inside = isinstance(answer, dict)
        said = [answer["msg"], *_sentences(answer["data"])] if inside else [answer]
        found.extend(_chinese_of(said))
        return in_language(answer, language)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "in_language", noted)
        yield found


@pytest.fixture(autouse=True)
def _all_answers_have_their_english(without_english):
    without_english.clear()
    yield
    assert without_english == []


def _sentences(data):
    """The service's own, of an answer's data."""
    if not isinstance(data, dict):
        return []
    listed = [*data.get("rejected", ()), *data.get("warnings", ())]
    return [one["reason"] if isinstance(one, dict) else one for one in listed]


def _chinese_of(texts):
    for text in texts:
        template = getattr(text, "template", text)
        if CHINESE.search(template) and template not in catalogue():
            yield text
        if isinstance(text, Translatable):
            yield from _chinese_of(
                one for one in text.values.values() if isinstance(one, Translatable)
            )
