"""What an expression may touch: plain data and their harmless methods, our functions, no more."""

import functools
from collections.abc import Callable, ItemsView, KeysView, Mapping, ValuesView
from datetime import date, time, timedelta
from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_sisyphus.extensions.registry import did_you_mean, near
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.template import limits
from pytest_sisyphus.template.calls import call_function
from pytest_sisyphus.template.datetimes import Moment, strftime
from pytest_sisyphus.template.names import MISSING, EnvironmentVariables, Fixtures, Namespace
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.values.binary import BinaryValue
from pytest_sisyphus.values.describe import kind_of
from pytest_sisyphus.values.record import record


@record(kw_only=False)
class Method:
    """A method of a plain value: it can be called, and nothing else."""

    name: str
    call: Callable[..., Any]


class MissingValue(StrictUndefined):
    """What is not there. Reading on in it gives itself, any use of it an error that names it."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return self

    def undefined_error(self) -> EvaluationError:
        if self._undefined_hint:
            return EvaluationError(of_library(self._undefined_hint))
        name: Any = self._undefined_name  # of an element: its number
        holder = self._undefined_obj
        if isinstance(holder, _NamespaceRoot):
            return holder.names.undefined_error(str(name))
        if isinstance(holder, EnvironmentVariables):
            said = tr("no environment variable {name!r} that cases may see", name=name)
            return EvaluationError(said, near(str(name), holder))
        if isinstance(holder, Fixtures):
            said = tr("fixture {name!r} is not requested: usefixtures: [{name}]", name=name)
            return EvaluationError(said, near(str(name), holder))
        if isinstance(holder, Mapping):
            known = tr(", ").join(sorted(map(str, holder))[:12])
            there = tr("; known: {names}", names=f"{known}, …")
            body = holder.get("body")  # of a result
            if isinstance(body, Mapping) and name in body:
                hint = did_you_mean([f"body.{name}"])
                return EvaluationError(tr("no key {name!r}", name=name), hint)
            hint = near(str(name), holder) or (there if holder else tr("; the mapping is empty"))
            return EvaluationError(tr("no key {name!r}", name=name), hint)
        if isinstance(holder, list | tuple | str) and isinstance(name, int):
            return EvaluationError(
                tr(
                    "no element {index} in {kind} of {count}",
                    index=name,
                    kind=kind_of(holder),
                    count=len(holder),
                )
            )
        return EvaluationError(tr("{kind} has no {name!r}", kind=kind_of(holder), name=name))

    def _fail_with_undefined_error(self, *_args: Any, **_kwargs: Any) -> Any:
        raise self.undefined_error()

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _fail_with_undefined_error


@record(kw_only=False)
class _NamespaceRoot:
    names: Namespace


def variable(names: Namespace, name: str) -> Any:
    """The value, or the Unknown that says which name is missing."""
    value = names.lookup(name)
    return (
        MissingValue(obj=_NamespaceRoot(names), name=name)
        if value is MISSING
        else refuse_binary(value)
    )


def refuse_binary(value: Any) -> Any:
    """The value. Raises EvaluationError for bytes: nothing can be read in or asked of them."""
    if type(value) is BinaryValue:
        raise EvaluationError(tr("the body is bytes that are no text: nothing can be read in it"))
    return value


class ScopeContext(Context):
    """Jinja2's view of the names: `v_…` are variables, `f_…` functions.

    Two kinds of name, so that a variable never stands in the way of a function's call.
    """

    names: Namespace

    def resolve_or_missing(self, key: str) -> Any:
        kind, name = key[:2], key[2:]
        if kind == "f_":
            functions = self.names.functions
            if name not in functions:
                raise EvaluationError(
                    tr("no function {name!r}", name=name), near(name, functions.names)
                )
            return functions[name]
        return variable(self.names, name)


def require_value(value: Any) -> Any:
    """The value. Raises EvaluationError for what is missing, and a method that is not called."""
    if isinstance(value, MissingValue):
        raise value.undefined_error()
    if isinstance(value, Undefined):
        raise EvaluationError(tr("there is no value"))
    if isinstance(value, Method | Function):
        raise EvaluationError(tr("{name} is a method: call it, {name}()", name=value.name))
    return value


_TEXT_METHODS = """capitalize casefold center count endswith expandtabs find format index
    isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace
    istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex
    rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title upper zfill"""
_MOMENT_METHODS = """date isocalendar isoformat isoweekday strftime time timestamp total_seconds
    utcoffset weekday"""

#: the methods that can be called: of plain values, those that only look or make something new.
_METHODS: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = (
    (str, frozenset(_TEXT_METHODS.split())),
    (bytes, frozenset(["hex"])),
    (Mapping, frozenset(["get", "items", "keys", "values"])),
    ((list, tuple), frozenset(["count", "index"])),
    ((int, float), frozenset(["is_integer"])),
    ((date, time, timedelta), frozenset(_MOMENT_METHODS.split())),
)
#: what a text has besides that is a moment.
_OF_A_MOMENT = frozenset(f"year month day hour minute second microsecond {_MOMENT_METHODS}".split())
#: these have no attributes that anyone should see.
_PLAIN = (str, bytes, int, float, list, set, frozenset, Mapping, type(None), type)


class Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(limits.OPERATIONS)
    context_class = ScopeContext

    def __init__(
        self,
        filters: Mapping[str, Callable[..., Any]],
        tests: Mapping[str, Callable[..., bool]],
    ) -> None:
        """`tests` go over Jinja2's own."""
        super().__init__(undefined=MissingValue, optimized=False, cache_size=0)
        self.globals.clear()
        self.filters = dict(filters)
        self.tests.update(tests)
        self.binop_table.update(limits.OPERATIONS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Keys first, then methods of plain values, then plain attributes of other objects."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and attribute in obj:
            return refuse_binary(obj[attribute])
        if isinstance(obj, Moment) and attribute in _OF_A_MOMENT:
            return self.getattr(obj.moment, attribute)
        for types, names in _METHODS:
            if isinstance(obj, types) and attribute in names:
                return Method(attribute, _bound(obj, attribute))
        hidden = attribute.startswith("_") or isinstance(obj, _PLAIN)
        value = MISSING if hidden else getattr(obj, attribute, MISSING)
        if value is MISSING or callable(value):
            return self.undefined(obj=obj, name=attribute)
        return value

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        try:
            return refuse_binary(obj[argument])
        except (TypeError, LookupError):
            missing = self.undefined(obj=obj, name=argument)
        # the keys of files and of JSON are text: `1`, `true`
        if isinstance(obj, Mapping) and isinstance(argument, int | float | None):
            return obj.get(json_text(argument), missing)
        return missing

    def call(self, _context: Context, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        if isinstance(target, MissingValue):
            raise target.undefined_error()
        if isinstance(target, Function):
            return call_function(target, args, kwargs)
        if isinstance(target, Method):
            result = refuse_binary(target.call(*args, **kwargs))
            return list(result) if isinstance(result, KeysView | ValuesView | ItemsView) else result
        raise EvaluationError(tr("{kind} cannot be called", kind=kind_of(target)))


def _bound(obj: Any, name: str) -> Callable[..., Any]:
    if name == "strftime":
        return functools.partial(strftime, obj)
    guard = limits.METHODS.get(name) if isinstance(obj, str) else None
    return functools.partial(guard, obj) if guard else getattr(obj, name)
