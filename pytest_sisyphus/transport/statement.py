"""What is asked of a database, and what it answers."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

Operation = Literal["query", "execute", "executemany", "script", "read"]


@dataclasses.dataclass(frozen=True, kw_only=True)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Statement:
    operation: Operation
    sql: str
    #: a mapping for `:name`, a list for `?` or `%s`; a list of those for executemany.
    params: Any = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """Values are JSON's own."""

    rows: tuple[Mapping[str, Any], ...] = ()
    columns: tuple[str, ...] = ()
    #: of a query: its rows; else the rows that changed.
    row_count: int = 0
    #: of the last insert, where the database says it.
    last_row_id: int | None = None
