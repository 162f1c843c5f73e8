"""Databases as earlier versions left them: at any revision, with rows in every table."""

import datetime as dt

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from orchestrator.db.migrations import __path__ as scripts
from orchestrator.db.models import Execution

VERSIONS = "alembic_version"
#: whatever a migration tells apart: one row is open, the other is over.
STATUSES = (3, 4)
MOMENT = dt.datetime(2025, 9, 20, 10, 0, 0, 123000)  # noqa: DTZ001 -- as the tables have it


def revisions():
    """Oldest first."""
    found = ScriptDirectory(scripts[0]).walk_revisions()
    return [script.revision for script in found][::-1]


def migrated_to(database, revision):
    config = Config()
    config.set_main_option("script_location", scripts[0].replace("%", "%%"))
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def filled(database):
    """Two rows in each table that the database has; the tables."""
    tables = sa.MetaData()
    with database.writing() as connection:
        tables.reflect(connection)
        tables.remove(tables.tables[VERSIONS])
        for table in tables.sorted_tables:
            for number, status in enumerate(STATUSES, start=1):
                row = {column.name: _value(column, number) for column in table.columns}
                connection.execute(table.insert().values(_stated(row, status)))
    return tables.sorted_tables


def rows_of(database, tables):
    """Everything in these columns; a server may have JSON as text."""
    with database.reading() as session:
        return {
            table.name: [dict(row._mapping) for row in session.execute(_all(table))]
            for table in tables
        }


def _all(table):
    return sa.select(table).order_by(table.c.id)


def _stated(row, status):
    return row | {"status": status} if "status" in row else row


def _value(column, number):
    """One that its type, its length and the other tables allow; numbers meet their key."""
    if isinstance(column.type, sa.JSON):
        return {"n": number}
    if _is_json(column):  # MariaDB: a text that must be JSON
        return f'{{"n": {number}}}'
    for kinds, value in _VALUES:
        if isinstance(column.type, kinds):
            return value(column, number)
    raise AssertionError(f"no value for {column.table.name}.{column.name} {column.type!r}")


def _is_json(column):
    table = Execution.metadata.tables.get(column.table.name)
    known = None if table is None else table.c.get(column.name)
    return known is not None and isinstance(known.type, sa.JSON)


_VALUES = (
    (sa.Boolean, lambda _, number: number == 1),
    (sa.Integer, lambda _, number: number),
    (sa.DateTime, lambda _, number: MOMENT + dt.timedelta(days=number)),
    (sa.Double | sa.Float, lambda _, number: number + 0.5),
    (sa.String, lambda column, number: f"{number} 行 {column.name}"[: column.type.length]),
)
