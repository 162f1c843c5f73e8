"""The schema's version: looked at, and brought up to date at start or by `db upgrade`."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.db.engine import Database, reason
from orchestrator.db.models import Execution
from orchestrator.errors import StartupError, Unavailable

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: tables that every database of ours has, however old.
_FIRST_TABLES: Final = frozenset({"execution", "execution_case", "catalog_case", "plan"})


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_SCRIPTS))


def newest() -> str:
    """The revision that this program works with."""
    return _scripts().get_current_head() or ""


def current(database: Database) -> str:
    """The revision that the database has; empty when it has none."""
    with database.reading() as session:
        return _current(session.connection())


def upgrade(database: Database) -> None:
    """Create or migrate; a second process that starts meanwhile waits. `StartupError` if not."""
    try:
        if current(database) == newest():
            return
        with database.migrating() as connection:
            _upgrade(connection)
    except (SQLAlchemyError, Unavailable) as error:
        raise StartupError(f"cannot open the database {database}: {reason(error)}") from error


def upgrade_existing(database: Database) -> None:
    """As `upgrade`, but a mistyped address makes no new database."""
    if missing := absence(database):
        raise StartupError(missing)
    upgrade(database)


def absence(database: Database) -> str:
    """Why this is no database of ours; empty when it is one, however old."""
    if not database.is_there:
        return f"no database at {database}; sisyphus-orchestrator db upgrade makes one"
    try:
        with database.reading() as session:
            names = set(inspect(session.connection()).get_table_names())
    except (SQLAlchemyError, Unavailable) as error:
        return f"{database} does not answer: {reason(error)}"
    if names >= _FIRST_TABLES:
        return ""
    return f"{database} has no tables yet; run sisyphus-orchestrator db upgrade"


def differences(database: Database) -> list[str]:
    """What the tables have otherwise than the program; empty when they are equal."""
    with database.reading() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "target_metadata": Execution.metadata}
        )
        return [str(one) for one in compare_metadata(context, Execution.metadata)]


def _current(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    revision = _current(connection)
    if revision and revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise StartupError(
            f"the database has the schema {revision!r}, which this version does not know; "
            "use the version that made it, or a newer one"
        )
    command.upgrade(config, "head")
