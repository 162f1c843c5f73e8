"""The schema's version: looked at, and brought up to date at start or by `db upgrade`.

Alembic is imported where something is migrated: its import is a sixth of a start.
"""

import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.db.engine import Database, reason, shown_url
from orchestrator.db.models import Execution
from orchestrator.errors import StartupError, Unavailable
from orchestrator.i18n import marked, tr

log = logging.getLogger("sisyphus.schema")

_SCRIPTS: Final = Path(__file__).parent / "migrations"
#: tables that every database of ours has, however old.
_FIRST_TABLES: Final = frozenset({"execution", "execution_case", "catalog_case", "plan"})
#: how Alembic calls what comes with its table, and what that is called in SQL.
_WITH_A_TABLE: Final = ("add_index", "add_constraint", "add_fk")
_KINDS: Final = {
    "index": marked("index {name} of {table}"),
    "fk": marked("foreign key {name} of {table}"),
    "constraint": marked("unique constraint {name} of {table}"),
}
#: of a database that has these, but from before there were migrations.
_UNVERSIONED: Final = tr("no version")


@cache
def _revisions() -> list[str]:
    """All that this program knows, oldest first: as the migrations' files are numbered."""
    return sorted(path.name[1:5] for path in (_SCRIPTS / "versions").glob("r*.py"))


def newest() -> str:
    """The revision that this program works with."""
    return _revisions()[-1]


def current(database: Database) -> str:
    """The revision that the database has; empty when it has none."""
    with database.reading() as session:
        return _current(session.connection())


def upgrade(database: Database) -> str | None:
    """Create or migrate; a second process that starts meanwhile waits. `StartupError` if not.

    The revision from before, empty for a new database; None where nothing was to do.
    """
    try:
        before = current(database)
        if before == newest():
            return None
        with database.migrating() as connection:
            before = _current(connection)
            if before == newest():  # another process was quicker
                return None
            if not before and inspect(connection).has_table("execution"):
                before = _UNVERSIONED
            _upgrade(connection)
        if before:
            log.info("%s is migrated from %s to %s", database, before, newest())
    except (SQLAlchemyError, Unavailable) as error:
        raise StartupError(
            tr(
                "cannot open the database {database}: {reason}",
                database=database,
                reason=reason(error),
            )
        ) from error
    return before


def upgrade_existing(database: Database) -> None:
    """As `upgrade`, but a mistyped address makes no new database."""
    if missing := absence(database):
        raise StartupError(missing)
    upgrade(database)


def absence(database: Database) -> str:
    """Why this is no database of ours; empty when it is one, however old."""
    if not database.is_there:
        there = shown_url(database.url)
        return tr(
            "no database at {database}: name the one of the service with --database-url, or start "
            "in its folder; `serve` or `db upgrade` makes a new one",
            database=there,
        )
    try:
        with database.reading() as session:
            names = set(inspect(session.connection()).get_table_names())
    except (SQLAlchemyError, Unavailable) as error:
        return tr("{database} does not answer: {reason}", database=database, reason=reason(error))
    if names >= _FIRST_TABLES:
        return ""
    return tr("{database} has no tables yet; `serve` or `db upgrade` makes them", database=database)


def unwritable(database: Database) -> str:
    """Why nothing can be written, asked by a write that changes nothing; empty when it can be."""
    try:
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
    except (SQLAlchemyError, Unavailable) as error:
        return tr("{database} cannot be written: {reason}", database=database, reason=reason(error))
    return ""


def unlike(database: Database, revision: str) -> str:
    """What to do about a schema that is not the newest; empty when it is."""
    if revision == newest():
        return ""
    if revision and revision not in _revisions():
        return _too_new(revision)
    return tr(
        "{database} has the schema {schema}, wanted {wanted}; `serve` or `db upgrade` migrates it",
        database=database,
        schema=revision or tr("of no version"),
        wanted=newest(),
    )


def _too_new(revision: str) -> str:
    return tr(
        "the database has the schema {revision!r}, which this version does not know; use "
        "the version that made it, or a newer one",
        revision=revision,
    )


def differences(database: Database) -> list[str]:
    """What the tables have otherwise than the program; empty when they are equal."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with database.reading() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "target_metadata": Execution.metadata}
        )
        found = compare_metadata(context, Execution.metadata)
    return [_difference(one) for one in _changes(found)]


def _changes(found: Iterable[Any]) -> list[Any]:
    """Alembic's changes that would make the tables ours, in one list: those of a column are lists
    of their own. A missing table says enough of its indexes."""
    flat = [one for part in found for one in (part if isinstance(part, list) else [part])]
    missing = {one[1].name for one in flat if one[0] == "add_table"}
    return [
        one
        for one in flat
        if not (one[0] in _WITH_A_TABLE and getattr(one[1].table, "name", None) in missing)
    ]


def _difference(change: Any) -> str:
    """In words: what Alembic would add is missing, what it would remove nobody asked for."""
    verb, _, kind = change[0].partition("_")
    if verb == "modify":
        _, _, table, column, _, there, wanted = change
        return tr(
            "different: column {name}: {what} is {there}, wanted {wanted}",
            name=f"{table}.{column}",
            what=kind,
            there=there,
            wanted=wanted,
        )
    if kind == "column":
        name = tr("column {name}", name=f"{change[2]}.{change[3].name}")
    elif kind == "table":
        name = tr("table {name}", name=change[1].name)
    elif kind not in _KINDS:  # such as a table's comment
        return f"{change[0]}: {change[1]}"
    else:
        one = change[1]
        name = tr(_KINDS[kind], name=one.name or _columns(one), table=one.table.name)
    return (
        tr("missing: {name}", name=name) if verb == "add" else tr("unexpected: {name}", name=name)
    )


def _columns(constraint: Any) -> str:
    return f"({', '.join(column.name for column in constraint.columns)})"


def _current(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    revision = _current(connection)
    if revision and revision not in _revisions():
        raise StartupError(_too_new(revision))
    command.upgrade(config, "head")
