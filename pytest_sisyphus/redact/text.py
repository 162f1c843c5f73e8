"""Secrets in text, found by the names beside them: queries, forms, JSON, headers, addresses.

One pass from left to right; every look back and every guess is bounded, so that time stays linear.
"""

import re
import string
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from pytest_sisyphus.redact.names import SecretNames
from pytest_sisyphus.redact.values import MASK, MaskedValue, block, quoted
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_LOOK_BACK: Final = 80
_LONGEST_ADDRESS: Final = 400
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_ASCII_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

_ADDRESS = lazy_pattern(r"://([^/\s:@\"'<>]*)(:?)([^/\s\"'<>]*)@")
_SCHEME = lazy_pattern(r"\b((?i:b)(?i:earer|asic))( +)(?=[^\s,;\"'\\]*[\d=])[\w.~+/=-]{6,}")
#: what may stand between a secret name and its value; the name's own closing quote comes with it,
#: and blanks at the name's end (`"token ": …`, `token+=…`).
_SEPARATOR = r"""(?:
    (?P<encoded>%3[dD])
  | (?P<xml>>)
  | (?P<part>"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}\r?\n)
  | (?P<json>[ ]{0,9}\\{0,7}["']\s{0,9}:\s{0,99})
  | (?P<pair>\\{0,7}["']\s{0,9},\s{0,9})(?=\\{0,7}["'])
  | (?P<form>(?:\+|%20){0,9}(?:\]|%5[dD])?=)(?=[^\s=])
  | (?P<code>\s{0,9}={1,2}\s{0,9})(?=b?["'])
  | (?P<colon>[ \t]{0,9}:[ \t]{0,9})(?=[^\s])
)"""
#: a cookie, a scheme with credentials, or one long word with a digit in it: no reason begins so.
_CREDENTIALS = lazy_pattern(
    r"""["']
      | [\w!#$%&*+.^|~-]{1,80}=\S
      | (?:bearer|basic|digest|negotiate|ntlm)\s+\S
      | (?:[\w-]{1,40}[ \t]+)?(?!\d{1,3}\.\d{1,3}\.)(?=[\w.~+/=-]{0,80}\d)[\w.~+/=-]{12}""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME_RUN = lazy_pattern(r"[\w.$%\[-]*\Z")
_NUMBER = lazy_pattern(r"-?\d[\d.eE+-]*")
_CONSTANT = lazy_pattern(r"(?:true|false|null|none)\b", re.IGNORECASE)
_BARE = lazy_pattern(r"[^\s,}\]\"'\\]+")
_FORM = lazy_pattern(r"(?:(?i:basic|bearer|digest|token) +)?[^&\s\"'<>;\\]*")
_ENCODED = lazy_pattern(r"(?:(?!%26)[^&\s\"'<>;\\])*")
_ELEMENT = lazy_pattern(r"[^<]*")
_PART = lazy_pattern(r"(?s:.*?)(?=\r?\n--|\Z)")
_HEADER = {quote: lazy_pattern(rf"(?:[^\r\n\\{quote}]|\\(?![rn\"']))*") for quote in ("", '"', "'")}
#: a sentence about `密码` goes on in Chinese; a password does not begin so.
_PROSE = lazy_pattern(r"[\u3400-\u9fff]")
_LINE = lazy_pattern(r"(\S+)(?=[ \t]*(?:[\r\n]|\Z))")
_OF_ADDRESSES = frozenset("/?&=#@:~")
_HEADER_NAMES = ("authorization", "cookie")


def is_header(secret_name: str) -> bool:
    """Whether the name is a header's, and no key or word that may stand anywhere."""
    return "-" in secret_name or secret_name.lower().endswith(_HEADER_NAMES)


class TextMasker:
    def __init__(self, names: SecretNames) -> None:
        self._names = names
        words = "|".join(names.patterns)
        #: one of the shortest is wherever any of all is.
        shortest = (
            one for one in names.patterns if not any(o != one and o in one for o in names.patterns)
        )
        self._word = lazy_pattern("|".join(shortest))
        self._name = lazy_pattern(rf"(?:{words}){_SEPARATOR}", re.VERBOSE)

    def mask(self, text: str) -> str:
        if "://" in text and "@" in text:
            text = _ADDRESS.sub(_without_credentials, text)
        if " " in text:
            text = _SCHEME.sub(rf"\1\2{MASK}", text)
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters grow: İ
            lowered = text.translate(_ASCII_LOWER)
        if not self._word.search(lowered):
            return text
        pieces: list[str] = []
        done = position = 0
        while match := self._name.search(lowered, position):
            position = match.end()
            found = _SecretMatch(text, match, done)
            can_be_weak = found.kind not in {"code", "colon", "pair"}
            found.weak = can_be_weak and self._names.is_weak(found.name)
            if found.weak or any(map(self._names.is_secret, found.names)):
                value = _KINDS[found.kind](found)
                if value is not None:
                    pieces += [text[done:position], value.masked]
                    done = position = value.end
        return "".join((*pieces, text[done:]))


class _SecretMatch:
    """A name, the separator behind it, and where its value starts."""

    def __init__(self, text: str, match: re.Match[str], done: int) -> None:
        self.text = text
        self.kind = str(match.lastgroup)
        self.separator = match[self.kind]
        self.at = match.end()
        run = _NAME_RUN.search(text, max(done, match.start() - _LOOK_BACK), match.start())
        self.start = run.start() if run else match.start()
        self.before = text[self.start - 1 : self.start]
        self.name = unquote(text[self.start : match.start(self.kind)])
        self.weak = False

    @property
    def names(self) -> tuple[str, ...]:
        """An escaped line end may stand before the name."""
        escaped = self.before == "\\" and self.name[:1] in {"n", "r", "t"}
        return (self.name, self.name[1:]) if escaped else (self.name,)

    def masked(self, pattern: re.Pattern[str], trim: str = "") -> MaskedValue | None:
        match = pattern.match(self.text, self.at)
        value = match.group().rstrip(trim) if match else ""
        if not value or value.startswith("${"):
            return None
        return MaskedValue(MASK, self.at + len(value))


def _without_credentials(found: re.Match[str]) -> str:
    """`git@` is a user without a secret; at a web address, a lone name is a token."""
    user, colon, password = found.groups()
    if colon:
        return f"://{user}:{MASK}@" if password else found.group()
    scheme = found.string[max(found.start() - 5, 0) : found.start()].lower()
    return f"://{MASK}@" if user and scheme.endswith(("http", "https")) else found.group()


def _json(found: _SecretMatch) -> MaskedValue | None:
    text, at = found.text, found.at
    if text[at : at + 1] in {"[", "{"}:
        return block(text, at)
    if number := _NUMBER.match(text, at):
        quote = re.split(r"(?<=[\"'])", found.separator.lstrip(), maxsplit=1)[0]
        return None if found.weak else MaskedValue(f"{quote}{MASK}{quote}", number.end())
    if _CONSTANT.match(text, at):
        return None
    # `'file:///etc/token': no such file` quotes an address or a path, and no key
    return quoted(text, at) or (None if found.before in _OF_ADDRESSES else found.masked(_BARE))


def _pair(found: _SecretMatch) -> MaskedValue | None:
    """A header's line as a list, `["Set-Cookie", "…"]`."""
    opening = found.text[max(found.start - 10, 0) : found.start].rstrip("\"'\\")
    return quoted(found.text, found.at) if opening.endswith("[") and is_header(found.name) else None


def _part(found: _SecretMatch) -> MaskedValue | None:
    """Of a multipart body; any other text in quotes may stand above an empty line (a trace)."""
    opening = found.text[max(found.start - 6, 0) : found.start].lower()
    return found.masked(_PART) if opening == 'name="' else None


def _colon(found: _SecretMatch) -> MaskedValue | None:
    """A header up to its line's end; otherwise only a line that is `name: value` as a whole."""
    if is_header(found.name):
        if _ends_an_address(found) and not _CREDENTIALS.match(found.text, found.at):
            return None
        quote = found.before if found.before in _HEADER else ""
        return found.masked(_HEADER[quote])
    line = found.text.rfind("\n", max(found.start - _LOOK_BACK, 0), found.start) + 1
    if found.text[line : found.start].strip() not in {"", "-"}:
        return None
    if _CONSTANT.match(found.text, found.at):
        return None
    if not found.name.isascii() and _PROSE.match(found.text, found.at):
        return None
    return quoted(found.text, found.at) or found.masked(_LINE)


def _ends_an_address(found: _SecretMatch) -> bool:
    """`GET http://host/cookie: refused` has a path and no header, and so has `GET /cookie: …`."""
    is_path = found.before == "/" and found.name.lower().endswith(_HEADER_NAMES)
    if not is_path or not found.separator.endswith((" ", "\t")):
        return False
    before = found.text[max(found.start - _LONGEST_ADDRESS, 0) : found.start].rsplit(None, 2)
    word = before[-1].lstrip("'\"(<")
    if word.startswith(("http://", "https://")):
        return True
    return word.startswith("/") and len(before) > 1 and before[-2].lstrip("(") in _METHODS


_KINDS: dict[str, Callable[[_SecretMatch], MaskedValue | None]] = {
    "encoded": lambda found: found.masked(_ENCODED),
    "xml": lambda found: found.masked(_ELEMENT) if found.before in {"<", ":"} else None,
    "part": _part,
    "json": _json,
    "pair": _pair,
    "form": lambda found: quoted(found.text, found.at) or found.masked(_FORM, trim=",)]}"),
    "code": lambda found: quoted(found.text, found.at),
    "colon": _colon,
}
