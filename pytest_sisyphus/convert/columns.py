"""The columns of a case's rows."""

import contextlib
import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.draft import Account, Include
from pytest_sisyphus.convert.editing import put, with_texts
from pytest_sisyphus.convert.reading import chinese_encoding_of, find_rows
from pytest_sisyphus.errors import SisyphusError, TemplateError, in_words
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, Location
from pytest_sisyphus.source.rows import csv_rows, json_rows
from pytest_sisyphus.spec.data_source import DataSource
from pytest_sisyphus.template.lexer import ExpressionSource, scan_text

_CONDITIONS: Final = frozenset(
    ("skip_if", "only_if", "loop_condition", "condition", "assert", "until", "check")
)
#: (type, key): an answer's keys may be named there, too.
_ANSWERED: Final = frozenset(
    {("poll", "until"), ("wait", "condition"), ("api", "check"), ("database", "check")}
)
_READERS: Final = {"csv": csv_rows, "json": json_rows}
_SETTINGS: Final = ("type", "delimiter", "encoding", "has_header", "data_key")
_UNREADABLE: Final = (SisyphusError, OSError, ValueError, TypeError)
#: of `config`, what is rendered when there is a row; and keys in it that are rendered before.
_OF_A_ROW: Final = frozenset(("base_url", "variables", "headers", "proxies", "profiles", "mock"))
_BEFORE_ROWS: Final = frozenset(("timeout",))
_HOLD_CONDITIONS: Final = frozenset(
    (
        "config",
        "mock",
        "rules",
        "setup",
        "steps",
        "teardown",
        "loop_steps",
        "concurrent_steps",
        "request",
        "wait_condition",
    )
) | {"validations", "validate", "assertions", "sub_validations", "and", "or", "not", "each"}


def columns_of(source: Any, file: Path, prefix: str = "") -> frozenset[str]:
    """Of `config.data_source` of a file; none where they cannot be known."""
    found: frozenset[str] = frozenset()
    if isinstance(source, list):
        found = found.union(*(row for row in source if isinstance(row, dict)))
    elif isinstance(source, LocatedDict) and str(source.get("type")) in _READERS:
        with contextlib.suppress(*_UNREADABLE):
            found = _columns_of_file(source, file)
    elif isinstance(source, LocatedDict):
        return columns_of(source.get("data"), file, prefix)
    return frozenset(f"{prefix}{one}" for one in found)


def settle_rows(source: Any, file: Path, account: Account) -> None:
    """Of `config.data_source`: writes the encoding of its file, or tells why that is not read."""
    if not isinstance(source, LocatedDict) or str(source.get("type")) not in _READERS:
        return
    path = find_rows(str(source.get("file_path")), file)
    if path is None:  # whoever writes the case tells of it
        return
    at = source.locations["file_path"]
    content = path.read_bytes()
    if "encoding" not in source and (encoding := chinese_encoding_of(content)):
        put(source, "encoding", encoding, at)
        reason = tr(
            "{file} reads as {encoding}; now this is said", file=path.name, encoding=encoding
        )
        account.said(at, reason)
    try:
        _columns_of_file(source, file)
    except _UNREADABLE as error:
        reason = tr(
            "its columns are not known: {error}; convert again when they are", error=in_words(error)
        )
        account.said(at, reason)


def _columns_of_file(source: LocatedDict, file: Path) -> frozenset[str]:
    """Raises one of `_UNREADABLE`."""
    keys = {key: source[key] for key in _SETTINGS if key in source}
    named = str(source.get("file_path"))
    path = find_rows(named, file) or file.parent / named
    rows = _READERS[str(source["type"])](DataSource.model_construct(**keys), path, named)
    return frozenset().union(*rows)


class RowNames:
    """Names of columns: `${name}` becomes `${data.name}`, the row's, whatever else has it."""

    def __init__(self, names: Set[str], prefix: int = 0) -> None:
        """`prefix`: the length of what stands before each column's name."""
        self._names = sorted(names)
        self._prefix = prefix
        words = "|".join(map(re.escape, self._names))
        # texts, filters and tests are no variables, and neither is the `name` of `name=value`
        self._parts = re.compile(
            rf"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
               | (?<!\|)\|(?!\|)\s*\w+ | \bis\s+(?:not\s+)?\w+
               | (?<![\w.])(?P<name>{words})(?![\w(])(?!\s*=(?!=))""",
            re.VERBOSE | re.DOTALL,
        )

    def read_of_row(self, case: LocatedDict) -> None:
        for key in case.keys() - {"config"}:
            case[key] = with_texts(case[key], self._in_text, but=frozenset({"script"}))
        for holder, key, is_of_variables in _conditions(case):
            if is_of_variables:
                holder[key] = LocatedStr(self._in_expression(holder[key]), holder.locations[key])
        config = case.get("config")
        if isinstance(config, LocatedDict):
            for key in _OF_A_ROW & config.keys():
                config[key] = with_texts(config[key], self._in_text, but=_BEFORE_ROWS)

    def say_what_reads_none(self, case: LocatedDict, account: Account) -> None:
        """What still reads the profile's variables."""
        for text, at, key in _texts(case, case.location, ""):
            if isinstance(text, Include):
                reason = tr(
                    "where what is included names {names}, it now reads the profile's value, "
                    "not the row's",
                    names=tr(", ").join(self._names),
                )
                account.said(at, reason)
            elif key == "script" or self._in_text(text) != text:
                self._say(text, at, account)
        for holder, key, _ in _conditions(case):
            if self._in_expression(holder[key]) != holder[key]:
                self._say(holder[key], holder.locations[key], account)

    def _say(self, text: str, at: Location, account: Account) -> None:
        if used := [name for name in self._names if name in text]:
            reason = tr(
                "this now reads the profile's value of {names}, not the row's",
                names=tr(", ").join(used),
            )
            account.said(at, reason)

    def _in_text(self, text: str) -> str:
        try:
            pieces = scan_text(text)
        except TemplateError:  # it is refused
            return text
        for one in reversed(pieces):
            if isinstance(one, ExpressionSource):
                made = self._in_expression(one.text)
                text = f"{text[: one.start]}{made}{text[one.start + len(one.text) :]}"
        return text

    def _in_expression(self, text: str) -> str:
        def of_row(found: re.Match[str]) -> str:
            if found["text"]:
                return self._in_text(found[0])
            return f"data.{found[0][self._prefix :]}" if found["name"] else found[0]

        return self._parts.sub(of_row, text)


def _conditions(held: Any) -> Iterator[tuple[Any, Any, bool]]:
    """What is an expression without `${…}`, of a case, its steps or their checks: what holds it,
    its key there, and whether its names are variables; else an answer's keys may go over them."""
    if isinstance(held, LocatedList):
        for one in held:
            inner = [*one.values()] if isinstance(one, LocatedDict) else []
            is_named = len(inner) == 1 and isinstance(inner[0], LocatedDict)
            yield from _conditions(inner[0] if is_named else one)
    elif isinstance(held, LocatedDict):
        kind = held.get("type")
        keys = _CONDITIONS | {"expect", "expected"} if kind == "assert" else _CONDITIONS
        for key, child in held.items():
            if key in _HOLD_CONDITIONS:
                yield from _conditions(child)
            elif key == "assert" and isinstance(child, LocatedList):
                yield from ((child, 0, True) for text in child[:1] if isinstance(text, str))
            elif key in keys and isinstance(child, str) and not isinstance(child, Include):
                yield held, key, (kind, key) not in _ANSWERED


def _texts(value: Any, at: Location, key: Any) -> Iterator[tuple[str, Location, Any]]:
    """But those of rows; each with its place and the key that it stands under."""
    if isinstance(value, LocatedDict):
        for name in value.keys() - {"data_source"}:
            yield from _texts(value[name], value.locations[name], name)
    elif isinstance(value, LocatedList):
        for child_at, child in zip(value.locations, value, strict=True):
            yield from _texts(child, child_at, key)
    elif isinstance(value, str):
        yield value, at, key
