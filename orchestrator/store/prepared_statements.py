"""Core statements compiled once for each kind of database, for what runs for every result.

SQLAlchemy takes longer to run an ORM UPDATE than SQLite to carry it out; compiled beforehand, a row
costs its conversions and the driver's own work.
"""

import datetime as dt
import json
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BindParameter,
    Connection,
    Dialect,
    Integer,
    Select,
    Update,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.sql import visitors

Row = dict[str, Any]
_Convert = Callable[[Any], Any]

#: numbers that one SELECT asks for.
_AT_ONCE: Final = 512
_NAMES: Final = tuple(f"number_{n}" for n in range(_AT_ONCE))


class PreparedUpdate:
    """An UPDATE whose every value is a `bindparam` with a name."""

    def __init__(self, statement: Update) -> None:
        self._statement: Final = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Once for each row, which is used up; how many rows of the table they met together."""
        if not rows:
            return 0
        dialect = connection.dialect
        as_one = dialect.name == "postgresql"
        if dialect.name not in self._compiled:
            statement = _of_document(self._statement) if as_one else self._statement
            self._compiled[dialect.name] = _Compiled(statement, dialect)
        compiled = self._compiled[dialect.name]
        values = {_ROWS: _document(rows)} if as_one else compiled.converted(rows)
        return connection.exec_driver_sql(compiled.text, values).rowcount


_ROWS: Final = "rows"
_document: Final = json.JSONEncoder(
    # moments, as the columns keep them; all else of a row is JSON
    default=lambda moment: moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat()
).encode


def _of_document(statement: Update) -> Update:
    """The same for all rows at once, which come as one JSON array of objects.

    PostgreSQL would get a message for each row, and answer each.
    """
    binds = {
        part.key: part.type
        for part in visitors.iterate(statement)
        if isinstance(part, BindParameter)
    }
    rows = (
        func.json_to_recordset(cast(bindparam(_ROWS), JSON))
        .table_valued(*(column(key, kind) for key, kind in binds.items()))
        .render_derived(name="new_rows", with_types=True)
    )

    def of_rows(element: Any, **_: Any) -> Any:
        return rows.c[element.key] if isinstance(element, BindParameter) else None

    replaced: Any = visitors.replacement_traverse(statement, {}, of_rows)
    return replaced  # type: ignore[no-any-return]  # an UPDATE again


class PreparedSelect:
    """A SELECT of the rows with certain numbers, made of the parameters for these.

    Some are asked for twice, so that there are always 1, 2, 4, 8… of them: so there are few texts,
    which drivers and databases remember.
    """

    def __init__(self, statement: Callable[[Sequence[BindParameter[int]]], Select[Any]]) -> None:
        self._statement: Final = statement
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def rows(
        self, connection: Connection, numbers: Sequence[int], **more: Any
    ) -> list[Sequence[Any]]:
        """`more`: the values of its other parameters."""
        rows: list[Sequence[Any]] = []
        for first in range(0, len(numbers), _AT_ONCE):
            some = [*numbers[first : first + _AT_ONCE]]
            names = _NAMES[: 1 << (len(some) - 1).bit_length()]
            some += some[-1:] * (len(names) - len(some))
            key = connection.dialect.name, len(names)
            if key not in self._compiled:
                statement = self._statement([bindparam(name, type_=Integer()) for name in names])
                self._compiled[key] = _Compiled(statement, connection.dialect)
            compiled = self._compiled[key]
            values = compiled.converted([{**more, **dict(zip(names, some, strict=True))}])
            rows += compiled.read(connection.exec_driver_sql(compiled.text, values).all())
        return rows


class _Compiled:
    def __init__(self, statement: Select[Any] | Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._names: list[str] = list(compiled.positiontup or ()) if compiled.positional else []
        converters: dict[str, _Convert | None] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        self._converters = [(name, to) for name, to in converters.items() if to is not None]
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        readers: list[_Convert | None] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        self._readers = [(n, to) for n, to in enumerate(readers) if to is not None]

    def converted(self, rows: Sequence[Row]) -> Any:
        for name, convert in self._converters:
            last, done = object(), None
            for row in rows:  # written together, they share moments: each is converted once
                value = row[name]
                if value is not last:
                    last, done = value, convert(value)
                row[name] = done
        if not self._names:
            return rows
        if len(self._names) == 1:
            return [(row[self._names[0]],) for row in rows]
        return list(map(operator.itemgetter(*self._names), rows))

    def read(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        read = [list(row) for row in rows]
        for n, convert in self._readers:
            for row in read:
                if row[n] is not None:
                    row[n] = convert(row[n])
        return read
