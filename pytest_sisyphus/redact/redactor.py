"""Masks secrets: values under secret names, and every secret value wherever it reappears.

Pure and linear. False alarms are preferred to leaks where a name is clear; words that merely
contain a secret name (monkey, author, keyboard) are not names.
"""

import base64
import functools
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

from .names import NO_SECRETS_OF_AUTH, SecretNames, words
from .text import TextMasker
from .values import MASK

#: shorter values are no secrets: masking each `1` or `abc` would hide the report, not the secret.
MIN_LENGTH: Final = 4
#: shorter ones are masked only as words of their own, not within longer ones.
MIN_INSIDE: Final = 8
#: what a password may be by chance, and what reports consist of.
_COMMON: Final = frozenset(
    "true false null none undefined passed failed skipped success error pending running".split()  # noqa: SIM905 - reads better
)
_MAX_DEPTH: Final = 150
#: characters from which it pays to look for the values one by one before searching for all.
_LONG: Final = 2_000
_FEW: Final = 100
_GROUPED_LETTERS: Final = 3
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]")
_BASE64_END: Final = re.compile(r"[A-Za-z0-9+/_=-]")
#: what an HTTP client leaves as it is in an address that is written with other characters.
_LEFT_BY_CLIENTS: Final = "!#$%&'()*+,/:;=?@[]~"
_PLAIN_WORD: Final = re.compile(r"[a-z_]*", re.IGNORECASE)


class Redactor:
    def __init__(self, extra_names: Iterable[str] = (), secret_values: Iterable[Any] = ()) -> None:
        self._names = SecretNames(extra_names)
        self._by_name = TextMasker(self._names)
        self._values: set[str] = set()
        self._search: tuple[tuple[str, ...], re.Pattern[str]] | None = None
        #: steps that run at the same time learn and mask at the same time.
        self._lock = threading.Lock()
        for value in secret_values:
            self.learn(value)

    def is_secret(self, name: object) -> bool:
        """A variable of this name holds a secret: `learn` its value."""
        return self._names.holds(name)

    def learn(self, value: Any) -> None:
        """A secret value, or data whose every value is one.

        Left alone: fewer than MIN_LENGTH characters, and words such as `true` or `success`.
        """
        if isinstance(value, Mapping | list | tuple):
            for item in value.values() if isinstance(value, Mapping) else value:
                self.learn(item)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            self._learn_text(str(value))

    def learn_named(self, data: Any) -> None:
        """Every value that stands under a secret name in the data."""
        stack = [data]
        while stack:
            one = stack.pop()
            if isinstance(one, Mapping):
                for name, value in one.items():
                    self.learn(value) if self.is_secret(name) else stack.append(value)
            elif isinstance(one, list | tuple):
                stack.extend(one)

    def learn_written(self, data: Mapping[str, Any]) -> None:
        """What a step says: what stands under secret names, and all of its `auth`."""
        self.learn_named(data)
        self._learn_auth(data.get("auth"))

    def _learn_auth(self, auth: Any) -> None:
        """Everything but what kind it is and whose; of `[user, password]` the second."""
        if isinstance(auth, Mapping):
            for name, value in auth.items():
                if "_".join(words(str(name))) not in NO_SECRETS_OF_AUTH:
                    self.learn(value)
        elif isinstance(auth, list | tuple):
            self.learn(auth[1:])

    def text(self, text: str) -> str:
        masked = self._by_name.mask(self._mask_values(text))
        while self._values and masked != text:
            # what is masked may end a word, and so show another secret
            text, masked = masked, self._by_name.mask(self._mask_values(masked))
        return masked

    def data(self, value: Any, _depth: int = 0) -> Any:
        """A copy with its secrets masked; deeper than any document's depth, a mask as a whole."""
        if isinstance(value, str):
            return self.text(value)
        if _depth > _MAX_DEPTH:
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value, _depth + 1)
        if isinstance(value, list | tuple):
            return [self.data(item, _depth + 1) for item in value]
        if isinstance(value, int | float) and str(value) in self._values:
            return MASK
        return value

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        masked = {}
        for key, item in value.items():
            name = self._key(key)
            while name in masked and name is not key:
                name += "*"  # no entry is lost because two keys are masked alike
            masked[name] = self._item(key, item, depth)
        return masked

    def _item(self, key: Any, item: Any, depth: int) -> Any:
        if self._names.holds(key) or (isinstance(item, str) and self._names.weakly_holds(key)):
            return _all_masked(item, depth)
        return self.data(item, depth)

    def _key(self, key: Any) -> Any:
        """A key is masked if it holds a secret; a plain word is a name, whatever the password."""
        return key if not isinstance(key, str) or _PLAIN_WORD.fullmatch(key) else self.text(key)

    def _learn_text(self, value: str) -> None:
        if len(value) < MIN_LENGTH or value.lower() in _COMMON or not value.strip("* "):
            return
        with self._lock:
            if value not in self._values:
                self._values.add(value)
                self._search = None

    def _searching(self) -> tuple[tuple[str, ...], re.Pattern[str]]:
        """Texts one of which must be there, and the pattern of all values."""
        with self._lock:
            if self._search is None:
                self._search = _search_for(self._values)
            return self._search

    def _mask_values(self, text: str) -> str:
        if not self._values:
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
        return "".join((*pieces, text[done:]))


def _whole_base64(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
    while start > limit and _BASE64.match(text, start - 1):
        start -= 1
    while _BASE64_END.match(text, end):
        end += 1
    return start, end


def _all_masked(value: Any, depth: int) -> Any:
    """What stands under a secret name; its shape stays, and what is no secret: null, true, ''."""
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {key: _all_masked(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_all_masked(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    is_template = isinstance(value, str) and value.startswith("${") and value.endswith("}")
    return value if is_template else MASK


def _search_for(values: Iterable[str]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """All values in all their spellings, longest first; short ones only as words of their own."""
    spellings = {one for value in values for one in _spellings(value)}
    inside = [one for one in spellings if len(one) >= MIN_INSIDE]
    words = [one for one in spellings if len(one) < MIN_INSIDE]
    cores = {core for value in values for core in _base64_cores(value)}
    groups = (
        _any_of(inside),
        rf"(?<![^\W_])(?:{_any_of(words)})(?![^\W_])" if words else "",
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


@functools.cache
def _by_name() -> Redactor:
    return Redactor()


def redact_text(text: str) -> str:
    """Masks what stands beside secret names, where no value is known to be one."""
    return _by_name().text(text)
