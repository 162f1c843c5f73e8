"""Steps of a migration that bear being done again: MySQL keeps what a broken migration had done.

PostgreSQL and SQLite undo it; there, too, a step that finds its work done leaves it alone.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op


def create_table(name: str, *parts: Any, **options: Any) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *parts, **options)


def add_column(table: str, column: sa.Column[Any]) -> None:
    there = {one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in there:
        op.add_column(table, column)


def create_index(name: str, table: str, columns: Sequence[str]) -> None:
    if name not in _indexes(table):
        op.create_index(name, table, columns)


def drop_index(name: str, *, table_name: str) -> None:
    if name in _indexes(table_name):
        op.drop_index(name, table_name=table_name)


def _indexes(table: str) -> set[str | None]:
    return {one["name"] for one in sa.inspect(op.get_bind()).get_indexes(table)}
