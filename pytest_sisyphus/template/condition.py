"""Conditions: boolean expressions in which `${…}` stands for a value, never for pasted text."""

import contextlib
import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedStr, Location
from pytest_sisyphus.template.calls import CallSignature
from pytest_sisyphus.template.fast_path import Expressions, expressions
from pytest_sisyphus.template.lexer import ExpressionSource, scan_expression, scan_text
from pytest_sisyphus.template.names import MISSING, Namespace
from pytest_sisyphus.template.template import Template, evaluation_error, located_syntax_error
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.template.truthiness import truth, truth_word
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

#: characters of a value in a message, and names of a mapping's keys.
_MAX_SHOWN: Final = 200
_MAX_KEYS: Final = 8
#: what is looked up in one go, up to a call: `response.body.items[0]`; literals are none of it.
_LOOKUP: Final = lazy_pattern(
    r"""'[^']*' | "[^"]*"
      | (?<![\w.])(?P<chain>(?P<root>[^\W\d]\w*)(?:\.[^\W\d]\w*|\[(?:-?\d+|'[^']*'|"[^"]*")\])*)
        (?![\w(])""",
    re.VERBOSE,
)


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Expressions:
    return expressions([scan_expression(text)], boolean=True)


class Condition:
    __slots__ = ("_compiled", "_word", "location", "text")

    def __init__(self, text: str) -> None:
        """Raises TemplateError with the offset of the mistake."""
        self.location: Location | None = text.location if isinstance(text, LocatedStr) else None
        self.text = str(text)
        #: of a lone word such as `yes`: what it says, unless a variable has that name.
        self._word = truth_word(text)
        try:
            self._compiled = None if self._word is not None else _compiled(self.text)
        except TemplateError as mistake:
            raise located_syntax_error(mistake, self.text, self.location) from mistake

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    @property
    def names(self) -> frozenset[str]:
        return self._compiled.names if self._compiled else frozenset()

    @property
    def calls(self) -> frozenset[str]:
        return self._compiled.calls if self._compiled else frozenset()

    @property
    def call_signatures(self) -> frozenset[CallSignature]:
        return self._compiled.call_signatures if self._compiled else frozenset()

    @property
    def steps(self) -> frozenset[str]:
        return self._compiled.steps if self._compiled else frozenset()

    @property
    def databases(self) -> frozenset[str]:
        return self._compiled.databases if self._compiled else frozenset()

    @property
    def is_constant(self) -> bool:
        """It reads no variable and calls no function. A lone word such as `ok` counts as one, also
        where a variable may have that name."""
        return not self.names and not self.calls

    def evaluate(self, scope: Namespace) -> bool:
        """Raises TemplateError when it cannot be evaluated, or is neither true nor false."""
        try:
            if self._compiled is None:
                value = scope.lookup(self.text.strip())
                return bool(self._word) if value is MISSING else truth(value)
            return bool(self._compiled.evaluate(scope)[0])
        except EvaluationError as exc:
            raise evaluation_error(exc, self.text, self.location) from exc

    def describe_values(self, scope: Namespace) -> str:
        """What was compared: `a.b = value` of each that is looked up, as far as it is there. Of a
        long value what it is: half of a secret in it would be none that masking knows."""
        found: dict[str, Any] = {}
        for piece in scan_text(self.text):
            text = piece.text if isinstance(piece, ExpressionSource) else piece
            for match in _LOOKUP.finditer(text):
                chain = match["chain"] if match["root"] in self.names else None
                while chain and chain not in found:
                    with contextlib.suppress(TemplateError):
                        found[chain] = Template(f"${{{chain}}}").render(scope)
                        break
                    chain = chain[: max(map(chain.rfind, ".["))]
        return ", ".join(f"{name} = {_shown(value)}" for name, value in found.items())


def _shown(value: Any) -> str:
    try:
        text = json_text(value)
    except EvaluationError:
        return kind_of(value)
    if len(text) <= _MAX_SHOWN:
        return text
    if isinstance(value, Mapping):
        keys = [str(key) for key in value if len(str(key)) < _MAX_SHOWN // _MAX_KEYS]
        names = f"{', '.join(keys[:_MAX_KEYS])}{', …' * (len(value) > _MAX_KEYS)}"
        return tr("a mapping of {names}", names=names)
    size = len(value) if isinstance(value, list | tuple) else len(text)
    return tr(
        "{kind} of {count} elements" if size != len(text) else "{kind} of {count} characters",
        kind=kind_of(value),
        count=size,
    )


def parse_condition(value: Any) -> Condition:
    """The condition of a YAML text, boolean, number or null. Raises TemplateError."""
    if isinstance(value, str):
        return Condition(value)
    if value is None or isinstance(value, bool | int | float):
        return Condition("true" if truth(value) else "false")
    said = tr(
        "a condition is a text, such as ${{n}} > 1, or a boolean, not {kind}", kind=kind_of(value)
    )
    raise TemplateError(said)
