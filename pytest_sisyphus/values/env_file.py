"""The text of a `.env` file: one `NAME=VALUE` a line."""

import re
from collections.abc import Iterator
from typing import Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_NAME: Final = lazy_pattern(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=")
_SINGLE: Final = lazy_pattern(r"'([^']*)'")
_DOUBLE: Final = lazy_pattern(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN: Final = lazy_pattern(r"[^\n]*")
_BLANKS: Final = lazy_pattern(r"[ \t]*")
#: where a comment would begin.
_COMMENT: Final = lazy_pattern(r"[ \t]#")
_ESCAPED: Final = lazy_pattern(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"} | {one: one for one in "\\\"'$`"}
_EXPANSION: Final = lazy_pattern(r"(?<!\\)\$[{(A-Za-z_]")


class EnvFileError(ValueError):
    """A line that cannot be read; the message holds nothing of the values."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse_env_file(text: str) -> Iterator[tuple[str, str, int]]:
    """Name, value and line of each variable. Raises EnvFileError.

    In double quotes a backslash escapes, single quotes keep all; both may hold several lines.
    Nothing is put in for `$NAME`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    seen: dict[str, int] = {}
    at, line, counted = 0, 1, 0
    while at < len(text):
        end = text.find("\n", at) % (len(text) + 1)
        line += text.count("\n", counted, at)
        counted = at
        written = text[at:end].strip()
        if not written or written.startswith("#"):
            at = end + 1
            continue
        at += len(text[at:end]) - len(text[at:end].lstrip())
        name = _NAME.match(text, at, end)
        if name is None:
            message = tr("expected NAME=VALUE; a name has letters, digits and _")
            raise EnvFileError(line, message)
        if first := seen.get(name[1]):
            message = tr(
                "{name} stands twice; it is first in line {first}", name=name[1], first=first
            )
            raise EnvFileError(line, message)
        seen[name[1]] = line
        value, at = _value(text, name.end(), name[1], line)
        yield name[1], value, line


def _value(text: str, at: int, name: str, line: int) -> tuple[str, int]:
    """The value that begins there, and where the next line does."""
    blanks = _BLANKS.match(text, at)
    start = blanks.end() if blanks else at
    quote = text[start : start + 1]
    if quote not in {"'", '"'}:
        found = _PLAIN.match(text, at)
        value = found[0].strip() if found else ""
        if found and _COMMENT.search(found[0]):
            message = tr(
                "the value of {name} has a # behind a blank, which is a remark to some tools and "
                'part of the value to others: quote the value ("p@ss # word"), or put the remark '
                "on a line of its own",
                name=name,
            )
            raise EnvFileError(line, message)
        if _EXPANSION.search(value):
            raise EnvFileError(line, _not_expanded(name))
        return value, (found.end() if found else at) + 1
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    if quoted is None:
        message = tr("the {quote} before the value of {name} is not closed", quote=quote, name=name)
        raise EnvFileError(line, message)
    rest = _PLAIN.match(text, quoted.end())
    behind = rest[0] if rest else ""
    if behind.strip() and not behind.lstrip().startswith("#"):
        message = tr(
            "something stands behind the closing {quote} of {name}", quote=quote, name=name
        )
        raise EnvFileError(line, message)
    next_line = quoted.end() + len(behind) + 1
    if quote == "'":
        return quoted[1], next_line
    if _EXPANSION.search(quoted[1]):
        raise EnvFileError(line, _not_expanded(name))
    return _unescaped(quoted[1], name, line), next_line


def _unescaped(text: str, name: str, line: int) -> str:
    """`line`: where the text begins."""
    for one in _ESCAPED.finditer(text):
        if one[1] not in _ESCAPES:
            message = tr(
                "a backslash in the value of {name} escapes nothing that is known; in double "
                r"""quotes there are \n, \r, \t, \\, \", \', \$ and \`; single quotes """
                "keep it as it is",
                name=name,
            )
            raise EnvFileError(line + text.count("\n", 0, one.start()), message)
    return _ESCAPED.sub(lambda one: _ESCAPES[one[1]], text)


def _not_expanded(name: str) -> str:
    return tr(
        "the value of {name} holds $…, for which nothing is put in; single quotes keep it as it is",
        name=name,
    )
