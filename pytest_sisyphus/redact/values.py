"""The values behind a secret name in JSON, Python and the like, in quotes of any depth."""

import functools
import re
from typing import Final

from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

MASK: Final = "***"

_QUOTE = lazy_pattern(r"b?(\\{0,7})([\"'])")
_TOKEN = lazy_pattern(
    r"""b?(?P<quote>\\{0,7}["'])|(?P<number>-?\b\d[\d.eE+-]*)|[\[\]{}]|\w+""",
)
_KEY = lazy_pattern(r"\s{0,99}:")
_BRACKETS = {"{": 1, "[": 1, "}": -1, "]": -1}


@record(kw_only=False)
class MaskedValue:
    masked: str
    #: where the text goes on.
    end: int


def quoted(text: str, at: int) -> MaskedValue | None:
    """A string, also one that is not closed before its line ends. None: there is no secret."""
    opening = _QUOTE.match(text, at)
    if opening is None:
        return None
    quote = opening[1] + opening[2]
    content = _content(quote).match(text, opening.end())
    value = content.group() if content else ""
    if not value or (value.startswith("${") and value.endswith("}")):
        return MaskedValue(opening.group() + value, opening.end() + len(value))
    return MaskedValue(f"{opening.group()}{MASK}", opening.end() + len(value))


def block(text: str, at: int) -> MaskedValue:
    """A mapping or list: every value in it masked, its keys and constants kept."""
    pieces: list[str] = []
    depth, position, quote = 0, at, '"'
    while token := _TOKEN.search(text, position):
        pieces.append(text[position : token.start()])
        position = token.end()
        if token["quote"]:
            quote = token["quote"]
            value = quoted(text, token.start()) or MaskedValue(token.group(), position)
            closed = value.end + len(quote)
            if _KEY.match(text, closed):
                value = MaskedValue(text[token.start() : closed], closed)
            elif text.startswith(quote, value.end):
                value = MaskedValue(value.masked + quote, closed)
            pieces.append(value.masked)
            position = value.end
        elif token["number"]:
            pieces.append(f"{quote}{MASK}{quote}")
        else:
            pieces.append(token.group())
            depth += _BRACKETS.get(token.group(), 0)
            if not depth:
                break
    return MaskedValue("".join(pieces), position)


@functools.lru_cache(maxsize=32)
def _content(quote: str) -> re.Pattern[str]:
    """What stands between two such quotes, on one line."""
    if len(quote) == 1:
        return re.compile(rf"[^{quote}\\\r\n]*(?:\\.[^{quote}\\\r\n]*)*")
    return re.compile(rf"[^\r\n]*?(?=(?<!\\){re.escape(quote)}|[\r\n]|\Z)")
