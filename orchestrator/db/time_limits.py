"""No statement waits for ever: each driver's own way to a time limit.

A server behind a dead wire, or a proxy that swallows bytes, answers nothing, not even an error: so
the limit is the client's. The server gets one as well, a little shorter, so that a slow statement
costs no connection, and what a lost connection locked is given back.
"""

import threading
import time
from collections.abc import Generator
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, event

#: seconds to connect; for one statement, as the server and as we see it; for a lock in its way.
CONNECT: Final = 4
AT_SERVER: Final = 6
STATEMENT: Final = 7
LOCK: Final = 5
#: seconds that a transaction may idle: longer, its client is gone.
IDLE: Final = 15
#: steps of SQLite's machine between two looks at the clock: about a millisecond.
_STEPS: Final = 100_000

_POSTGRESQL: Final = (
    f"SET statement_timeout = '{AT_SERVER}s'",
    f"SET lock_timeout = '{LOCK}s'",
    f"SET idle_in_transaction_session_timeout = '{IDLE}s'",
)
_LOCKS: Final = f"innodb_lock_wait_timeout = {LOCK}, lock_wait_timeout = {LOCK}"
_MARIADB: Final = (
    f"SET SESSION {_LOCKS}, max_statement_time = {AT_SERVER}, idle_transaction_timeout = {IDLE}",
)
#: which knows no idle transactions: a connection that idles is closed, and made anew when needed.
_MYSQL: Final = (
    f"SET SESSION {_LOCKS}, max_execution_time = {AT_SERVER * 1000}, wait_timeout = {4 * IDLE}",
)


def arguments(url: URL) -> dict[str, Any]:
    """What the driver is told when it connects."""
    limits: dict[str, Any] = {"connect_timeout": CONNECT}
    if url.drivername.endswith("pymysql"):
        limits |= {"read_timeout": STATEMENT, "write_timeout": STATEMENT}
    return limits


def limit(engine: Engine) -> None:
    """Every statement of this engine ends in time."""
    if engine.dialect.driver == "psycopg":
        _limit_psycopg(engine)
    if engine.dialect.name == "sqlite":
        _limit_sqlite(engine)
    else:
        _limit_server(engine)


def _limit_server(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        statements: tuple[str, ...] = _POSTGRESQL
        if engine.dialect.name != "postgresql":
            version = getattr(connection, "server_version", "") or ""
            statements = _MARIADB if "mariadb" in version.lower() else _MYSQL
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()  # PostgreSQL forgets a SET that is rolled back


def _limit_psycopg(engine: Engine) -> None:
    """libpq has no limit of its own; `wait` is where psycopg's connections wait for anything."""
    import psycopg  # noqa: PLC0415 -- an extra: only where such a database is used

    class Limited(psycopg.Connection[Any]):
        def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
            return super().wait(self._limited(gen), *args, **kwargs)

        def _limited(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            """As `gen`, until it has waited too long: then the connection is closed for good."""
            until = time.monotonic() + STATEMENT
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if not ready and time.monotonic() > until:
                        self.pgconn.finish()
                        raise psycopg.OperationalError(f"no answer within {STATEMENT} seconds")
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, kwargs: Any) -> Any:
        return Limited.connect(*args, **kwargs)


def _limit_sqlite(engine: Engine) -> None:
    """SQLite runs in the thread that asks: it looks at that thread's clock now and then."""
    begun = threading.local()

    def too_long() -> int:
        return time.monotonic() - getattr(begun, "at", time.monotonic()) > STATEMENT

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.set_progress_handler(too_long, _STEPS)

    @event.listens_for(engine, "before_cursor_execute")
    def _begin(
        _connection: Connection, _cursor: Any, _statement: Any, _params: Any, _context: Any, _m: Any
    ) -> None:
        begun.at = time.monotonic()
