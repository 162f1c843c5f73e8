"""What an expression may touch: plain data and their harmless methods, our functions, no more."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import Any, Protocol

from jinja2 import StrictUndefined, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_sisyphus.models.octets import Octets
from pytest_sisyphus.models.parts import Function
from pytest_sisyphus.registry import Registry, near

from . import growth
from .calling import call_function
from .moments import Moment, strftime
from .text import UnevaluableError, json_text, kind_of


class Names(Protocol):
    """Where an expression looks its names up."""

    functions: Registry[Function]

    def lookup(self, name: str) -> Any:
        """The value, or MISSING."""

    def has(self, name: str) -> bool:
        """Whether it is there; nothing is evaluated for this."""

    def complaint(self, name: str) -> UnevaluableError: ...


#: what `Names.lookup` answers for a name that is not there.
MISSING: Any = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Method:
    """A method of a plain value: it can be called, and nothing else."""

    name: str
    call: Callable[..., Any]


class Unknown(StrictUndefined):
    """What is not there. Reading on in it gives itself, any use of it an error that names it."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return self

    def complaint(self) -> UnevaluableError:
        if self._undefined_hint:
            return UnevaluableError(self._undefined_hint)
        name, holder = self._undefined_name, self._undefined_obj
        if isinstance(holder, _Root):
            return holder.names.complaint(str(name))
        return _not_there(holder, name)

    def _fail_with_undefined_error(self, *_args: Any, **_kwargs: Any) -> Any:
        raise self.complaint()

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _fail_with_undefined_error


@dataclasses.dataclass(frozen=True, slots=True)
class _Root:
    names: Names


def _not_there(holder: Any, name: Any) -> UnevaluableError:
    if isinstance(holder, Mapping):
        return UnevaluableError(f"no key {name!r}", _what_is_there(name, holder))
    if isinstance(holder, list | tuple | str) and isinstance(name, int):
        return UnevaluableError(f"no element {name} in {kind_of(holder)} of {len(holder)}")
    return UnevaluableError(f"{kind_of(holder)} has no {name!r}")


def _what_is_there(name: Any, holder: Mapping[Any, Any]) -> str:
    hint = near(str(name), holder)
    if hint or not holder:
        return hint or "; the mapping is empty"
    return f"; known: {', '.join(sorted(map(str, holder))[:12])}, …"


def variable(names: Names, name: str) -> Any:
    """The value, or the Unknown that says which name is missing."""
    value = names.lookup(name)
    return Unknown(obj=_Root(names), name=name) if value is MISSING else _readable(value)


def _readable(value: Any) -> Any:
    """Also what only asks whether there is something in it has no answer."""
    if type(value) is Octets:
        raise UnevaluableError("the body is bytes that are no text: nothing can be read in it")
    return value


class ScopeContext(Context):
    """Jinja2's view of the names: `v_…` are variables, `f_…` functions.

    Two kinds of name, so that a variable never stands in the way of a function's call.
    """

    names: Names

    def resolve_or_missing(self, key: str) -> Any:
        kind, name = key[:2], key[2:]
        if kind == "f_":
            return self._function(name)
        return variable(self.names, name)

    def _function(self, name: str) -> Function:
        functions = self.names.functions
        if name not in functions:
            raise UnevaluableError(f"no function {name!r}", near(name, functions.names))
        return functions[name]


def known(value: Any) -> Any:
    """The value, if it is one."""
    if isinstance(value, Unknown):
        raise value.complaint()
    if isinstance(value, Undefined):
        raise UnevaluableError("there is no value")
    if isinstance(value, Method | Function):
        raise UnevaluableError(f"{value.name} is a method: call it, {value.name}()")
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
    intercepted_binops = frozenset(growth.OPERATIONS)
    context_class = ScopeContext

    def __init__(
        self,
        filters: Mapping[str, Callable[..., Any]],
        tests: Mapping[str, Callable[..., bool]],
    ) -> None:
        """`tests` go over Jinja2's own."""
        super().__init__(undefined=Unknown, optimized=False, cache_size=0)
        self.globals.clear()
        self.filters = dict(filters)
        self.tests.update(tests)
        self.binop_table.update(growth.OPERATIONS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Keys first, then methods of plain values, then plain attributes of other objects."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and attribute in obj:
            return _readable(obj[attribute])
        if isinstance(obj, Moment) and attribute in _OF_A_MOMENT:
            return self.getattr(obj.moment, attribute)
        for types, names in _METHODS:
            if isinstance(obj, types) and attribute in names:
                return Method(attribute, _bound(obj, attribute))
        return self._attribute(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        try:
            return _readable(obj[argument])
        except (TypeError, LookupError):
            return self._by_text(obj, argument)

    def call(self, _context: Context, target: Any, /, *args: Any, **kwargs: Any) -> Any:
        if isinstance(target, Unknown):
            raise target.complaint()
        if isinstance(target, Function):
            return call_function(target, args, kwargs)
        if isinstance(target, Method):
            return _readable(target.call(*args, **kwargs))
        raise UnevaluableError(f"{kind_of(target)} cannot be called")

    def _by_text(self, obj: Any, key: Any) -> Any:
        """The keys of files and of JSON are text: `1`, `true`."""
        missing = self.undefined(obj=obj, name=key)
        if isinstance(obj, Mapping) and (key is None or isinstance(key, int | float)):
            return obj.get(json_text(key), missing)
        return missing

    def _attribute(self, obj: Any, name: str) -> Any:
        hidden = name.startswith("_") or isinstance(obj, _PLAIN)
        value = MISSING if hidden else getattr(obj, name, MISSING)
        if value is MISSING or callable(value):
            return self.undefined(obj=obj, name=name)
        return value


def _bound(obj: Any, name: str) -> Callable[..., Any]:
    if name == "strftime":
        return functools.partial(strftime, obj)
    guard = growth.METHODS.get(name) if isinstance(obj, str) else None
    return functools.partial(guard, obj) if guard else getattr(obj, name)
