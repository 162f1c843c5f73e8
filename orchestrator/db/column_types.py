"""Types of columns that mean the same on SQLite, PostgreSQL and MySQL."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT
from sqlalchemy.types import TypeDecorator

BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite only counts up an INTEGER key
LONG_TEXT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
#: MySQL would take `a` for `A` where the other engines do not.
EXACT = {
    f"{dialect}_{name}": value
    for dialect in ("mysql", "mariadb")
    for name, value in {"charset": "utf8mb4", "collate": "utf8mb4_bin"}.items()
}
#: SQLite would give the numbers of removed rows to new ones.
COUNTED = {**EXACT, "sqlite_autoincrement": True}


class UtcDateTime(TypeDecorator[dt.datetime]):
    """Aware in Python, naive UTC in the database: the same bytes on every engine."""

    impl = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else value.replace(tzinfo=dt.UTC)
