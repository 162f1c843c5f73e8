"""Plain data of many fields."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

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

    What Python itself freezes takes four times as long to make; and all methods but `__init__` are
    the same of every record, where a dataclass has its own compiled, a millisecond for each class.
    """
    if cls is None:
        return lambda one: _made(one, kw_only=kw_only, slots=slots)
    return _made(cls, kw_only=kw_only, slots=slots)


def _made(cls: type[Any], *, kw_only: bool, slots: bool) -> type[Any]:
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is made, to be its text
    of_all = {"__repr__": _shown, "__eq__": _is_same, "__hash__": _hash}
    own = {name: method for name, method in of_all.items() if name not in vars(cls)}
    make = dataclasses.dataclass(kw_only=kw_only, slots=slots, repr=False, eq=False)
    made = make(cls)
    for name, method in own.items():
        setattr(made, name, method)
    return made


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
