"""Conditions: boolean expressions in which `${…}` stands for a value, never for pasted text."""

import functools
from typing import Any

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.located import LocatedStr, Place

from .calling import Call
from .expression import Expressions
from .filters import truth, truth_word
from .sandbox import MISSING, Names
from .scan import scan_expression
from .template import failed, mistakes_placed
from .text import UnevaluableError, kind_of


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Expressions:
    return Expressions([scan_expression(text)], boolean=True)


class Condition:
    __slots__ = ("_compiled", "_word", "place", "text")

    def __init__(self, text: str) -> None:
        """Raises TemplateError with the offset of the mistake."""
        self.place: Place | None = text.place if isinstance(text, LocatedStr) else None
        self.text = str(text)
        #: of a lone word such as `yes`: what it says, unless a variable has that name.
        self._word = truth_word(text)
        with mistakes_placed(self.text, self.place):
            self._compiled = None if self._word is not None else _compiled(self.text)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    @property
    def names(self) -> frozenset[str]:
        return self._compiled.names if self._compiled else frozenset()

    @property
    def calls(self) -> frozenset[str]:
        return self._compiled.calls if self._compiled else frozenset()

    @property
    def called(self) -> frozenset[Call]:
        return self._compiled.called if self._compiled else frozenset()

    @property
    def steps(self) -> frozenset[str]:
        return self._compiled.steps if self._compiled else frozenset()

    @property
    def databases(self) -> frozenset[str]:
        return self._compiled.databases if self._compiled else frozenset()

    def holds(self, scope: Names) -> bool:
        """Raises TemplateError when it cannot be evaluated, or is neither true nor false."""
        try:
            if self._compiled is None:
                value = scope.lookup(self.text.strip())
                return bool(self._word) if value is MISSING else truth(value)
            return bool(self._compiled.evaluate(scope)[0])
        except UnevaluableError as exc:
            raise failed(exc, self.text, self.place) from exc


def parse_condition(value: Any) -> Condition:
    """From a YAML text, boolean, number or null. Raises TemplateError."""
    if isinstance(value, str):
        return Condition(value)
    if value is None or isinstance(value, bool | int | float):
        return Condition("true" if truth(value) else "false")
    raise TemplateError(f"a condition is a text or a boolean, not {kind_of(value)}")
