"""The rows of data-driven cases, from CSV and JSON files and from the case file itself."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .. import jsontext
from ..dialect.data import DataSource
from ..dialect.reading import shown
from ..errors import ConfigError
from ..registry import near
from ..render.template import is_template
from ..render.text import json_text

#: the columns that may name a row, the first that has a value wins.
ID_COLUMNS: Final = ("id", "name", "case")

_TABS: Final = {"\\t": "\t", "tab": "\t"}


def csv_rows(source: DataSource, path: Path) -> list[dict[str, str]]:
    """All values are text. Raises ConfigError with the line of the CSV file."""
    delimiter = _TABS.get(source.delimiter, source.delimiter)
    if len(delimiter) != 1:
        raise ConfigError(f"delimiter is one character, not {source.delimiter!r}")
    lines = _text(path, source.encoding).splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return list(_records(reader, path, has_header=source.has_header))
    except csv.Error as error:
        raise ConfigError(f"{path.name}:{reader.line_num}: {error}") from error


def json_rows(source: DataSource, path: Path) -> list[Any]:
    """Raises ConfigError."""
    try:
        data = jsontext.loads_foreign(_text(path, source.encoding))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path.name} is not JSON: {error}") from error
    return checked_rows(_inside(data, source.data_key, path.name), path.name)


def checked_rows(rows: Any, where: str) -> list[Any]:
    """Raises ConfigError unless the rows are mappings with names as keys."""
    if not isinstance(rows, list):
        raise ConfigError(f"the rows of {where} are a list of mappings, not {shown(rows)}")
    for number, one in enumerate(rows, 1):
        if not isinstance(one, Mapping):
            raise ConfigError(f"row {number} of {where} is no mapping but {shown(one)}")
    return [dict(one) for one in rows]


def row_ids(rows: Sequence[Mapping[str, Any]], where: str) -> list[str]:
    """The name of each row. Raises ConfigError for two that are equal."""
    first: dict[str, int] = {}
    for index, one in enumerate(rows):
        name = _row_id(one, index)
        if name in first:
            raise ConfigError(
                f"rows {first[name] + 1} and {index + 1} of {where} are both called {name!r} "
                f"(by the first of the columns {', '.join(ID_COLUMNS)} that they have)"
            )
        first[name] = index
    return list(first)


def _row_id(row: Mapping[str, Any], index: int) -> str:
    named = (row[column] for column in ID_COLUMNS if _names_a_row(row.get(column)))
    text = json_text(next(named, index)).strip()
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _names_a_row(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and not is_template(value)
    return isinstance(value, int | float)


def _records(reader: Any, path: Path, *, has_header: bool) -> Iterator[dict[str, str]]:
    header: list[str] | None = None
    for values in reader:
        if not values:
            continue
        if header is None:
            header = _header(values, path, reader.line_num) if has_header else _numbered(values)
            if has_header:
                continue
        if len(values) != len(header):
            raise ConfigError(
                f"{path.name}:{reader.line_num}: the row has {len(values)} values, "
                f"the columns are {len(header)} ({', '.join(header)})"
            )
        yield dict(zip(header, values, strict=True))


def _header(values: list[str], path: Path, line: int) -> list[str]:
    names = [value.strip() for value in values]
    times = Counter(names)
    for name in names:
        if not name or times[name] > 1:
            what = f"two columns are called {name!r}" if name else "a column has no name"
            raise ConfigError(f"{path.name}:{line}: {what}")
    return names


def _numbered(values: list[str]) -> list[str]:
    return [f"column_{number}" for number, _ in enumerate(values, 1)]


def _text(path: Path, encoding: str) -> str:
    try:
        known = codecs.lookup(encoding).name
        return path.read_bytes().decode("utf-8-sig" if known == "utf-8" else known)
    except LookupError as error:
        raise ConfigError(f"no encoding {encoding!r}; known: utf-8, gbk, latin-1, …") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}:{line}: not {encoding}: {error.reason}") from error
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}") from error


def _inside(data: Any, key: str, where: str) -> Any:
    for part in filter(None, key.removeprefix("$").split(".")):
        if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, Mapping) and part in data:
            data = data[part]
        else:
            known = data if isinstance(data, Mapping) else ()
            raise ConfigError(f"{where} has no {key!r}: no {part!r}{near(part, known)}")
    return data
