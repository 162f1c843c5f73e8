"""The door to the database: the engine, its settings per dialect, the schema."""

import contextlib
import logging
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    PendingRollbackError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session

from orchestrator.concurrency.outage import Outage
from orchestrator.db import time_limits
from orchestrator.errors import StartupError, Unavailable
from orchestrator.i18n import tr

log = logging.getLogger("sisyphus.database")

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a confirmed result survives a power cut
    f"PRAGMA busy_timeout={time_limits.LOCK * 1000}",
    "PRAGMA foreign_keys=ON",
)
#: a table that is made anew is gone for a moment, with what refers to it in place
_SQLITE_PRAGMAS_TO_MIGRATE = (*_SQLITE_PRAGMAS[:-1], "PRAGMA foreign_keys=OFF")

_SECONDS_FOR_READERS = 5.0

#: MySQL ends a transaction at each change of a table, so its lock is the session's.
_MIGRATION_LOCKS = {
    "postgresql": ("SELECT pg_advisory_xact_lock(7391846250)", ""),
    "mysql": (
        "SELECT GET_LOCK(CONCAT(DATABASE(), '.sisyphus'), 300)",
        "SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.sisyphus'))",
    ),
}


class Database:
    """Many readers; writing goes through `Writer`, which asks `writing()` for its connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(sisyphus_write=True)
        #: whether its outages are for the log: a command says them itself.
        self.is_served = False
        #: apart: a full disk still lets us read.
        self._no_reading = Outage(log, f"the database {self} cannot be read")
        self._no_writing = Outage(log, f"the database {self} cannot be written")

    def __str__(self) -> str:
        return _shown(make_url(self.url))

    @property
    def is_there(self) -> bool:
        """False for an SQLite file that a first look would make; servers must be asked."""
        url = self.engine.url
        is_file = self.engine.dialect.name == "sqlite" and "uri" not in url.query
        return not is_file or Path(url.database or "").exists()

    @property
    def is_refusing(self) -> bool:
        """Whether what was written last was refused, such as by a full disk. Of a database that is
        served: each round of its process writes, so this is over soon after its reason is."""
        return self._no_writing.is_on

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with (
            _noted(self._no_reading, self.is_served),
            translated_errors(),
            Session(self.engine, expire_on_commit=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end of the block."""
        with (
            _noted(self._no_writing, self.is_served),
            translated_errors(),
            self._writing.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction that no other migration shares; errors stay SQLAlchemy's.

        Its statements may take as long as large tables need.
        """
        engine = _engine(self.url, limited=False)
        before, after = _MIGRATION_LOCKS.get(engine.dialect.name, ("", ""))
        patient = engine.execution_options(sisyphus_write=True)
        try:
            with patient.connect() as connection, connection.begin():
                if before:
                    connection.exec_driver_sql(before)
                try:
                    yield connection
                finally:
                    if after:
                        connection.exec_driver_sql(after)
        finally:
            engine.dispose()

    def close(self) -> None:
        """Readers get a moment to end: a connection that they hold would outlive its pool."""
        pool, until = self.engine.pool, time.monotonic() + _SECONDS_FOR_READERS
        while isinstance(pool, QueuePool) and pool.checkedout() and time.monotonic() < until:
            time.sleep(0.01)
        self.engine.dispose()


def shown_url(url: str) -> str:
    """The address without its password; the file of SQLite with its whole path."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and "uri" not in parsed.query and parsed.database:
        parsed = parsed.set(database=str(Path(parsed.database).absolute()))
    return _shown(parsed)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _noted(outage: Outage, is_served: bool) -> Iterator[None]:
    """Answers and rounds only say that the database is away; why stands in the log, once."""
    try:
        yield
    except Unavailable as error:
        if is_served and error.__cause__ is not None and not is_conflict(error.__cause__):
            outage.failed(reason(error))
        raise
    outage.succeeded()


@contextmanager
def translated_errors() -> Iterator[None]:
    """A database that is not there becomes `Unavailable`; a wrong statement stays what it is."""
    try:
        yield
    except (PendingRollbackError, NoConnectionFree) as error:
        raise Unavailable from error  # its connection was lost before; all of them hang
    except DBAPIError as error:
        if error.connection_invalidated or type(error).__name__ in _TRANSIENT:
            raise Unavailable from error
        raise


def reason(error: BaseException) -> str:
    """Why the database refused, in one line of the driver's, without what SQLAlchemy adds."""
    cause = error.__cause__ or error if isinstance(error, Unavailable) else error
    lines = str(getattr(cause, "orig", None) or cause).strip().splitlines()
    said = lines[0] if lines else type(cause).__name__
    for pattern, command in _NO_DATABASE.items():
        if found := re.search(pattern, said):
            return tr(
                "{reason}; the service makes tables, and no database: `{command}` makes it",
                reason=said,
                command=f"{command} {found[1]}",
            )
    return said


def is_conflict(error: BaseException | None) -> bool:
    """Whether two transactions got in each other's way: the loser is done again from its start."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "sqlstate", None) or (error.orig.args or [None])[0]
    return state in _CONFLICTS


#: what servers say of a database that they do not have -> the command that makes it.
_NO_DATABASE = {
    'database "(.+?)" does not exist': "createdb",
    "Unknown database '(.+?)'": "mysqladmin create",
}
_IN_MEMORY = ("sqlite://", "sqlite:///", "sqlite:///:memory:")
_TRANSIENT = ("OperationalError", "InterfaceError", "InternalError")
#: PostgreSQL: serialization failure, deadlock, lock not available; MySQL: lock wait, deadlock.
_CONFLICTS = ("40001", "40P01", "55P03", 1205, 1213, 1020)
#: the driver we install, where a URL names none.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
#: seconds for a connection of the pool, when all are in use.
_SECONDS_FOR_ONE = 3
_ACCEPTED = tr("give one like sqlite:///sisyphus.sqlite3 or postgresql://user:password@host/name")


def _engine(url: str, *, limited: bool = True) -> Engine:
    if url in _IN_MEMORY:
        raise StartupError(tr("an in-memory sqlite database cannot serve; name a file"))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # its text may hold the password
        raise StartupError(
            tr("the database url cannot be read; {accepted}", accepted=_ACCEPTED)
        ) from error
    if parsed.get_backend_name() not in {"sqlite", *_DRIVERS}:
        raise StartupError(
            tr(
                "database url {url!r}: the service works on SQLite, PostgreSQL, MySQL and MariaDB; "
                "{accepted}",
                url=_shown(parsed),
                accepted=_ACCEPTED,
            )
        )
    if parsed.get_backend_name() != "sqlite" and "@" in f"{parsed.host}{parsed.database}":
        raise StartupError(  # it would be shown as a host, with a part of the password
            tr(
                "the database url has more than one @; in user and password write @ as %40, / as "
                "%2F, : as %3A, # as %23, % as %25"
            )
        )
    try:
        engine = _engine_of(parsed, limited=limited)
    except ModuleNotFoundError as error:
        raise StartupError(
            tr(
                "database url {url!r} needs the module {module}, which is not installed; those of "
                "postgresql:// and mysql:// come with pip install 'pytest-sisyphus[database]'",
                url=_shown(parsed),
                module=error.name,
            )
        ) from error
    except (ArgumentError, NoSuchModuleError, TypeError) as error:
        raise StartupError(
            tr(
                "database url {url!r} is not usable: {reason}; {accepted}",
                url=_shown(parsed),
                reason=error,
                accepted=_ACCEPTED,
            )
        ) from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, _SQLITE_PRAGMAS if limited else _SQLITE_PRAGMAS_TO_MIGRATE)
    return engine


def _engine_of(url: URL, *, limited: bool) -> Engine:
    """READ COMMITTED on servers: work that holds a row must see what others committed before."""
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    options: dict[str, Any] = {}
    if url.get_backend_name() != "sqlite":
        options["isolation_level"] = "READ COMMITTED"
    if not limited:
        return create_engine(url, poolclass=NullPool, **options)
    if url.get_backend_name() != "sqlite":
        options["connect_args"] = time_limits.arguments(url)
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=20,
        pool_timeout=_SECONDS_FOR_ONE,
        pool_pre_ping=url.get_backend_name() != "sqlite",  # a file is not lost
        **options,
    )
    time_limits.limit(engine)
    return engine


def _shown(url: URL) -> str:
    """The address without its password, also where that is an argument."""
    secret = [name for name in url.query if "pass" in name.lower()]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def _prepare_sqlite(engine: Engine, pragmas: Sequence[str]) -> None:
    """Our own BEGIN, so that SAVEPOINT works and writers wait for each other at the start."""
    if why := _closed_to_us(Path(engine.url.database or "")):
        raise StartupError(
            tr(
                "cannot open the database {database}: {reason}",
                database=_shown(engine.url),
                reason=why,
            )
        )

    if "uri" not in engine.url.query:

        @event.listens_for(engine, "do_connect")
        def _before(*_args: Any) -> None:
            path = Path(engine.url.database or "")
            if path.name and not path.is_dir():  # else SQLite says that it cannot be a database
                _keep_private(path)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            _set(connection, pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("sisyphus_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _closed_to_us(path: Path) -> str:
    """Why SQLite could not work on this file, which it only says as `unable to open`; empty: it
    can. It makes files beside it, so the folder counts also where the file is there."""
    folder = path.parent
    try:
        if not folder.is_dir():
            return tr("its folder does not exist")
    except OSError as error:
        return error.strerror or str(error)
    if not os.access(folder, os.W_OK | os.X_OK):
        return tr("its folder {folder} cannot be written", folder=folder.absolute())
    return ""


def _set(connection: Any, pragma: str) -> None:
    """SQLite does not wait by itself where two connections change a new file to WAL at once."""
    until = time.monotonic() + time_limits.LOCK
    while True:
        try:
            connection.execute(pragma).close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _keep_private(path: Path) -> None:
    """The file is its owner's only, and so are those that SQLite makes beside it, as it is."""
    with contextlib.suppress(OSError):  # somebody else's: SQLite says what it cannot do
        if not path.exists():  # else closing it would give up the locks that SQLite has on it
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            one = path.with_name(name)
            if one.exists() and one.stat().st_mode & 0o077:
                one.chmod(0o600)
