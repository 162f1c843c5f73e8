"""Secret values wherever they reappear, in every spelling, found by one pattern for all of them."""

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from .values import MASK

#: shorter values are no secrets: masking each `1` or `abc` would hide the report, not the secret.
MIN_LENGTH: Final = 4
#: shorter ones are masked only as words of their own, not within longer ones.
MIN_INSIDE: Final = 8
#: one without letters is masked beside letters, too (`c918273`): not within longer numbers.
MIN_NUMBER: Final = 5
#: what a password may be by chance, and what reports consist of.
_WORDS: Final = """
true false null none undefined passed failed skipped success error pending running
test tests case cases step steps name http https json yaml localhost pytest
"""
_COMMON: Final = frozenset(_WORDS.split())
#: characters from which it pays to look for the values one by one before searching for all.
_LONG: Final = 2_000
_FEW: Final = 100
_GROUPED_LETTERS: Final = 3
_LETTER: Final = re.compile(r"[^\W\d_]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]")
_BASE64_END: Final = re.compile(r"[A-Za-z0-9+/_=-]")
#: what an HTTP client leaves as it is in an address that is written with other characters.
_LEFT_BY_CLIENTS: Final = "!#$%&'()*+,/:;=?@[]~"


class KnownValues:
    def __init__(self) -> None:
        self._values: set[str] = set()
        self._search: tuple[tuple[str, ...], re.Pattern[str]] | None = None
        self._shortest = MIN_LENGTH
        #: steps that run at the same time learn and mask at the same time.
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def learn(self, value: str) -> None:
        """Left alone: fewer than MIN_LENGTH characters, and words such as `true` or `success`."""
        if len(value) < MIN_LENGTH or value.lower() in _COMMON or not value.strip("* "):
            return
        with self._lock:
            if value not in self._values:
                self._values.add(value)
                self._search = None

    def mask(self, text: str) -> str:
        if not self._values or len(text) < self._shortest:
            return text
        needles, pattern = self._searching()
        few = len(text) > _LONG and len(needles) <= _FEW
        if few and not any(needle in text for needle in needles):
            return text
        pieces: list[str] = []
        done = 0
        for found in pattern.finditer(text):
            start, end = found.span()
            if found.lastgroup == "base64":
                start, end = _whole_base64(text, start, end, done)
            if end > done:
                pieces += [text[done : max(start, done)], MASK]
                done = end
        return "".join((*pieces, text[done:])) if done else text

    def _searching(self) -> tuple[tuple[str, ...], re.Pattern[str]]:
        """Texts one of which must be there, and the pattern of all values."""
        with self._lock:
            if self._search is None:
                self._search = _search_for(self._values)
                self._shortest = min(map(len, self._search[0]))
            return self._search


def _whole_base64(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
    while start > limit and _BASE64.match(text, start - 1):
        start -= 1
    while _BASE64_END.match(text, end):
        end += 1
    return start, end


def _search_for(values: Iterable[str]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """All values in all their spellings, longest first; short ones only as words or numbers."""
    spellings = {one for value in values for one in _spellings(value)}
    inside = [one for one in spellings if len(one) >= MIN_INSIDE]
    short = [one for one in spellings if len(one) < MIN_INSIDE]
    numbers = [one for one in short if len(one) >= MIN_NUMBER and not _LETTER.search(one)]
    words = set(short).difference(numbers)
    cores = {core for value in values for core in _base64_cores(value)}
    groups = (
        _any_of(inside),
        rf"(?<![^\W_])(?:{_any_of(words)})(?![^\W_])" if words else "",
        rf"(?<!\d)(?:{_any_of(numbers)})(?!\d)" if numbers else "",
        f"(?P<base64>{_any_of(cores)})" if cores else "",
    )
    return (*spellings, *cores), re.compile("|".join(filter(None, groups)))


def _any_of(words: Iterable[str], depth: int = 0) -> str:
    """An alternation, longest first; of many words, grouped by their first letters for speed."""
    ordered = sorted(words, key=lambda one: (-len(one), one))
    if depth == _GROUPED_LETTERS or len(ordered) <= _FEW:
        return "|".join(map(re.escape, ordered))
    groups: dict[str, list[str]] = {}
    for word in ordered:
        groups.setdefault(word[:1], []).append(word[1:])
    ended = groups.pop("", None)
    longer = [f"{re.escape(first)}(?:{_any_of(rest, depth + 1)})" for first, rest in groups.items()]
    return "|".join((*longer, "") if ended else longer)


def _spellings(value: str) -> Iterator[str]:
    """As it is, in URLs and forms, in JSON, and in JSON that is text in JSON."""
    octets = value.encode(errors="surrogatepass")
    ways = (quote(octets, safe=one) for one in ("", "/", _LEFT_BY_CLIENTS))
    for encoded in (*ways, quote_plus(octets)):
        yield encoded
        yield re.sub("%..", lambda found: found.group().lower(), encoded)
    for ascii_only in (True, False):
        escaped = value
        for _ in range(2):
            yield escaped
            escaped = json.dumps(escaped, ensure_ascii=ascii_only)[1:-1]
        yield escaped


def _base64_cores(value: str) -> Iterator[str]:
    """What base64 makes of the value wherever it stands in the encoded text (`user:value`)."""
    octets = value.encode(errors="surrogatepass")
    for shift in range(3):
        padded = bytes(shift) + octets
        whole = len(padded) // 3 * 4  # characters that no octet behind the value changes
        core = base64.b64encode(padded)[(shift * 8 + 5) // 6 : whole].decode()
        if len(core) >= MIN_INSIDE:
            yield core
            yield quote(core, safe="")
            yield core.translate(str.maketrans("+/", "-_"))
