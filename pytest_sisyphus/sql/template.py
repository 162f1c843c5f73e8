"""`${…}` in SQL: the author may build SQL of it, what a server sent stays a value.

Texts that only the author's own variables make are pasted as they are: table names, conditions.
What came up while the case ran is pasted as a number, or inside quotes, escaped; anything else is
refused, and belongs into `params`.
"""

import functools
import re
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.sql.tokens import Backend, tokens
from pytest_sisyphus.template.fast_path import Expressions, expressions
from pytest_sisyphus.template.lexer import ExpressionSource, scan_text
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import evaluation_error
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.values.record import record

_MARK: Final = re.compile("\0(\\d+)\0")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_QUOTES: Final = {"single": "'", "escaped": "'", "double": '"', "back": "`"}


@record
class _Piece:
    source: ExpressionSource
    expressions: Expressions


@functools.lru_cache(maxsize=1024)
def _compile(text: str) -> tuple[str | _Piece, ...]:
    return tuple(
        piece if isinstance(piece, str) else _Piece(source=piece, expressions=expressions([piece]))
        for piece in scan_text(text)
    )


def render_sql(text: str, scope: Scope, backend: Backend, location: Location) -> str:
    """Raises TemplateError, ConfigError."""
    pieces = _compile(str(text))
    written = [piece for piece in pieces if isinstance(piece, _Piece)]
    if not written:
        return "".join(map(str, pieces))
    turn = iter(range(len(written)))
    marked = "".join(piece if isinstance(piece, str) else f"\0{next(turn)}\0" for piece in pieces)
    substitution = _Substitution(text=text, scope=scope, backend=backend, location=location)
    values = [(piece, substitution.value(piece)) for piece in written]
    made = []
    for token in tokens(marked, backend):
        parts = _MARK.split(token.text)
        parts[1::2] = [substitution.text_of(*values[int(one)], token.kind) for one in parts[1::2]]
        made += parts
    return "".join(made)


@record
class _Substitution:
    text: str
    scope: Scope
    backend: Backend
    location: Location

    def value(self, piece: _Piece) -> Any:
        try:
            return piece.expressions.evaluate(self.scope)[0]
        except EvaluationError as error:
            raise evaluation_error(error, self.text, self.location) from error

    def text_of(self, piece: _Piece, value: Any, kind: str) -> str:
        """`kind` of the token around it."""
        shown = json_text(value)
        found = piece.expressions
        if "db_query" not in found.calls and self.scope.is_trusted(found.names):
            return shown
        quote = _QUOTES.get(kind)
        if quote is not None and "\0" not in shown:
            if kind == "escaped" or (self.backend == "mysql" and kind != "back"):
                shown = shown.replace("\\", "\\\\")
            return shown.replace(quote, 2 * quote)
        if _NUMBER.fullmatch(shown) or value is None or isinstance(value, bool):
            return shown
        raise ConfigError(
            tr(
                "{location}: the value of ${{{expression}}} came up while the case ran, "
                "and would become SQL; write :name in its place and the value in params",
                location=self.location,
                expression=piece.source.text,
            )
        )
