"""Secrets: values that print as stars, tokens, their hashes, and taking them out of text."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_PREFIX: Final = "sis_"
_TOKEN: Final = re.compile(_PREFIX + r"[A-Za-z0-9_-]{43}")
_TOKEN_BYTES: Final = re.compile(_TOKEN.pattern.encode())
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
    return hmac.compare_digest(digest(left), digest(right))


def mask(text: str, hidden: Iterable[Secret]) -> str:
    """Without these secrets (but for short ones: no word would be left), and any token of ours."""
    text = _TOKEN.sub("***", text)
    for secret in hidden:
        if len(secret) >= SHORTEST:
            text = text.replace(secret.reveal(), "***")
    return text


def masked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same number of bytes, with stars for tokens of ours, also where two blocks meet."""
    held = b""
    for block in blocks:
        held = _TOKEN_BYTES.sub(lambda found: b"*" * len(found[0]), held + block)
        ready = max(0, len(held) - _TOKEN_SIZE)
        if ready:
            yield held[:ready]
            held = held[ready:]
    yield held
