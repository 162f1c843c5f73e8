"""Finds the `${…}` in a text, and rewrites our spellings (`&&`, `!`, nested `${…}`) as Jinja2's.

One pass, no recursion, whatever the nesting. Every token goes on a line of its own, so that the
line of a Jinja2 error tells which token of the author's text it means.
"""

import dataclasses
import re

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

MAX_DEPTH = 40
MAX_TOKENS = 2_000

_MARK = lazy_pattern(r"\$\$\{|\$\{")
_TOKEN = lazy_pattern(
    r"""(?P<space>\s+)
      | (?P<word>[^\W\d]\w*)
      | (?P<number>\d[\w.]*(?:(?<=[eE])[+-]\d+)?)
      | (?P<nest>\$\{)
      | (?P<quote>["'])
      | (?P<logic>&&|\|\||!(?!=))
      | (?P<open>[\[({])
      | (?P<close>[\])}])
      | (?P<mark>==|!=|<=|>=|\*\*|//|[-+*/%~<>=.:|,])""",
    re.VERBOSE,
)
_NEWLINE = lazy_pattern(r"\r\n|\r|\n")
#: what a string may hold up to its end or a `${`.
_IN_STRING = {
    quote: lazy_pattern(rf"[^\\${quote}]*(?:(?:\\.|\$(?!\$?\{{))[^\\${quote}]*)*", re.DOTALL)
    for quote in "'\""
}
_VALUE_ENDS = lazy_pattern(r"[\w)\]}'\"]\Z")
_LOGIC = {"&&": "and", "||": "or", "!": "not"}
_CLOSER = {"[": "]", "(": ")", "{": "}"}
#: after these words a value is expected; after any other it would read as a call.
_OPERATORS = frozenset(["and", "or", "not", "in", "is", "if", "else", "contains"])


@record(kw_only=False)
class ExpressionSource:
    """One expression: Jinja2's spelling, and where in the text each of its lines stands."""

    code: str
    offsets: tuple[int, ...]
    #: the author's spelling, and where it starts.
    text: str
    start: int

    def offset(self, line: int) -> int:
        return self.offsets[min(max(line, 1), len(self.offsets)) - 1]


def scan_text(text: str) -> list[str | ExpressionSource]:
    """The text in pieces: literal text and expressions. Raises TemplateError with the offset."""
    pieces: list[str | ExpressionSource] = []
    literal: list[str] = []
    position = 0
    while found := _MARK.search(text, position):
        literal.append(text[position : found.start()])
        position = found.end()
        if found.group() == "$${":
            literal.append("${")
            continue
        source, position = _Scanner(text, position, inside=True).run()
        pieces += ["".join(literal), source]
        literal.clear()
    literal.append(text[position:])
    return [piece for piece in (*pieces, "".join(literal)) if piece]


def scan_expression(text: str) -> ExpressionSource:
    """A text that is an expression as a whole (a condition)."""
    return _Scanner(text, 0, inside=False).run()[0]


@dataclasses.dataclass(slots=True)
class _OpenBracket:
    """A bracket, `${` or string that waits for its end."""

    opened: str
    start: int
    closer: str
    #: what is written at its end.
    written: tuple[str, ...]
    #: of a string: what came since its start or its last `${…}`.
    buffer: list[str] = dataclasses.field(default_factory=list)

    def take(self) -> str:
        """The string up to here, in its quotes; it goes on empty."""
        taken = "".join(self.buffer)
        self.buffer.clear()
        return f"{self.opened}{taken}{self.opened}"


class _Scanner:
    def __init__(self, text: str, start: int, *, inside: bool) -> None:
        self.text = text
        self.start = start
        self.position = start
        self.inside = inside
        self.out: list[str] = []
        self.offsets: list[int] = []
        self.stack = [_OpenBracket("${", start - 2, "}", ())] if inside else []

    def run(self) -> tuple[ExpressionSource, int]:
        while self.position < len(self.text):
            if self.stack and self.stack[-1].opened in _IN_STRING:
                self._string(self.stack[-1])
            else:
                self._token()
            if self.inside and not self.stack:
                break
        if self.stack:
            opened = self.stack[-1]
            raise _error(tr("{opened} is not closed", opened=opened.opened), opened.start)
        if not self.out:
            raise _error(tr("there is no expression"), self.start)
        text = self.text[self.start : self.position - self.inside]
        # the offset of each line of the code: a string of the author may take several
        lines = tuple(
            offset
            for token, offset in zip(self.out, self.offsets, strict=True)
            for _ in range(len(_NEWLINE.findall(token)) + 1)
        )
        return ExpressionSource("\n".join(self.out), lines, text, self.start), self.position

    def _token(self) -> None:
        found = _TOKEN.match(self.text, self.position)
        if found is None:
            token = repr(self.text[self.position])
            raise _error(tr("unexpected {token}", token=token), self.position)
        token, at = found.group(), self.position
        self.position = found.end()
        match found.lastgroup:
            case "space":
                pass
            case "nest":
                self._nest(at)
            case "quote":
                self._push(_OpenBracket(token, at, token, ()))
            case "open":
                self._put(token, at)
                self._push(_OpenBracket(token, at, _CLOSER[token], (_CLOSER[token],)))
            case "close":
                self._close(token, at)
            case _:
                self._put(_LOGIC.get(token, token), at)

    def _nest(self, at: int) -> None:
        """`a.${b}` is `a[b]`; elsewhere `${b}` is `(b)`, where a value may stand."""
        last = self.out[-1] if self.out else "("
        if last == ".":
            self.out[-1] = "["
            self._push(_OpenBracket("${", at, "}", ("]",)))
            return
        if last not in _OPERATORS and _VALUE_ENDS.search(last):
            raise _error(tr("an operator is missing before ${{"), at)
        self._put("(", at)
        self._push(_OpenBracket("${", at, "}", (")",)))

    def _string(self, string: _OpenBracket) -> None:
        quote = string.opened
        found = _IN_STRING[quote].match(self.text, self.position)
        string.buffer.append(found.group() if found else "")
        at = self.position = found.end() if found else self.position
        if self.text.startswith("$${", at):
            string.buffer.append("${")
            self.position += 3
        elif self.text.startswith("${", at):
            # `'a${b}c'` is `('a' ~ (b) ~ 'c')`
            opening = () if string.written else ("(",)
            for token in (*opening, string.take(), "~", "("):
                self._put(token, at)
            string.written = (")",)
            self.position += 2
            self._push(_OpenBracket("${", at, "}", (")", "~")))
        elif self.text.startswith(quote, at):
            self._put(string.take(), string.start)
            for token in string.written:
                self._put(token, at)
            self.stack.pop()
            self.position += 1
        else:
            raise _error(tr("{opened} is not closed", opened=quote), string.start)

    def _push(self, opened: _OpenBracket) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _error(tr("more than {most} brackets are open", most=MAX_DEPTH), opened.start)
        self.stack.append(opened)

    def _close(self, token: str, at: int) -> None:
        if not self.stack or self.stack[-1].closer != token:
            raise _error(tr("unexpected {token}", token=repr(token)), at)
        for written in self.stack.pop().written:
            self._put(written, at)

    def _put(self, token: str, at: int) -> None:
        if len(self.out) >= MAX_TOKENS:
            raise _error(tr("the expression has more than {most:,} parts", most=MAX_TOKENS), at)
        self.out.append(token)
        self.offsets.append(at)


def _error(message: str, offset: int) -> TemplateError:
    return TemplateError(message, offset=offset)
