"""Most expressions only read: `name`, `a.b`, `a[0].c`. These need neither parsing nor compiling.

Jinja2 judges whatever is not plainly there or not plain data: it is opened when that comes up.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.calls import CallSignature
from pytest_sisyphus.template.lexer import ExpressionSource
from pytest_sisyphus.template.names import MISSING, Namespace
from pytest_sisyphus.template.text import EvaluationError
from pytest_sisyphus.values.binary import BinaryValue
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_NAME: Final = r"[^\W\d]\w*"
_ACCESSOR: Final = rf"""\.{_NAME}|\[(?:0|[1-9][0-9]{{0,14}}|'[^'\\$\r\n]*'|"[^"\\$\r\n]*")\]"""
_LOOKUP: Final = lazy_pattern(rf"\s*({_NAME})((?:{_ACCESSOR}){{0,30}})\s*")
_ACCESSORS: Final = lazy_pattern(_ACCESSOR)
#: mean something else to Jinja2, in one spelling or another.
_WORDS: Final = frozenset(
    "true false none null not and or if elif else in is contains".split()  # noqa: SIM905 - reads better
)
_PLAIN: Final = frozenset([str, int, float, bool, type(None), dict, list, tuple])
#: no kind of "missing", and nothing that would have to be called.
_VALUES: Final = (str, int, float, Mapping, list, tuple, date, time, Decimal, bytes)

_JOINS_TEXT: Final = lazy_pattern(
    r"can only concatenate str|for \+: '\w+' and 'str'|for \+: 'str' and '\w+'"
)
#: all that evaluating can raise; anything else is our bug and keeps its traceback.
FAILURES: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Expressions(Protocol):
    """Expressions that are evaluated together: the `${…}` of one text."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def calls(self) -> frozenset[str]: ...

    @property
    def call_signatures(self) -> frozenset[CallSignature]:
        """The calls whose arguments are all written out."""

    @property
    def steps(self) -> frozenset[str]:
        """The names that `steps` is asked for, as far as they are written."""

    @property
    def databases(self) -> frozenset[str]:
        """The aliases that `db_query` is given, as far as they are written."""

    @property
    def is_plain_lookup(self) -> bool:
        """All its names are read whenever it is evaluated, and nothing else is done."""

    def evaluate(self, names: Namespace) -> list[Any]:
        """Raises EvaluationError."""


def expressions(sources: Iterable[ExpressionSource], *, boolean: bool = False) -> Expressions:
    """Raises TemplateError with the offset of the mistake."""
    sources = list(sources)
    lookups = [None if boolean else _parse_lookup(one.text) for one in sources]
    known = [one for one in lookups if one is not None]
    if len(known) == len(sources):
        return Lookups(known)
    made: Expressions = _jinja().JinjaExpressions(sources, boolean=boolean)
    return made


class Accessor(NamedTuple):
    #: `.key`; else `[key]`.
    is_attribute: bool
    key: Any


class Lookup:
    """A name, and the way on from it."""

    __slots__ = ("_accessors", "name")

    def __init__(self, name: str, steps: Sequence[Accessor]) -> None:
        self.name = name
        self._accessors = steps

    @property
    def named_step(self) -> Any:
        """What `steps` is asked for."""
        return self._accessors[0].key if self.name == "steps" and self._accessors else None

    def value(self, names: Namespace) -> Any:
        """Raises EvaluationError and FAILURES."""
        value = names.lookup(self.name)
        if value is MISSING:
            raise names.undefined_error(self.name)
        for position, (is_attribute, key) in enumerate(self._accessors):
            if not _is_plainly_in(key, value, is_attribute=is_attribute):
                return _jinja().follow(value, self._accessors[position:])
            value = value[key]
        if type(value) in _PLAIN or (isinstance(value, _VALUES) and type(value) is not BinaryValue):
            return value
        return _jinja().follow(value, ())


class Lookups:
    """Expressions none of which does more than read."""

    calls: frozenset[str] = frozenset()
    call_signatures: frozenset[CallSignature] = frozenset()
    databases: frozenset[str] = frozenset()
    is_plain_lookup = True

    def __init__(self, lookups: Sequence[Lookup]) -> None:
        self._lookups = lookups
        self.names = frozenset(one.name for one in lookups)
        asked = (one.named_step for one in lookups)
        self.steps = frozenset(one for one in asked if isinstance(one, str))

    def evaluate(self, names: Namespace) -> list[Any]:
        try:
            return [one.value(names) for one in self._lookups]
        except EvaluationError:
            raise
        except FAILURES as exc:
            raise failure(exc) from exc


def _failure_reason(exc: BaseException) -> str:
    if isinstance(exc, RecursionError | MemoryError):
        return tr("the value is nested too deeply")
    if isinstance(exc, ZeroDivisionError):
        return tr("division by zero")
    return f"{type(exc).__name__}: {exc}"


def failure(exc: BaseException) -> EvaluationError:
    """The error of an expression that raised."""
    is_joining = isinstance(exc, TypeError) and _JOINS_TEXT.search(str(exc))
    hint = tr("; ~ joins anything as text, as in ${{a ~ b}}") if is_joining else ""
    return EvaluationError(_failure_reason(exc), hint)


def _is_plainly_in(key: Any, value: Any, *, is_attribute: bool) -> bool:
    """A key of a mapping, or an element of a list."""
    kind = type(value)
    if kind is dict or (isinstance(value, dict) and kind is not BinaryValue):
        return key in value
    if is_attribute:
        return isinstance(value, Mapping) and kind is not BinaryValue and key in value
    return kind in {list, tuple} and type(key) is int and 0 <= key < len(value)


def _parse_lookup(text: str) -> Lookup | None:
    found = _LOOKUP.fullmatch(text)
    if found is None or found[1].lower() in _WORDS:
        return None
    steps = tuple(map(_parse_accessor, _ACCESSORS.findall(found[2])))
    names = (found[1], *(step.key for step in steps if step.is_attribute))
    return Lookup(found[1], steps) if all(map(str.isidentifier, names)) else None


def _parse_accessor(written: str) -> Accessor:
    if written.startswith("."):
        return Accessor(True, written[1:])
    inside = written[1:-1]
    return Accessor(False, int(inside) if inside.isdecimal() else inside[1:-1])


def _jinja() -> Any:
    return importlib.import_module(f"{__package__}.expression")
