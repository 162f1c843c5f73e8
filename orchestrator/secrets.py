"""Secrets: values that print as stars, tokens, their hashes, and taking them out of text."""

import hashlib
import hmac
import html
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from orchestrator.i18n import tr

_PREFIX: Final = "sis_"
TOKEN: Final = _PREFIX + "[A-Za-z0-9_-]{43}"
#: characters; a shorter secret can be guessed, and is part of ordinary words.
SHORTEST: Final = 8
TOKEN_SIZE: Final = len(_PREFIX) + 43
#: of files that hold a secret, or webhooks.
_SUFFIXES: Final = frozenset({".key", ".pem", ".secret", ".toml", ".txt", ".url"})
_RELATIVE: Final = re.compile(r"\.{1,2}/|~[\w.-]*/")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")


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
    """As given, or the content of the file named after an `@`; ValueError if there is none, or if
    the `@` was forgotten: a path is no secret."""
    if not text.startswith("@"):
        if looks_like_a_path(text):
            raise ValueError(
                tr(
                    "that looks like the path of a file, which everybody can guess; write an @ "
                    "before it, such as @/etc/sisyphus/secret, and the file is read"
                )
            )
        return Secret(text)
    path = Path(text[1:])
    secret = _content(path)
    if not secret:
        raise ValueError(tr("the file {path} is empty", path=path))
    return secret


def _content(path: Path) -> Secret:
    try:
        return Secret(path.read_text("utf-8").strip())
    except UnicodeDecodeError as error:  # its text may be in the error
        raise ValueError(tr("the file {path} is not UTF-8", path=path)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        if is_surely_a_path(path):
            said = tr("the file {path} cannot be read: {reason}", path=path, reason=reason)
        else:  # perhaps a secret that begins with an `@`
            said = tr("the file named after the @ cannot be read: {reason}", reason=reason)
        raise ValueError(said) from None  # its text has the name


def is_surely_a_path(path: Path) -> bool:
    """And no secret in the place of one: it ends as a file does, or its folder is named, and that
    or the first above it is there."""
    if path.suffix in _SUFFIXES:
        return True
    return bool(path.parent.name) and (_is_there(path.parent) or _is_below_a_folder(path))


def looks_like_a_path(text: str) -> bool:
    """Where a secret is wanted. One in base64 may begin with a slash, too, but below no folder."""
    if not text.startswith("/"):
        return bool(_RELATIVE.match(text)) or os.path.isfile(text)  # noqa: PTH113 -- as below
    return not _BASE64.fullmatch(text) or _is_below_a_folder(Path(text))


def _is_below_a_folder(path: Path) -> bool:
    return path.is_absolute() and _is_there(Path(*path.parts[:2]))


def _is_there(folder: Path) -> bool:
    return os.path.isdir(folder)  # noqa: PTH112 -- `is_dir` may raise


def new_token() -> Secret:
    """The prefix lets a token be found in any text, by us and by secret scanners."""
    return Secret(_PREFIX + secrets.token_urlsafe(32))


def digest(text: str) -> str:
    """SHA-256 in hex; enough for random tokens, which nobody can guess from a list."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def equal(left: str, right: str) -> bool:
    """Equality in constant time."""
    return equal_digests(digest(left), digest(right))


def equal_digests(left: str, right: str) -> bool:
    """`equal` of two digests."""
    return hmac.compare_digest(left, right)


def mask(text: str, hidden: Iterable[Secret]) -> str:
    """Without these secrets (but for short ones: no word would be left), and any token of ours."""
    return masker(hidden)(text)


def masker(hidden: Iterable[Secret]) -> Callable[[str], str]:
    """`mask`, prepared for many texts."""
    texts = spellings(hidden)
    pattern = re.compile("|".join([TOKEN, *map(re.escape, texts)]))
    literals = (_PREFIX, *texts)

    def masked(text: str) -> str:
        """Words are found far faster than a choice of them, and most texts have none."""
        for literal in literals:
            if literal in text:
                return pattern.sub("***", text)
        return text

    return masked


def masked(blocks: Iterable[bytes], hidden: Iterable[Secret] = ()) -> Iterator[bytes]:
    """The same number of bytes, with stars for what `mask` takes out, also where blocks meet."""
    texts = [text.encode("utf-8", "surrogatepass") for text in spellings(hidden)]
    pattern = re.compile(b"|".join([TOKEN.encode(), *map(re.escape, texts)]))
    longest = max([TOKEN_SIZE, *map(len, texts)])
    pending = b""
    for block in blocks:
        pending += block
        ready = _boundary(pattern, pending, max(0, len(pending) - longest))
        if ready:
            yield _masked_bytes(pattern, pending[:ready])
            pending = pending[ready:]
    yield _masked_bytes(pattern, pending)


def _boundary(pattern: re.Pattern[bytes], pending: bytes, ready: int) -> int:
    """Where to cut: what begins before `ready` is there to its end, and is not cut in two."""
    for found in pattern.finditer(pending):
        if found.start() >= ready:
            break
        ready = max(ready, found.end())
    return ready


def _masked_bytes(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    return pattern.sub(lambda found: b"*" * len(found[0]), text)


def spellings(hidden: Iterable[Secret]) -> list[str]:
    """As they are, and as JSON, HTML and addresses write them; the longest first."""
    texts = [secret.reveal() for secret in hidden if len(secret) >= SHORTEST]
    found = {
        spelling
        for text in texts
        for spelling in (
            text,
            html.escape(text),
            json.dumps(text, ensure_ascii=False)[1:-1],
            quote(text, safe="", errors="replace"),
        )
    }
    return sorted(found, key=len, reverse=True)
