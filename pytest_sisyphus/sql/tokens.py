"""As much of SQL's grammar as needed: quotes, comments, placeholders, ends of statements."""

import functools
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.numbers import Numeral
from pytest_sisyphus.values.record import record

Backend = Literal["sqlite", "postgresql", "mysql"]

#: what may stand in a quotation, by its quote and whether `\` escapes.
_QUOTED = r"{0}[^{0}]*(?:{0}{0}[^{0}]*)*{0}(?!{0})"
_ESCAPED = r"{0}[^{0}\\]*(?:(?:\\.|{0}{0})[^{0}\\]*)*{0}(?!{0})"
_COMMENTS: Final[Mapping[Backend, str]] = {
    "sqlite": r"--[^\n]*",
    "postgresql": r"--[^\n]*",
    "mysql": r"--(?=\s|\Z)[^\n]*|\#[^\n]*",
}
_BODIES: Final[Mapping[Backend, str]] = {
    "sqlite": r"(?!)",
    "postgresql": r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$",
    "mysql": r"(?!)",
}
_DELIMITER: Final = re.compile(r"^[ \t]*DELIMITER[ \t]+(\S+)[ \t]*$", re.IGNORECASE | re.MULTILINE)


@record(kw_only=False)
class Token:
    #: escaped, single, double, back (quotations), comment, body, named, question, percent,
    #: double_percent, end, code; a number between NULs (a place kept for a value) stays whole
    kind: str
    text: str


@functools.cache
def _grammar(backend: Backend) -> re.Pattern[str]:
    quoted = _ESCAPED if backend == "mysql" else _QUOTED
    escaped = r"(?<!\w)[eE]" + _ESCAPED.format("'") if backend == "postgresql" else "(?!)"
    return re.compile(
        rf"""(?P<escaped>{escaped})
           | (?P<single>{quoted.format("'")})
           | (?P<double>{quoted.format('"')})
           | (?P<back>{_QUOTED.format("`")})
           | (?P<comment>{_COMMENTS[backend]}|/\*.*?\*/)
           | (?P<body>{_BODIES[backend]})
           | (?P<named>(?<![:\w]):[^\W\d]\w*)
           | (?P<question>\?)
           | (?P<double_percent>%%)
           | (?P<percent>%s)
           | (?P<end>;)
           | (?P<code>\0\d+\0|::|\w+|.)""",
        re.VERBOSE | re.DOTALL,
    )


def tokens(sql: str, backend: Backend) -> Iterator[Token]:
    for found in _grammar(backend).finditer(sql):
        kind = found.lastgroup
        yield Token("body" if kind == "tag" else str(kind), found.group())


def bind_parameters(sql: str, params: Any, backend: Backend) -> tuple[str, dict[str, Any]]:
    """The text with `:p0`-like marks as SQLAlchemy's `text()` reads them, and their values.

    Raises ConfigError when marks and values do not fit each other.
    """
    if params is None:
        return _escape_colons(sql), {}
    if isinstance(params, Mapping):
        text, values = _bind_by_name(sql, params, backend)
    elif isinstance(params, list | tuple):
        text, values = _bind_by_position(sql, params, backend)
    else:
        raise ConfigError(tr("params is a mapping or a list, not {params!r}", params=params))
    # every digit goes to a database that has decimals; SQLite has doubles alone
    for name, value in values.items():
        if isinstance(value, Numeral):
            values[name] = float(value) if backend == "sqlite" else value.decimal
    return text, values


def split_statements(sql: str, backend: Backend) -> list[str]:
    """The statements of a script. MySQL's `DELIMITER` and SQLite's triggers are understood."""
    if backend == "mysql" and _DELIMITER.search(sql):
        return list(_split_delimited(sql))
    made, current = [], ""
    for token in tokens(sql, backend):
        if token.kind == "end" and (
            backend != "sqlite" or sqlite3.complete_statement(current + ";")
        ):
            made.append(current)
            current = ""
        else:
            current += token.text
    return [one.strip() for one in (*made, current) if _is_statement(one, backend)]


def _split_delimited(sql: str) -> Iterator[str]:
    delimiter, texts = ";", iter(_DELIMITER.split(sql))
    for text in texts:
        parts = split_statements(text, "mysql") if delimiter == ";" else text.split(delimiter)
        yield from (part.strip() for part in parts if _is_statement(part, "mysql"))
        delimiter = next(texts, ";")


def _is_statement(sql: str, backend: Backend) -> bool:
    return any(token.kind != "comment" and token.text.strip() for token in tokens(sql, backend))


def _escape_colons(text: str) -> str:
    r"""`text()` takes `:name` for a mark, wherever it stands, and `\:` for a colon."""
    return text.replace(":", r"\:")


def _bind_by_name(
    sql: str, params: Mapping[str, Any], backend: Backend
) -> tuple[str, dict[str, Any]]:
    made, values = [], {}
    for token in tokens(sql, backend):
        name = token.text[1:]
        if token.kind == "named":
            if name not in params:
                raise ConfigError(
                    tr("params has no value for :{name}{near}", name=name, near=near(name, params))
                )
            values[name] = params[name]
            made.append(token.text)
        else:
            made.append(_escape_colons(token.text))
    unused = [str(name) for name in params if name not in values]
    if unused:
        raise ConfigError(
            tr("the SQL has no :{name}, for which params has a value", name=unused[0])
        )
    return "".join(made), values


def _bind_by_position(
    sql: str, params: Sequence[Any], backend: Backend
) -> tuple[str, dict[str, Any]]:
    found = list(tokens(sql, backend))
    mark = "percent" if any(token.kind == "percent" for token in found) else "question"
    made, count = [], 0
    for token in found:
        if token.kind == mark:
            made.append(f":p{count}")
            count += 1
        elif token.kind == "double_percent" and mark == "percent":
            made.append("%")
        else:
            made.append(_escape_colons(token.text))
    if count != len(params):
        named = [token.text[1:] for token in found if token.kind == "named"]
        raise ConfigError(
            tr(
                "the SQL has {count} marks (? or %s), params has {values} values{hint}",
                count=count,
                values=len(params),
                hint=""
                if count or not named
                else tr("; for :{name} write params: {{{name}: …}}", name=named[0]),
            )
        )
    return "".join(made), {f"p{index}": value for index, value in enumerate(params)}
