"""Core statements compiled once for each kind of database, for what runs for every result.

SQLAlchemy takes longer to run an ORM UPDATE than SQLite to carry it out; compiled beforehand, a row
costs its conversions and the driver's own work.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Update

Row = Mapping[str, Any]
_Convert = Callable[[Any], Any]


class Prepared:
    """An UPDATE whose every value is a `bindparam` with a name."""

    def __init__(self, statement: Update) -> None:
        self._statement: Final = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Once for each row; how many rows of the table they met together."""
        if not rows:
            return 0
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return connection.exec_driver_sql(compiled.text, compiled.converted(rows)).rowcount


class _Compiled:
    def __init__(self, statement: Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        names = compiled.positiontup if compiled.positional else sorted(compiled.binds)
        self._positional = compiled.positional
        self._values: list[tuple[str, _Convert | None]] = [
            (name, _converter(compiled.binds[name].type, dialect)) for name in names or ()
        ]

    def converted(self, rows: Iterable[Row]) -> Any:
        values = [(name, to and _remembering(to)) for name, to in self._values]
        if self._positional:
            return [
                tuple([row[name] if to is None else to(row[name]) for name, to in values])
                for row in rows
            ]
        return [
            {name: row[name] if to is None else to(row[name]) for name, to in values}
            for row in rows
        ]


def _remembering(convert: _Convert) -> _Convert:
    """Rows that are written together share their moments: the same object is converted once."""
    last, done = object(), None

    def converted(value: Any) -> Any:
        nonlocal last, done
        if value is not last:
            last, done = value, convert(value)
        return done

    return converted


def _converter(kind: Any, dialect: Dialect) -> _Convert | None:
    converter: _Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return converter
