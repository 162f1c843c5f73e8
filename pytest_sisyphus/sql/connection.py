"""Connections to databases, by SQLAlchemy, whose errors become SisyphusErrors here.

Importing this needs the extra `pytest-sisyphus[database]`, so that it is imported when a case first
asks for a database.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import NullPool

from pytest_sisyphus.errors import ConfigError, DatabaseFailed, TimedOut
from pytest_sisyphus.http.timing import Limit
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.sql.backends import BACKENDS, GRACE
from pytest_sisyphus.sql.deadline import Deadline
from pytest_sisyphus.sql.statement import Database, QueryResult, Statement
from pytest_sisyphus.sql.tokens import bind_parameters, split_statements
from pytest_sisyphus.sql.values import to_row, unique_names

#: what drivers raise besides their own errors, for values they cannot send.
_DRIVER_ERRORS: Final = (exc.SQLAlchemyError, OSError, OverflowError, ValueError, TypeError)
_OWN_TRANSACTION: Final = ("begin", "start transaction", "commit", "rollback", "end")


class Connection:
    """One open connection, used by one thread at a time. Statements commit by themselves."""

    def __init__(self, database: Database, limit: Limit, *, may_create: bool) -> None:
        """Raises ConfigError, DatabaseFailed, TimedOut."""
        url = _url(database)
        self.label = url.render_as_string(hide_password=True)
        self.secrets = tuple(filter(None, (str(url.password or ""),)))
        self.lost = False
        self._backend = BACKENDS[database.backend]()
        self._lock = threading.Lock()
        if database.backend == "sqlite":
            _check_file(url.database or "", self.label, may_create=may_create)
        self._engine = self._create_engine(url, limit)

        def abort() -> None:
            self._backend.abort(None)

        try:
            with (
                self._translate_errors(limit.connect, "connecting"),
                Deadline(limit.connect, cancel=abort, abort=abort, grace=GRACE),
            ):
                self._connection = self._engine.connect()
        except BaseException:
            self._backend.close()
            raise
        self._driver: Any = self._connection.connection.driver_connection

    def run(self, statement: Statement, limit: Limit) -> QueryResult:
        """Raises ConfigError, DatabaseFailed, TimedOut."""
        if not self._lock.acquire(timeout=limit.total):
            raise TimedOut(
                tr(
                    "{label}: another step used the connection for {seconds:g} s",
                    label=self.label,
                    seconds=round(limit.total, 3),
                )
            )
        try:
            with (
                self._translate_errors(limit.total, tr("the statement")),
                self._with_deadline(limit.total),
            ):
                self._backend.prepare(self._driver, limit.total)
                return self._run(statement)
        finally:
            self._lock.release()

    def close(self) -> None:
        """A transaction that is still open is rolled back."""
        with contextlib.suppress(*_DRIVER_ERRORS):  # a dead connection is as good as closed
            if self.lost:
                self._connection.invalidate()
            self._connection.close()
        self._engine.dispose()
        self._backend.close()

    def _create_engine(self, url: sa.URL, limit: Limit) -> sa.Engine:
        try:
            engine = sa.create_engine(
                url.set(drivername=self._backend.drivername),
                poolclass=NullPool,
                isolation_level="AUTOCOMMIT",
            )
        except ImportError as error:
            raise ConfigError(
                tr(
                    "{label} needs {name}, which is not installed",
                    label=self.label,
                    name=error.name or tr("a driver"),
                ),
                suggestion="pip install 'pytest-sisyphus[database]'",
            ) from error
        except _DRIVER_ERRORS as error:
            raise ConfigError(f"{self.label}: {error}") from error

        def connect(dialect: Any, _record: Any, args: Any, kwargs: Any) -> Any:
            return self._backend.connect(dialect.loaded_dbapi, args, kwargs, limit.connect)

        event.listen(engine, "do_connect", connect)
        return engine

    @contextlib.contextmanager
    def _with_deadline(self, seconds: float) -> Iterator[None]:
        backend, driver = self._backend, self._driver
        deadline = Deadline(
            seconds,
            cancel=lambda: backend.cancel(driver),
            abort=lambda: backend.abort(driver),
            grace=GRACE,
        )
        try:
            with deadline:
                yield
        finally:
            self.lost = self.lost or deadline.was_aborted

    @contextlib.contextmanager
    def _translate_errors(self, seconds: float, what: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        except (*_DRIVER_ERRORS, DatabaseFailed) as error:
            if getattr(error, "connection_invalidated", False):
                self.lost = True
            if time.monotonic() - start >= seconds:
                raise TimedOut(
                    tr(
                        "{label}: {what} took longer than {seconds:g} s",
                        label=self.label,
                        what=what,
                        seconds=round(seconds, 3),
                    )
                ) from error
            if isinstance(error, DatabaseFailed):
                raise
            raise DatabaseFailed(f"{self.label}: {self._message(error)}") from error

    def _message(self, error: BaseException) -> str:
        original = getattr(error, "orig", None) or error
        text = " ".join(str(original).split()) or type(original).__name__
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def _run(self, statement: Statement) -> QueryResult:
        if statement.operation == "read":
            with self._backend.reading(self._driver):
                return self._rows(statement)
        if statement.operation == "script":
            return self._script(statement.sql)
        if statement.operation == "executemany":
            count = last = 0
            with self._transaction():
                for params in statement.params:
                    result = _to_result(self._execute(statement.sql, params))
                    count, last = count + result.row_count, result.last_row_id or last
            return QueryResult(row_count=count, last_row_id=last or None)
        if statement.operation == "query":
            with self._transaction():
                return self._rows(statement)
        return _to_result(self._execute(statement.sql, statement.params))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; inside a transaction that the case began itself, part of that."""
        if self._backend.in_transaction(self._driver):
            yield
            return
        self._connection.exec_driver_sql("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(*_DRIVER_ERRORS):  # the first error is the one to tell
                self._connection.exec_driver_sql("ROLLBACK")
            raise
        self._connection.exec_driver_sql("COMMIT")

    def _execute(self, sql: str, params: Any) -> sa.CursorResult[Any]:
        text, values = bind_parameters(sql, params, self._backend.name)
        return self._connection.execute(sa.text(text), values)

    def _rows(self, statement: Statement) -> QueryResult:
        result = self._execute(statement.sql, statement.params)
        if not result.returns_rows:
            raise DatabaseFailed(
                tr(
                    "{label}: a query brings rows; for a statement that changes them write "
                    "operation: execute (this one is not kept, unless the case began a "
                    "transaction itself)",
                    label=self.label,
                )
            )
        return _to_result(result)

    def _script(self, sql: str) -> QueryResult:
        parts = split_statements(sql, self._backend.name)
        results: list[QueryResult] = []
        own = any(part.lower().startswith(_OWN_TRANSACTION) for part in parts)
        with contextlib.nullcontext() if own else self._transaction():
            for number, part in enumerate(parts, 1):
                try:
                    results.append(_to_result(self._execute(part, None)))
                except _DRIVER_ERRORS as error:
                    shown = part if len(part) <= 60 else f"{part[:57]}…"
                    raise DatabaseFailed(
                        tr(
                            "{label}: statement {number} of the script ({sql}): {message}",
                            label=self.label,
                            number=number,
                            sql=" ".join(shown.split()),
                            message=self._message(error),
                        )
                    ) from error
        last = results[-1] if results else QueryResult()
        return QueryResult(
            rows=last.rows,
            columns=last.columns,
            row_count=len(last.rows) if last.columns else sum(one.row_count for one in results),
            last_row_id=last.last_row_id,
        )


def _to_result(result: sa.CursorResult[Any]) -> QueryResult:
    if not result.returns_rows:
        return QueryResult(
            row_count=max(result.rowcount, 0),
            last_row_id=getattr(result.context.cursor, "lastrowid", None) or None,
        )
    columns = unique_names([str(name) for name in result.keys()])  # noqa: SIM118 - a result is no mapping
    rows = tuple(to_row(columns, tuple(values)) for values in result.fetchall())
    return QueryResult(rows=rows, columns=columns, row_count=len(rows))


def _url(database: Database) -> sa.URL:
    try:
        if database.url is not None:
            url = sa.make_url(database.url)
        elif database.backend == "sqlite":
            url = sa.URL.create("sqlite", database=database.name)
        else:
            url = sa.URL.create(
                database.backend,
                username=database.user,
                password=database.password,
                host=database.host or "127.0.0.1",
                port=database.port,
                database=database.name,
            )
    except (exc.ArgumentError, ValueError) as error:
        raise ConfigError(
            tr("the database's URL cannot be read; it is type://user:password@host:port/name")
        ) from error
    if database.backend != "sqlite" or url.database in {None, "", ":memory:"}:
        return url
    name = str(url.database)
    return url.set(database=name if name.startswith("file:") else str(database.folder / name))


def _check_file(name: str, label: str, *, may_create: bool) -> None:
    """A misspelt name must not become an empty database."""
    if not name or name == ":memory:" or name.startswith("file:"):
        return
    path = Path(name)
    if "${" in name:
        raise ConfigError(tr("{label}: the path still holds a template", label=label))
    if path.is_dir():
        raise DatabaseFailed(tr("{label}: that is a folder", label=label))
    if not path.exists() and not (may_create and path.parent.is_dir()):
        raise DatabaseFailed(
            tr("{label}: there is no such file", label=label),
            suggestion=tr(
                "a step with operation execute or script makes a new SQLite file in a "
                "folder that exists"
            ),
        )
