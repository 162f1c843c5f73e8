"""The databases of one case: one connection for each alias, opened when it is first asked for."""

import importlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..dialect.database import DatabaseSettings
from ..errors import ConfigError, TemplateError
from ..located import plain
from ..registry import near
from ..transport.http import Limit
from ..transport.statement import Answer, Database, Statement

if TYPE_CHECKING:
    from ..transport.sql import Connection

_MAY_CREATE: Final = frozenset({"execute", "executemany", "script"})


class Databases:
    """Connections by alias, or by settings that a step brings itself; closed with the case."""

    def __init__(
        self,
        *,
        aliases: Mapping[str, DatabaseSettings],
        render: Callable[[DatabaseSettings], DatabaseSettings],
        folder: Callable[[], Path],
        limit: Callable[[], Limit],
    ) -> None:
        """`aliases` as they are written; `render` raises TemplateError, ConfigError."""
        self._aliases = aliases
        self._render = render
        self._folder = folder
        self._limit = limit
        self._open: dict[tuple[Any, ...], Connection] = {}
        self._lock = threading.Lock()
        self._closed = False
        #: passwords that were used: no output may show them.
        self.secrets: set[str] = set()

    def find(self, named: str | DatabaseSettings) -> Database:
        """By an alias, or by rendered settings. Raises ConfigError."""
        if isinstance(named, DatabaseSettings):
            return _database(named, self._folder())
        if named not in self._aliases:
            raise ConfigError(
                f"no database {named!r} in config.databases{near(named, self._aliases)}"
            )
        return _database(self._render(self._aliases[named]), self._folder())

    def run(self, database: Database, statement: Statement, limit: Limit) -> Answer:
        """Raises ConfigError, DatabaseFailed, TimedOut."""
        connection = self._connection(database, statement, limit)
        try:
            return connection.run(statement, limit)
        finally:
            if connection.lost:
                self._drop(connection)

    def query(self, sql: str, *params: Any, alias: str = "default") -> Any:
        """`db_query`: the rows, or the one value of one row with one column."""
        if self._closed:
            raise TemplateError("db_query() is called after the case's end")
        if not isinstance(sql, str):
            raise TemplateError(f"db_query() takes SQL as text, not {sql!r}")
        values = params[0] if len(params) == 1 and isinstance(params[0], Mapping) else params
        statement = Statement(operation="read", sql=sql, params=plain(values) if params else None)
        answer = self.run(self.find(alias), statement, self._limit())
        if len(answer.rows) == 1 and len(answer.columns) == 1:
            return answer.rows[0][answer.columns[0]]
        return [dict(row) for row in answer.rows]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connections, self._open = list(self._open.values()), {}
        for connection in connections:
            connection.close()

    def _connection(self, database: Database, statement: Statement, limit: Limit) -> "Connection":
        """Reading on a server has a connection of its own: it never touches a transaction that
        the case has open."""
        apart = statement.operation == "read" and database.backend != "sqlite"
        key = (database, apart)
        with self._lock:
            if key not in self._open:
                self._open[key] = made = _sql().Connection(
                    database, limit, may_create=statement.operation in _MAY_CREATE
                )
                self.secrets.update(made.secrets)
            return self._open[key]

    def _drop(self, connection: "Connection") -> None:
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if one is not connection}
        connection.close()


def _database(settings: DatabaseSettings, folder: Path) -> Database:
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


def _sql() -> Any:
    try:
        # SQLAlchemy is an extra, and slow to import.
        return importlib.import_module("pytest_sisyphus.transport.sql")
    except ImportError as error:
        raise ConfigError(
            f"databases need {error.name}, which is not installed",
            suggestion="pip install 'pytest-sisyphus[database]'",
        ) from error
