"""How the three databases differ: connecting, cancelling, reading only. Drivers are named here."""

import contextlib
import math
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Protocol

from pytest_sisyphus.values import exact_json

#: seconds a cancelled statement has to give up before its connection is closed.
GRACE: Final = 2.0


class Backend(Protocol):
    """`driver` is the driver's own connection."""

    @property
    def name(self) -> Literal["sqlite", "postgresql", "mysql"]: ...

    @property
    def drivername(self) -> str:
        """SQLAlchemy's name of dialect and driver."""

    def connect(
        self, dbapi: Any, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float
    ) -> Any:
        """`args` and `kwargs`: the arguments that SQLAlchemy made of the URL."""

    def prepare(self, driver: Any, seconds: float) -> None:
        """Called before each statement."""

    def cancel(self, driver: Any) -> None:
        """Ends the running statement; called in another thread."""

    def abort(self, driver: Any) -> None:
        """Ends the connection, whatever the server does; called in another thread.

        `driver` is None while it connects.
        """

    def close(self) -> None:
        """Called when the connection is closed."""

    def in_transaction(self, driver: Any) -> bool: ...

    def reading(self, driver: Any) -> contextlib.AbstractContextManager[None]:
        """Inside it one statement runs that can change nothing."""


class Sqlite:
    name: ClassVar[Literal["sqlite"]] = "sqlite"
    drivername = "sqlite+pysqlite"

    def connect(
        self, dbapi: Any, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float
    ) -> Any:
        return dbapi.connect(*args, **{**kwargs, "check_same_thread": False, "timeout": seconds})

    def prepare(self, driver: Any, seconds: float) -> None:
        driver.execute(f"PRAGMA busy_timeout = {math.ceil(seconds * 1000)}").close()

    def cancel(self, driver: Any) -> None:
        driver.interrupt()

    def abort(self, driver: Any) -> None:
        """Does nothing: there is no server that could hang."""

    def close(self) -> None:
        """Does nothing: the connection is all there is."""

    def in_transaction(self, driver: Any) -> bool:
        return bool(driver.in_transaction)

    @contextlib.contextmanager
    def reading(self, driver: Any) -> Iterator[None]:
        driver.set_authorizer(_authorize_reading)
        try:
            yield
        finally:
            driver.set_authorizer(None)


#: SQLITE_RECURSIVE, which the sqlite3 module does not name.
_RECURSIVE: Final = 33
_READING: Final = frozenset(
    (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, _RECURSIVE)
)


def _authorize_reading(action: int, _first: Any, second: Any, *_: Any) -> int:
    allowed = action in _READING and second != "load_extension"
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


class Postgresql:
    name: ClassVar[Literal["postgresql"]] = "postgresql"
    drivername = "postgresql+psycopg"

    def connect(
        self, dbapi: Any, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float
    ) -> Any:
        driver = dbapi.connect(*args, **{"connect_timeout": max(math.ceil(seconds), 2), **kwargs})
        dbapi.types.json.set_json_loads(exact_json.loads, context=driver)
        return driver

    def prepare(self, driver: Any, seconds: float) -> None:
        """Does nothing: a statement is cancelled from another thread."""

    def cancel(self, driver: Any) -> None:
        driver.cancel_safe(timeout=GRACE)

    def abort(self, driver: Any) -> None:
        if driver is None:  # still connecting, for which libpq has its own limit
            return
        sock = socket.socket(fileno=driver.fileno())
        try:
            sock.shutdown(socket.SHUT_RDWR)
        finally:
            sock.detach()

    def close(self) -> None:
        """Does nothing: the connection is all there is."""

    def in_transaction(self, driver: Any) -> bool:
        return bool(driver.info.transaction_status != 0)

    @contextlib.contextmanager
    def reading(self, driver: Any) -> Iterator[None]:
        driver.prepare_threshold = 0  # a prepared statement is one statement: no `; commit; …`
        driver.execute("BEGIN READ ONLY")
        try:
            yield
        finally:
            if not driver.closed:
                driver.execute("ROLLBACK")


class Mysql:
    name: ClassVar[Literal["mysql"]] = "mysql"
    drivername = "mysql+pymysql"

    def __init__(self) -> None:
        self._arguments: Mapping[str, Any] = {}
        self._dbapi: Any = None
        self._socket: socket.socket | None = None

    def connect(
        self,
        dbapi: Any,
        args: Sequence[Any],  # noqa: ARG002 - MySQL's arguments are all named
        kwargs: Mapping[str, Any],
        seconds: float,
    ) -> Any:
        self._dbapi, self._arguments = dbapi, kwargs
        if "unix_socket" in kwargs:
            return dbapi.connect(**kwargs)
        address = (kwargs.get("host") or "127.0.0.1", kwargs.get("port") or 3306)
        sock = socket.create_connection(address, timeout=seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(None)
        self._socket = sock.dup()  # for `abort`: the driver has no public way to its own
        driver = dbapi.connect(**kwargs, defer_connect=True)
        driver.connect(sock)  # a silent server: `abort` ends the handshake
        return driver

    def prepare(self, driver: Any, seconds: float) -> None:
        """Does nothing: a statement is cancelled from another thread."""

    def cancel(self, driver: Any) -> None:
        limits = {"connect_timeout": GRACE, "read_timeout": GRACE, "write_timeout": GRACE}
        with self._dbapi.connect(**{**self._arguments, **limits}) as other:
            other.query(f"KILL QUERY {driver.thread_id():d}")

    def abort(self, driver: Any) -> None:  # noqa: ARG002 - as the protocol has it
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def in_transaction(self, driver: Any) -> bool:
        return bool(driver.server_status & 1)  # SERVER_STATUS_IN_TRANS

    @contextlib.contextmanager
    def reading(self, driver: Any) -> Iterator[None]:
        driver.query("SET SESSION TRANSACTION READ ONLY")  # without it DDL is not refused
        driver.query("START TRANSACTION READ ONLY")
        try:
            yield
        finally:
            if driver.open:
                driver.query("ROLLBACK")


BACKENDS: Final[Mapping[str, Callable[[], Backend]]] = {
    "sqlite": Sqlite,
    "postgresql": Postgresql,
    "mysql": Mysql,
}
