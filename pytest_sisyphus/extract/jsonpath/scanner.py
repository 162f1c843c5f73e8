"""Reads a path's text from left to right and says where it stopped making sense."""

import re
from typing import Final, NoReturn

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.full_width import sign_hint
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_BLANK: Final = lazy_pattern(r"\s*")
_QUOTED: Final = lazy_pattern(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPE: Final = lazy_pattern(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)",
    re.DOTALL,
)
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LONGEST: Final = 4_000
_DEEPEST: Final = 30


class Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0
        if len(text) > _LONGEST:
            raise ConfigError(
                tr(
                    "a path may have at most {most} characters, got {count}",
                    most=_LONGEST,
                    count=len(text),
                )
            )

    def fail(self, expected: str) -> NoReturn:
        """Raises ConfigError naming the place in the path."""
        rest = self.text[self.position :]
        raise ConfigError(
            tr(
                "the path {path!r} cannot be read: expected {expected} at character {position}, "
                "got {got}{hint}",
                path=self.text,
                expected=expected,
                position=self.position + 1,
                got=repr(rest[:12]) if rest else tr("its end"),
                hint=sign_hint(rest[:1]) or sign_hint(self.text[: self.position][-1:]),
            )
        )

    @property
    def at_end(self) -> bool:
        return self.position == len(self.text)

    def sees(self, *tokens: str) -> bool:
        return self.text.startswith(tokens, self.position)

    def accept(self, token: str) -> bool:
        if not self.sees(token):
            return False
        self.position += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            self.fail(f"`{token}`")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def skip_blank(self) -> None:
        self.match(_BLANK)

    def descend(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(tr("a filter nested at most {most} deep", most=_DEEPEST))

    def ascend(self) -> None:
        self.depth -= 1

    def quoted(self) -> str | None:
        """The raw inside of a quoted text, or None when none stands here."""
        found = self.match(_QUOTED)
        if found:
            return found[1] if found[1] is not None else found[2]
        if self.sees("'", '"'):
            self.fail(tr("a quoted text with its closing quote"))
        return None


def unescaped(raw: str) -> str:
    """The text that a quoted name or literal means (JSON's escapes)."""
    return _ESCAPE.sub(_plain, raw)


def unescaped_pattern(raw: str) -> str:
    """The same for a pattern, whose own escapes (`\\d`, `\\b`) stay."""
    return re.sub(r"\\([\\'\"/])", r"\1", raw)


def _plain(found: re.Match[str]) -> str:
    high, low, code, single = found.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if code:
        return chr(int(code, 16))
    if single in _ESCAPED:
        return _ESCAPED[single]
    return single if single in "\\/'\"" else found[0]
