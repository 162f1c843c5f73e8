"""Secrets in XML and HTML, by the names of elements and attributes.

Read in one pass from left to right, so that also what is cut off or no markup costs no more.
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Final

from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: what is not closed goes on to the end: nothing is read twice.
_PIECE: Final = lazy_pattern(
    r"""<!--.*?(?:-->|\Z)
      | <!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
      | <\?.*?(?:\?>|\Z)
      | <(?P<closes>/?)(?P<name>[^\W\d][\w.:-]*)
        (?P<attributes>(?:[^<>=]+|=\s*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z))?)*)>?
      | (?P<text>[^<]+)
      | <""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE: Final = lazy_pattern(
    r"""(?P<name>[^\s=<>"'/]+)\s*
      (?:=\s*(?:"(?P<double>[^"]*)"?|'(?P<single>[^']*)'?|(?P<bare>[^\s"'<>]+))?)?""",
    re.VERBOSE,
)
#: attributes that name what the element holds: `<input name="csrf_token" value="…">`.
_NAMING: Final = frozenset({"name", "key", "property"})
_HOLDING: Final = frozenset({"value", "content"})


def secrets_of_markup(text: str, is_secret: Callable[[object], bool]) -> Iterator[str]:
    """Values of attributes and texts of elements with secret names, and all that is in such
    elements; as it is written, and as it is read."""
    reading = _Reading(text, is_secret)
    for piece in _PIECE.finditer(text):
        written = piece["text"] if piece["cdata"] is None else piece["cdata"]
        if written is not None:
            yield from reading.take_text(written)
        elif piece["name"]:
            take = reading.take_end if piece["closes"] else reading.take_start
            yield from take(piece)
    yield from _of_element(reading.texts)


class _Reading:
    def __init__(self, text: str, is_secret: Callable[[object], bool]) -> None:
        self._text = text
        self._is_secret = is_secret
        #: the outermost secret element around, how many of its name are open, and the texts in it.
        self._around = ""
        self._depth = 0
        self.texts: list[str] = []
        #: names of secret elements that are closed nowhere from here on.
        self._unclosed: set[str] = set()
        #: what comes next stands behind the start of one of these.
        self._is_after_start = False

    def take_text(self, written: str) -> Iterator[str]:
        if self._around:
            self.texts.append(written)
        elif self._is_after_start:
            yield from _as_read(written)
        self._is_after_start = False

    def take_end(self, piece: re.Match[str]) -> Iterator[str]:
        self._is_after_start = False
        self._depth -= piece["name"] == self._around
        if self._around and not self._depth:
            texts, self._around, self.texts = self.texts, "", []
            yield from _of_element(texts)

    def take_start(self, piece: re.Match[str]) -> Iterator[str]:
        attributes = [
            (one["name"], next(filter(None, one.group("double", "single", "bare")), ""))
            for one in _ATTRIBUTE.finditer(piece["attributes"])
        ]
        is_own = self._is_secret(piece["name"])
        is_named = any(key in _NAMING and self._is_secret(value) for key, value in attributes)
        for key, value in attributes:
            if (
                (self._around or is_own or self._is_secret(key))
                or (is_named and key.lower() in _HOLDING)
            ) and not key.startswith("xmlns"):
                yield from _as_read(value)
        if not piece["attributes"].endswith("/"):
            name = piece["name"]
            if self._around:
                self._depth += name == self._around
            elif (is_own or is_named) and name not in self._unclosed:
                if self._text.find(f"</{name}", piece.end()) >= 0:
                    self._around, self._depth = name, 1
                else:
                    self._unclosed.add(name)
            self._is_after_start = is_own and not self._around


def _of_element(texts: list[str]) -> Iterator[str]:
    """Each text in it, and all together, as an XPath reads an element."""
    for one in texts if len(texts) == 1 else [*texts, "".join(texts)]:
        yield from _as_read(one)


def _as_read(written: str) -> Iterator[str]:
    for one in (written, html.unescape(written)) if "&" in written else (written,):
        yield one
        if one != one.strip():
            yield one.strip()
