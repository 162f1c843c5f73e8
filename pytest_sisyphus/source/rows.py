"""The rows of data-driven cases, from CSV and JSON files and from the case file itself."""

import codecs
import contextlib
import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.spec.data_source import DataSource
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.template.text import json_text
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import listed, short_json
from pytest_sisyphus.values.encodings import chinese_encoding

#: the columns that may name a row, the first that has a value wins.
ID_COLUMNS: Final = ("id", "name", "case")

_TABS: Final = {"\\t": "\t", "tab": "\t"}


class Table(Sequence[dict[str, Any]]):
    """Rows that share their columns: a hundred thousand are kept while their cases wait."""

    def __init__(self, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        self._columns = columns
        self._rows = rows

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> "Table | list[dict[str, Any]]":
        """The same as a table, if it is one."""
        columns = list(rows[0]) if rows else []
        if any(list(one) != columns for one in rows):
            return rows
        return cls(columns, [tuple(one.values()) for one in rows])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return dict(zip(self._columns, self._rows[index], strict=True))


def csv_rows(source: DataSource, path: Path, shown: str) -> Table:
    """All values are text. Raises ConfigError with the line of the CSV file, or OSError.

    `shown`: the path as messages show it.
    """
    delimiter = _TABS.get(source.delimiter, source.delimiter)
    if len(delimiter) != 1:
        raise ConfigError(
            tr("delimiter is one character, not {delimiter!r}", delimiter=source.delimiter)
        )
    lines = _text(path, source.encoding, shown).splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return _table(reader, shown, has_header=source.has_header)
    except csv.Error as error:
        problem = of_library(str(error))
        raise ConfigError(f"{shown}:{reader.line_num}: " + problem) from error


def csv_columns(source: DataSource, path: Path) -> list[str]:
    """By the first line alone; none where it cannot be read: `csv_rows` tells why."""
    delimiter = _TABS.get(source.delimiter, source.delimiter)
    with contextlib.suppress(OSError, LookupError, ValueError, TypeError, csv.Error):
        with path.open(encoding=_codec(source.encoding), newline="") as file:
            values = next(filter(None, csv.reader(file, delimiter=delimiter, strict=True)), [])
        return [one.strip() for one in values] if source.has_header else _numbered(values)
    return []


def json_rows(source: DataSource, path: Path, shown: str) -> Sequence[dict[str, Any]]:
    """Raises ConfigError or OSError. `shown`: the path as messages show it."""
    try:
        data = exact_json.loads_unique_keys(_text(path, source.encoding, shown))
    except (ValueError, RecursionError) as error:
        problem = exact_json.message_of(error)
        raise ConfigError(
            tr("{file} is not JSON: {problem}", file=shown, problem=problem)
        ) from error
    for part in filter(None, source.data_key.removeprefix("$").split(".")):
        if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, Mapping) and part in data:
            data = data[part]
        else:
            hint = near(part, data if isinstance(data, Mapping) else ())
            raise ConfigError(
                tr(
                    "{file} has no {data_key!r}: no {key!r}{hint}",
                    file=shown,
                    data_key=source.data_key,
                    key=part,
                    hint=hint,
                )
            )
    return checked_rows(data, shown)


def checked_rows(rows: Any, where: str) -> Sequence[dict[str, Any]]:
    """Raises ConfigError unless the rows are mappings with names as keys."""
    if not isinstance(rows, list):
        raise ConfigError(
            tr(
                "the rows of {where} are a list of mappings, not {value}",
                where=where,
                value=short_json(rows),
            )
        )
    for number, one in enumerate(rows, 1):
        if not isinstance(one, Mapping):
            raise ConfigError(
                tr(
                    "row {number} of {where} is no mapping but {value}",
                    number=number,
                    where=where,
                    value=short_json(one),
                )
            )
    return Table.of([dict(one) for one in rows])


def row_ids(rows: Sequence[Mapping[str, Any]], where: str) -> list[str]:
    """The name of each row. Raises ConfigError for two that are equal."""
    first: dict[str, int] = {}
    for index, one in enumerate(rows):
        name = row_id(one, index)
        if name in first:
            raise ConfigError(
                tr(
                    "rows {first} and {second} of {where} are both called {name!r} (by the first "
                    "of the columns {columns} that they have)",
                    first=first[name] + 1,
                    second=index + 1,
                    where=where,
                    name=name,
                    columns=listed(ID_COLUMNS),
                )
            )
        first[name] = index
    return list(first)


def row_id(row: Mapping[str, Any], index: int) -> str:
    """The value of the first of ID_COLUMNS that has one, else the index."""
    values = (row[column] for column in ID_COLUMNS if column in row)
    named = (
        one
        for one in values
        if (
            one.strip() and not is_template(one)
            if isinstance(one, str)
            else isinstance(one, int | float)
        )
    )
    text = json_text(next(named, index)).strip()
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _table(reader: Any, shown: str, *, has_header: bool) -> Table:
    header: list[str] | None = None
    rows: list[tuple[str, ...]] = []
    for values in reader:
        if not values:
            continue
        if header is None:
            header = _header(values, shown, reader) if has_header else _numbered(values)
            if has_header:
                continue
        if len(values) != len(header):
            raise ConfigError(
                tr(
                    "{file}:{line}: the row has {values} values, the columns are {columns} "
                    "({names}){hint}",
                    file=shown,
                    line=reader.line_num,
                    values=len(values),
                    columns=len(header),
                    names=listed(header),
                    hint=_comma_hint(reader, [*header, *values]),
                )
            )
        rows.append(tuple(values))
    return Table(header or [], rows)


def _numbered(values: list[str]) -> list[str]:
    return [f"column_{number}" for number, _ in enumerate(values, 1)]


def _comma_hint(reader: Any, values: list[str]) -> str:
    """A hint for values that a full-width comma has made one."""
    if reader.dialect.delimiter != "," or not any("，" in one for one in values):
        return ""
    return tr("; {hint}", hint=tr("'，' is a full-width comma: write ','"))


def _header(values: list[str], shown: str, reader: Any) -> list[str]:
    names, line = [value.strip() for value in values], reader.line_num
    if len(names) == 1 and (hint := _comma_hint(reader, names)):
        said = tr("there is one column, {name!r}{hint}", name=names[0], hint=hint)
        raise ConfigError(f"{shown}:{line}: " + said)
    times = Counter(names)
    for name in names:
        if not name or times[name] > 1:
            what = (
                tr("two columns are called {name!r}", name=name)
                if name
                else tr("a column has no name")
            )
            raise ConfigError(f"{shown}:{line}: " + what)
    return names


def _codec(encoding: str) -> str:
    """Raises LookupError."""
    known = codecs.lookup(encoding).name
    return "utf-8-sig" if known == "utf-8" else known


def _text(path: Path, encoding: str, shown: str) -> str:
    try:
        return path.read_bytes().decode(_codec(encoding))
    except LookupError as error:
        said = tr("no encoding {encoding!r}; known: utf-8, gbk, latin-1, …", encoding=encoding)
        raise ConfigError(said) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        said = tr(
            "{file}:{line}: not {encoding}: {reason}{hint}",
            file=shown,
            line=line,
            encoding=encoding,
            reason=of_library(error.reason),
            hint=_encoding_hint(error.object),
        )
        raise ConfigError(said) from error


def _encoding_hint(content: bytes) -> str:
    if encoding := chinese_encoding(content):
        return tr("; its bytes read as {encoding}: encoding: {encoding}", encoding=encoding)
    return ""
