"""Secret values wherever they reappear, in every spelling, found by one pattern for all of them."""

import base64
import functools
import json
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from pytest_sisyphus.redact.cut_values import CutValues
from pytest_sisyphus.redact.values import MASK
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

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
bearer basic digest lax strict
"""
_COMMON: Final = frozenset(_WORDS.split())
#: of a Set-Cookie line, which is secret for its value alone.
_COOKIE_ATTRIBUTE: Final = lazy_pattern(
    r"[;\s]*(?:httponly|secure|partitioned|(?:samesite|path|domain|max-age|expires)(?:=[^;]*)?)[;\s]*",
    re.IGNORECASE,
)
#: texts that are looked for one by one, and that an alternation holds without groups.
_FEW: Final = 100
_GROUPED_LETTERS: Final = 3
_BEGINS_NUMBERS: Final = frozenset("-0123456789")
#: what neither URLs nor JSON write in another way.
_ALWAYS_ALIKE: Final = lazy_pattern(r"[\w.~-]+", re.ASCII)
#: base64 as URLs have it.
_TO_URLS: Final = str.maketrans("+/", "-_")
_LETTER: Final = lazy_pattern(r"[^\W\d_]")
_BASE64: Final = lazy_pattern(r"[A-Za-z0-9+/_-]")
_BASE64_END: Final = lazy_pattern(r"[A-Za-z0-9+/_=-]")
#: what an HTTP client leaves as it is in an address that is written with other characters.
_LEFT_BY_CLIENTS: Final = "!#$%&'()*+,/:;=?@[]~"


class SecretValues:
    def __init__(self) -> None:
        self._values: set[str] = set()
        #: whether one of them may be what a number looks like.
        self.has_numbers = False
        self._matcher: _Matcher | None = None
        #: steps that run at the same time learn and mask at the same time.
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def learn(self, value: str) -> None:
        """Left alone: fewer than MIN_LENGTH characters, and words such as `true` or `HttpOnly`."""
        if (
            len(value) < MIN_LENGTH
            or value.lower() in _COMMON
            or not value.strip("* ")
            or _COOKIE_ATTRIBUTE.fullmatch(value)
        ):
            return
        with self._lock:
            if value not in self._values:
                self._values.add(value)
                self.has_numbers = self.has_numbers or value[0] in _BEGINS_NUMBERS
                self._matcher = None

    def mask(self, text: str) -> str:
        if not self._values:
            return text
        matcher = self._matcher or self._make_matcher()
        text = matcher.without_pieces(text)
        if not matcher.may_find(text):
            return text
        pieces: list[str] = []
        done = 0
        for found in matcher.pattern.finditer(text):
            start, end = found.span()
            if found.lastgroup == "base64":
                while start > done and _BASE64.match(text, start - 1):
                    start -= 1
                while _BASE64_END.match(text, end):
                    end += 1
            if end > done:
                pieces += [text[done : max(start, done)], MASK]
                done = end
        return "".join((*pieces, text[done:])) if done else text

    def _make_matcher(self) -> "_Matcher":
        with self._lock:
            if self._matcher is None:
                self._matcher = _Matcher(self._values)
            return self._matcher


class _Matcher:
    """Finds all values in all their spellings."""

    def __init__(self, values: Iterable[str]) -> None:
        self._spellings = {one for value in values for one in _spellings(value)}
        self._cores = {core for value in values for core in _base64_cores(value)}
        #: one of them is there, or nothing is; shortest first.
        self._needles = sorted(self._spellings | self._cores, key=len)

    def may_find(self, text: str) -> bool:
        """Most texts hold no secret, and most cases show none: a few values are looked for one by
        one, so that no pattern is made of them before one is there."""
        if len(self._needles) > _FEW:
            return len(text) >= len(self._needles[0])
        length = len(text)
        for needle in self._needles:
            if len(needle) > length:
                return False
            if needle in text:
                return True
        return False

    def without_pieces(self, text: str) -> str:
        return self._cut_values.mask(text) if "…" in text else text

    @functools.cached_property
    def _cut_values(self) -> CutValues:
        return CutValues(self._spellings)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """Longest first; short values only as words or numbers."""
        inside = [one for one in self._spellings if len(one) >= MIN_INSIDE]
        short = [one for one in self._spellings if len(one) < MIN_INSIDE]
        numbers = [one for one in short if len(one) >= MIN_NUMBER and not _LETTER.search(one)]
        words = set(short).difference(numbers)
        groups = (
            _any_of(inside),
            rf"(?<![^\W_])(?:{_any_of(words)})(?![^\W_])" if words else "",
            rf"(?<!\d)(?:{_any_of(numbers)})(?!\d)" if numbers else "",
            f"(?P<base64>{_any_of(self._cores)})" if self._cores else "",
        )
        return re.compile("|".join(filter(None, groups)))


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
    """The value as it is, in URLs and forms, in JSON, and in JSON that is text in JSON."""
    if _ALWAYS_ALIKE.fullmatch(value):
        yield value
        return
    octets = value.encode(errors="surrogatepass")
    ways = (quote(octets, safe=one) for one in ("", "/", _LEFT_BY_CLIENTS))
    for encoded in {*ways, quote_plus(octets)}:
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
            if not core.isalnum():
                yield quote(core, safe="")
                yield core.translate(_TO_URLS)
