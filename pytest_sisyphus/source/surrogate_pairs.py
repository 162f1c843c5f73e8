"""Pairs of surrogates, by which JSON escapes what lies beyond 16 bits: YAML has another escape."""

import re
from bisect import bisect_left
from typing import Any, Final

from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_PAIR: Final = lazy_pattern(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
#: characters that a pair takes more than YAML's escape.
_LONGER: Final = len(r"\ud83d\ude00") - len(r"\U0001f600")


class JoinedSurrogates:
    """A YAML text with every pair as YAML's escape for that character."""

    def __init__(self, text: str) -> None:
        #: where in the new text each escape stands, and the pair it was.
        self._starts: list[int] = []
        self._pairs: list[str] = []
        self.text = _PAIR.sub(self._escape, text)

    def _escape(self, found: re.Match[str]) -> str:
        high, low = (int(found[group], 16) - base for group, base in ((2, 0xD800), (3, 0xDC00)))
        start = found.end(1)
        self._starts.append(start - _LONGER * len(self._starts))
        self._pairs.append(found.string[start : found.end()])
        return f"{found[1]}\\U{0x10000 + high * 0x400 + low:08x}"

    def value(self, node: Any) -> str:
        """The text of a scalar. Only double quotes know escapes: elsewhere pairs are as written."""
        value: str = node.value
        if not self._starts or node.style == '"':
            return value
        first = bisect_left(self._starts, node.start_mark.index)
        after = bisect_left(self._starts, node.end_mark.index)
        for start, pair in zip(self._starts[first:after], self._pairs[first:after], strict=True):
            escape = self.text[start : start + len(pair) - _LONGER]
            value = value.replace(escape, pair, 1)
        return value

    def column(self, mark: Any) -> int:
        """The column of a mark in the text as it was written, from 1."""
        if not self._starts:
            return int(mark.column) + 1
        before = bisect_left(self._starts, mark.index)
        line = bisect_left(self._starts, mark.index - mark.column)
        return int(mark.column) + 1 + _LONGER * (before - line)
