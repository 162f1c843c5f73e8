"""Secrets: values that print as stars, tokens, their hashes, and taking them out of text."""

import hashlib
import hmac
import html
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

_PREFIX: Final = "sis_"
_TOKEN: Final = _PREFIX + "[A-Za-z0-9_-]{43}"
#: characters; a shorter secret can be guessed, and is part of ordinary words.
SHORTEST: Final = 8
_TOKEN_SIZE: Final = len(_PREFIX) + 43


class Secret(str):
    """Text that prints as stars; `reveal()` is its only way out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***" if self else "", spec)

    def reveal(self) -> str:
        return str.__str__(self)


def read_secret(text: str) -> Secret:
    """As given, or the content of the file named after an `@`; ValueError if it cannot be read."""
    if not text.startswith("@"):
        return Secret(text)
    try:
        return Secret(Path(text[1:]).read_text("utf-8").strip())
    except (OSError, ValueError) as error:
        raise ValueError("that file cannot be read") from error


def new_token() -> Secret:
    """The prefix lets a token be found in any text, by us and by secret scanners."""
    return Secret(_PREFIX + secrets.token_urlsafe(32))


def digest(text: str) -> str:
    """SHA-256 in hex; enough for random tokens, which nobody can guess from a list."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Equality in constant time."""
    return same_digest(digest(left), digest(right))


def same_digest(left: str, right: str) -> bool:
    """`same` of two digests."""
    return hmac.compare_digest(left, right)


def mask(text: str, hidden: Iterable[Secret]) -> str:
    """Without these secrets (but for short ones: no word would be left), and any token of ours."""
    return masker(hidden)(text)


def masker(hidden: Iterable[Secret]) -> Callable[[str], str]:
    """`mask`, prepared for many texts."""
    spelled = _spelled(hidden)
    pattern = re.compile("|".join([_TOKEN, *map(re.escape, spelled)]))
    signs = (_PREFIX, *spelled)

    def masked(text: str) -> str:
        """Words are found far faster than a choice of them, and most texts have none."""
        for sign in signs:
            if sign in text:
                return pattern.sub("***", text)
        return text

    return masked


def masked(blocks: Iterable[bytes], hidden: Iterable[Secret] = ()) -> Iterator[bytes]:
    """The same number of bytes, with stars for what `mask` takes out, also where blocks meet."""
    texts = [text.encode("utf-8", "surrogatepass") for text in _spelled(hidden)]
    pattern = re.compile(b"|".join([_TOKEN.encode(), *map(re.escape, texts)]))
    longest = max([_TOKEN_SIZE, *map(len, texts)])
    held = b""
    for block in blocks:
        held += block
        ready = _whole(pattern, held, max(0, len(held) - longest))
        if ready:
            yield _starred(pattern, held[:ready])
            held = held[ready:]
    yield _starred(pattern, held)


def _whole(pattern: re.Pattern[bytes], held: bytes, ready: int) -> int:
    """Where to cut: what begins before `ready` is there to its end, and is not cut in two."""
    for found in pattern.finditer(held):
        if found.start() >= ready:
            break
        ready = max(ready, found.end())
    return ready


def _starred(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    return pattern.sub(lambda found: b"*" * len(found[0]), text)


def _spelled(hidden: Iterable[Secret]) -> list[str]:
    """As they are, and as JSON, HTML and addresses write them; the longest first."""
    texts = [secret.reveal() for secret in hidden if len(secret) >= SHORTEST]
    ways = (str, html.escape, _as_json, _as_part)
    return sorted({way(text) for text in texts for way in ways}, key=len, reverse=True)


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_part(text: str) -> str:
    return quote(text, safe="", errors="replace")
