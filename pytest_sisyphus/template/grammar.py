"""Jinja2's grammar with our words in it, and what it says of mistakes."""

import re
from typing import Final

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser

from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.i18n.foreign import translated
from pytest_sisyphus.template.sandbox import Sandbox
from pytest_sisyphus.values.numbers import NumberOutOfRangeError, number

_ENDS = re.compile("'?end of (?:template|print statement)'?")
_SAID_BY_JINJA: Final = (
    marked("unexpected the end"),
    marked("unexpected {token}"),
    marked("expected token {wanted}, got the end"),
    marked("expected token {wanted}, got {got}"),
    marked("invalid syntax for function call expression"),
    marked("expected name or number"),
    marked("expected subscript expression"),
    marked("You cannot chain multiple tests with is"),
)
#: what is written in its place.
_MEANT: Final = {
    "=": marked(", equality is =="),
    "startswith": marked(", write text.startswith('…')"),
    "endswith": marked(", write text.endswith('…')"),
}


class ExpressionParser(Parser):
    """Jinja2's grammar, with `a contains b` beside `in`, and `not` before any operand."""

    def __init__(self, environment: Sandbox, code: str) -> None:
        super().__init__(environment, code, state="variable")
        #: every token has a line of its own.
        self._lines = code.split("\n")

    def parse_whole(self) -> nodes.Expr:
        parsed = self.parse_expression()
        if not self.stream.eos:
            found = self.stream.current
            hint = _MEANT.get(found.value)
            said = tr("unexpected {token}", token=repr(found.value))
            self.fail(f"{said}{tr(hint) if hint else ''}", found.lineno)
        return parsed

    def parse_compare(self) -> nodes.Expr:
        left = super().parse_compare()
        while name := self._contains():
            right = self.parse_math1()
            left = nodes.Compare(right, [nodes.Operand(name, left)], lineno=left.lineno)
        return left

    def _contains(self) -> str | None:
        if self.stream.skip_if("name:contains"):
            return "in"
        negated = self.stream.current.test("name:not")
        if negated and self.stream.look().test("name:contains"):
            self.stream.skip(2)
            return "notin"
        return None

    def parse_primary(self, with_namespace: bool = False) -> nodes.Expr:
        if self.stream.current.test("name:not"):
            lineno = next(self.stream).lineno
            return nodes.Not(self.parse_unary(), lineno=lineno)
        token = self.stream.current
        if token.type == "float":
            next(self.stream)
            try:  # Jinja2's own token has lost the digits
                exact = number(self._lines[token.lineno - 1].replace("_", ""))
            except NumberOutOfRangeError:
                self.fail(tr("a number is too large"), token.lineno)
            return nodes.Const(exact, lineno=token.lineno)
        return super().parse_primary(with_namespace)


def described_syntax(mistake: jinja2.TemplateSyntaxError) -> str:
    return translated(_ENDS.sub("the end", str(mistake.message)), _SAID_BY_JINJA)
