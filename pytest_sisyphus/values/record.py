"""Plain data of many fields."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(cls: type[T], /) -> type[T]: ...


@overload
def record(*, kw_only: bool = True, slots: bool = True) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,)
)
def record(
    cls: type[Any] | None = None, /, *, kw_only: bool = True, slots: bool = True
) -> type[Any] | Callable[[type[Any]], type[Any]]:
    """A dataclass that nobody changes: the type checker sees to it.

    What Python itself freezes takes four times as long to make; and the methods are the same of
    every record, where a dataclass has its own compiled, a millisecond for each class. Only the
    `__init__` of a record that is made more than a few times is compiled, too.
    """
    if cls is None:
        return lambda one: _made(one, kw_only=kw_only, slots=slots)
    return _made(cls, kw_only=kw_only, slots=slots)


def _made(cls: type[Any], *, kw_only: bool, slots: bool) -> type[Any]:
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is made, to be its text
    of_all = {"__repr__": _shown, "__eq__": _is_same, "__hash__": _hash}
    make = dataclasses.dataclass(init=False, kw_only=kw_only, slots=slots, repr=False, eq=False)
    made = make(cls)
    for name, method in {**of_all, "__init__": _init_of(made)}.items():
        if name not in vars(cls):
            setattr(made, name, method)
    return made


#: records of a class until its `__init__` is compiled: that takes as long as to make a hundred.
_FEW: Final = 5


def _init_of(cls: type[Any]) -> Callable[..., None]:
    """What `dataclass` would compile, which takes its place once it is worth it."""
    made = 0

    def init(self: Any, /, *args: Any, **values: Any) -> None:
        nonlocal made
        made += 1
        if made > _FEW or not _set_fields(self, dataclasses.fields(cls), args, values):
            cls.__init__ = compiled = _compiled_init(cls)
            compiled(self, *args, **values)

    return init


def _set_fields(
    self: Any, fields: Sequence[dataclasses.Field[Any]], args: Sequence[Any], values: dict[str, Any]
) -> bool:
    """Whether the arguments are right: who gives others hears of it from Python."""
    positional = [one.name for one in fields if not one.kw_only]
    given = {**dict(zip(positional, args, strict=False)), **values}
    known = 0
    for one in fields:
        if one.name in given:
            value = given[one.name]
            known += 1
        elif one.default is not dataclasses.MISSING:
            value = one.default
        elif one.default_factory is not dataclasses.MISSING:
            value = one.default_factory()
        else:
            return False
        setattr(self, one.name, value)
    return known == len(args) + len(values)


def _compiled_init(cls: type[Any]) -> Any:
    fields = [
        (
            one.name,
            one.type,
            dataclasses.field(default=one.default, kw_only=one.kw_only)
            if one.default_factory is dataclasses.MISSING
            else dataclasses.field(default_factory=one.default_factory, kw_only=one.kw_only),
        )
        for one in dataclasses.fields(cls)
    ]
    return vars(dataclasses.make_dataclass(cls.__name__, fields, repr=False, eq=False))["__init__"]


def _shown(self: Any) -> str:
    fields = (one.name for one in dataclasses.fields(self) if one.repr)
    told = ", ".join(f"{name}={getattr(self, name)!r}" for name in fields)
    return f"{type(self).__qualname__}({told})"


def _is_same(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _compared(one: Any) -> tuple[Any, ...]:
    return tuple(getattr(one, field.name) for field in dataclasses.fields(one) if field.compare)
