"""`${…}` in SQL: the author may build SQL of it, what a server sent stays a value.

Texts that only the author's own variables make are pasted as they are: table names, conditions.
What came up while the case ran is pasted as a number, or inside quotes, escaped; anything else is
refused, and belongs into `params`.
"""

import dataclasses
import functools
import re
from typing import Any, Final

from ..errors import ConfigError
from ..located import Place
from ..render.expression import Expressions
from ..render.scan import Source, scan_text
from ..render.scope import Scope
from ..render.template import failed
from ..render.text import UnevaluableError, json_text
from ..transport.sql_text import Backend, tokens

_MARK: Final = re.compile("\0(\\d+)\0")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_QUOTES: Final = {"single": "'", "escaped": "'", "double": '"', "back": "`"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Piece:
    source: Source
    expressions: Expressions


@functools.lru_cache(maxsize=1024)
def _compiled(text: str) -> tuple[str | _Piece, ...]:
    return tuple(
        piece if isinstance(piece, str) else _Piece(source=piece, expressions=Expressions([piece]))
        for piece in scan_text(text)
    )


def render_sql(text: str, scope: Scope, backend: Backend, place: Place) -> str:
    """Raises TemplateError, ConfigError."""
    pieces = _compiled(str(text))
    written = [piece for piece in pieces if isinstance(piece, _Piece)]
    if not written:
        return "".join(map(str, pieces))
    turn = iter(range(len(written)))
    marked = "".join(piece if isinstance(piece, str) else f"\0{next(turn)}\0" for piece in pieces)
    paste = _Paste(text=text, scope=scope, backend=backend, place=place)
    values = [(piece, paste.value(piece)) for piece in written]
    made = []
    for token in tokens(marked, backend):
        parts = _MARK.split(token.text)
        parts[1::2] = [paste.pasted(*values[int(one)], token.kind) for one in parts[1::2]]
        made += parts
    return "".join(made)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Paste:
    text: str
    scope: Scope
    backend: Backend
    place: Place

    def value(self, piece: _Piece) -> Any:
        try:
            return piece.expressions.evaluate(self.scope)[0]
        except UnevaluableError as error:
            raise failed(error, self.text, self.place) from error

    def pasted(self, piece: _Piece, value: Any, kind: str) -> str:
        """`kind` of the token around it."""
        shown = json_text(value)
        if self._authored(piece):
            return shown
        quote = _QUOTES.get(kind)
        if quote is not None and "\0" not in shown:
            return self._escaped(shown, quote, kind)
        if _NUMBER.fullmatch(shown) or value is None or isinstance(value, bool):
            return shown
        raise ConfigError(
            f"{self.place}: the value of ${{{piece.source.text}}} came up while the case ran, and "
            "would become SQL; write :name in its place and the value in params"
        )

    def _authored(self, piece: _Piece) -> bool:
        found = piece.expressions
        return "db_query" not in found.calls and self.scope.authored(found.names)

    def _escaped(self, text: str, quote: str, kind: str) -> str:
        if kind == "escaped" or (self.backend == "mysql" and kind != "back"):
            text = text.replace("\\", "\\\\")
        return text.replace(quote, 2 * quote)
