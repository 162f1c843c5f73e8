"""Statements for databases, and their results."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pytest_sisyphus.values.record import record

Operation = Literal["query", "execute", "executemany", "script", "read"]


@record
class Database:
    """Where to connect."""

    backend: Literal["sqlite", "postgresql", "mysql"]
    #: a SQLAlchemy URL; else the parts below count.
    url: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    #: the database on the server, or an SQLite file.
    name: str | None = None
    #: relative SQLite files lie in it.
    folder: Path


@record
class Statement:
    operation: Operation
    sql: str
    #: a mapping for `:name`, a list for `?` or `%s`; a list of those for executemany.
    params: Any = None


@record
class QueryResult:
    """The result of a statement. Values have JSON's types."""

    rows: tuple[Mapping[str, Any], ...] = ()
    columns: tuple[str, ...] = ()
    #: of a query: its rows; else the rows that changed.
    row_count: int = 0
    #: of the last insert, where the database says it.
    last_row_id: int | None = None
