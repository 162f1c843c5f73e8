"""The databases of one case: one connection for each alias, opened when it is first asked for."""

import importlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_sisyphus.errors import ConfigError, TemplateError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location, plain
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.template.scope import Scope

if TYPE_CHECKING:
    from pytest_sisyphus.spec.database import DatabaseSettings
    from pytest_sisyphus.sql.connection import Connection
    from pytest_sisyphus.sql.statement import Database, QueryResult, Statement

_MAY_CREATE: Final = frozenset({"execute", "executemany", "script"})


class Databases:
    """Connections by alias, or by settings that a step brings itself; closed with the case."""

    def __init__(
        self,
        *,
        aliases: "Mapping[str, DatabaseSettings]",
        folder: Callable[[Location], Path],
        query_limit: Limit,
    ) -> None:
        """`aliases` as they are written; `folder`: of relative SQLite files, by where their
        settings stand."""
        self._aliases = aliases
        self._folder = folder
        self._bound: tuple[Scope, ValidationContext] | None = None
        #: of `query`.
        self.query_limit = query_limit
        self._open: dict[tuple[Any, ...], Connection] = {}
        self._lock = threading.Lock()
        self._closed = False
        #: passwords that were used: no output may show them.
        self.secrets: set[str] = set()

    def bind(self, scope: Scope, reading: ValidationContext) -> None:
        """The scope that the aliases' settings are rendered with. Before it, none can be found."""
        self._bound = scope, reading

    def find(self, named: "str | DatabaseSettings") -> "Database":
        """By an alias, or by rendered settings. Raises ConfigError, TemplateError."""
        if isinstance(named, Model):
            return _database(named, self._folder(named.location))
        if named not in self._aliases:
            raise ConfigError(
                tr(
                    "no database {name!r} in config.databases{near}",
                    name=named,
                    near=near(named, self._aliases),
                )
            )
        assert self._bound is not None  # noqa: S101 - see CaseContext.create
        settings = self._aliases[named]
        return _database(settings.rendered(*self._bound), self._folder(settings.location))

    def run(self, database: "Database", statement: "Statement", limit: Limit) -> "QueryResult":
        """Raises ConfigError, DatabaseFailed, TimedOut."""
        connection = self._connection(database, statement, limit)
        try:
            return connection.run(statement, limit)
        finally:
            if connection.lost:
                with self._lock:
                    kept = {key: one for key, one in self._open.items() if one is not connection}
                    self._open = kept
                connection.close()

    def query(self, sql: str, *params: Any, alias: str = "default") -> Any:
        """`db_query`: the rows, or the one value of one row with one column."""
        if self._closed:
            raise TemplateError(tr("db_query() is called after the case's end"))
        if not isinstance(sql, str):
            raise TemplateError(tr("db_query() takes SQL as text, not {sql!r}", sql=sql))
        from pytest_sisyphus.sql.statement import Statement  # noqa: PLC0415 - only with a query

        values = params[0] if len(params) == 1 and isinstance(params[0], Mapping) else params
        statement = Statement(operation="read", sql=sql, params=plain(values) if params else None)
        result = self.run(self.find(alias), statement, self.query_limit)
        if len(result.rows) == 1 and len(result.columns) == 1:
            return result.rows[0][result.columns[0]]
        return [dict(row) for row in result.rows]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connections, self._open = list(self._open.values()), {}
        for connection in connections:
            connection.close()

    def _connection(
        self, database: "Database", statement: "Statement", limit: Limit
    ) -> "Connection":
        """Reading on a server has a connection of its own: it never touches a transaction that
        the case has open."""
        is_separate = statement.operation == "read" and database.backend != "sqlite"
        key = (database, is_separate)
        with self._lock:
            if key not in self._open:
                self._open[key] = made = _sql_module().Connection(
                    database, limit, may_create=statement.operation in _MAY_CREATE
                )
                self.secrets.update(made.secrets)
            return self._open[key]


def _database(settings: "DatabaseSettings", folder: Path) -> "Database":
    from pytest_sisyphus.sql.statement import Database  # noqa: PLC0415 - only with a database

    return Database(
        backend=settings.backend,
        url=settings.url,
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password,
        name=settings.path or settings.database,
        folder=folder,
    )


def _sql_module() -> Any:
    try:
        # SQLAlchemy is an extra, and slow to import.
        return importlib.import_module("pytest_sisyphus.sql.connection")
    except ImportError as error:
        raise ConfigError(
            tr("databases need {name}, which is not installed", name=error.name),
            suggestion="pip install 'pytest-sisyphus[database]'",
        ) from error
