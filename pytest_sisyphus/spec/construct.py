"""Models of values that are surely right, made without pydantic, which takes ten times as long.

Derived from the models' own fields. For whatever is not sure - a value that pydantic would convert,
one that is wrong or worth a warning, a model or a field type that is not known - `NeedsPydantic`
is raised: then pydantic reads, and says what there is to say. What is made here is what pydantic
makes of it.
"""

import copy
import functools
import inspect
import math
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, ForwardRef, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic.fields import FieldInfo

from pytest_sisyphus.location import LocatedDict, LocatedStr
from pytest_sisyphus.spec.context import Info, NeedsPydantic, ValidationContext

#: a value as it is written -> as its field holds it. Raises NeedsPydantic and what validators do.
Reader = Callable[[Any, ValidationContext], Any]

_BOUNDS: Final[Mapping[Any, Callable[[Any, Any], bool]]] = {
    annotated_types.Ge: lambda value, bound: value >= bound.ge,
    annotated_types.Gt: lambda value, bound: value > bound.gt,
    annotated_types.Le: lambda value, bound: value <= bound.le,
    annotated_types.Lt: lambda value, bound: value < bound.lt,
}


class FastConstructor:
    """Makes models of one class of a mapping that is surely right."""

    def __init__(self, model: type[Any]) -> None:
        self._model = model
        self._aliases = frozenset(model.aliases)
        #: what pydantic makes of right values can be made here.
        self.is_known = _has_known_validators(model)
        self.readers = {
            field.alias or name: (name, _of_field(model, name, field))
            for name, field in model.model_fields.items()
        }
        self._extra = _extra(model)
        self._required = frozenset(
            name for name, field in model.model_fields.items() if field.is_required()
        )
        self._defaults = {
            name: field.default
            for name, field in model.model_fields.items()
            if not field.is_required()
        }
        self._copied = [
            name for name, value in self._defaults.items() if isinstance(value, dict | list | set)
        ]
        self._after = [
            (one.func, _takes_info(one.func, 2))
            for one in model.__pydantic_decorators__.model_validators.values()
            if one.info.mode == "after"
        ]

    def __call__(self, value: Any, context: ValidationContext) -> Any:
        """Raises NeedsPydantic, or what a validator raises."""
        if isinstance(value, self._model):
            return value
        if not self.is_known:
            raise NeedsPydantic
        info = Info(context)
        written = self._model.normalise(value, context)
        if not self._aliases.isdisjoint(written):
            written = self._model._without_aliases(written)  # noqa: SLF001 - as the model itself does
        values: dict[str, Any] = {}
        extra: dict[str, Any] | None = {} if self._extra else None
        for key, item in written.items():
            known = self.readers.get(key)
            if known is not None:
                values[known[0]] = known[1](item, context)
            elif self._extra is None or extra is None:
                raise NeedsPydantic
            else:
                extra[str(key)] = self._extra(item, context)
        return self.make(written, (values, extra), info)

    def make(self, written: LocatedDict, read: tuple[dict[str, Any], Any], info: Info) -> Any:
        """`read`: the fields' values by name, and those of further keys."""
        values, extra = read
        if not self._required <= values.keys():
            raise NeedsPydantic
        fields = {**self._defaults, **values}
        for name in self._copied:
            if name not in values:
                fields[name] = copy.copy(fields[name])
        made = object.__new__(self._model)
        put = object.__setattr__  # the models are frozen
        put(made, "__dict__", fields)
        put(made, "__pydantic_fields_set__", set(values) | set(extra or ()))
        put(made, "__pydantic_extra__", extra)
        put(made, "__pydantic_private__", {"_raw": written})
        for validate, takes_info in self._after:
            validate(made, info) if takes_info else validate(made)
        return made


@functools.cache
def fast_constructor(model: type[Any]) -> FastConstructor:
    return FastConstructor(model)


def _has_known_validators(model: type[Any]) -> bool:
    """Ours, of which nothing but `Model._read` stands around the fields: what another may do to the
    values is not known here."""
    decorators = model.__pydantic_decorators__
    return model.__module__.startswith("pytest_sisyphus.") and not (
        {name for name, one in decorators.model_validators.items() if one.info.mode != "after"}
        - {"_read"}
        or any(one.info.mode != "after" for one in decorators.field_validators.values())
        or decorators.root_validators
        or decorators.validators
    )


def _extra(model: type[Any]) -> Reader | None:
    """The reader of further keys, where the model takes any; else None."""
    if model.model_config.get("extra") != "allow":
        return None
    written = inspect.get_annotations(model, eval_str=True)["__pydantic_extra__"]
    return _of(get_args(written)[1], model)


def _of_field(model: type[Any], name: str, field: FieldInfo) -> Reader:
    """What the field's annotation reads, inside its validators."""
    read = _with_metadata(field.metadata, _of(field.annotation, model))
    for one in model.__pydantic_decorators__.field_validators.values():
        if name in one.info.fields:
            read = _after(getattr(model, one.cls_var_name), read)
    return read


def _with_metadata(metadata: Iterable[Any], read: Reader) -> Reader:
    """`read`, with the validators and bounds of `Annotated[…, metadata]` applied left to right."""
    for mark in metadata:
        if hasattr(mark, "construct"):  # a field type of the dialect
            read = mark.construct(read)
        elif getattr(mark, "allow_inf_nan", None) is False:
            read = _checked(read, lambda one: not isinstance(one, float) or math.isfinite(one))
        else:
            read = _MARKS[type(mark)](mark, read) if type(mark) in _MARKS else _needs_pydantic
    return read


def reader_of(annotation: Any) -> Reader:
    """Of a type that does not name the model around it."""
    return _of(annotation, object)


def _of(annotation: Any, model: type[Any]) -> Reader:
    if isinstance(annotation, ForwardRef) and annotation.__forward_arg__ == model.__name__:
        annotation = model
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and hasattr(annotation, "normalise"):
        return _model(annotation)
    compound = _COMPOUND.get(get_origin(annotation))
    return compound(get_args(annotation), model) if compound else _needs_pydantic


def _model(model: Any) -> Reader:
    return lambda value, context: fast_constructor(model)(value, context)  # noqa: PLW0108 - it may be this one


def _or_none(inner: tuple[Any, ...], model: type[Any]) -> Reader:
    kinds = [one for one in inner if one is not type(None)]
    if len(kinds) != 1 or len(inner) != 2:
        return _needs_pydantic
    read = _of(kinds[0], model)
    return lambda value, context: None if value is None else read(value, context)


def _tuple(inner: tuple[Any, ...], model: type[Any]) -> Reader:
    read = _of(inner[0], model) if inner[1:] == (...,) else _needs_pydantic

    def several(value: Any, context: ValidationContext) -> Any:
        if not isinstance(value, list | tuple):
            raise NeedsPydantic
        return tuple([read(one, context) for one in value])

    return several


def _dict(inner: tuple[Any, ...], model: type[Any]) -> Reader:
    read_key, read = (_of(one, model) for one in inner)

    def mapping(value: Any, context: ValidationContext) -> Any:
        if not isinstance(value, dict):
            raise NeedsPydantic
        return {read_key(key, context): read(item, context) for key, item in value.items()}

    return mapping


def _literal(words: tuple[Any, ...], _model: type[Any]) -> Reader:
    known = {one: one for one in words if isinstance(one, str)}

    def word(value: Any, _: ValidationContext) -> Any:
        if not isinstance(value, str) or value not in known:
            raise NeedsPydantic
        return known[value]

    return word


_COMPOUND: Final[Mapping[Any, Callable[[tuple[Any, ...], type[Any]], Reader]]] = {
    Annotated: lambda inner, model: _with_metadata(inner[1:], _of(inner[0], model)),
    Union: _or_none,
    types.UnionType: _or_none,
    tuple: _tuple,
    dict: _dict,
    Literal: _literal,
}


def _takes_info(function: Callable[..., Any], arguments: int) -> bool:
    """Whether the last of so many arguments is wanted."""
    parameters = inspect.signature(function).parameters.values()
    return sum(one.default is inspect.Parameter.empty for one in parameters) >= arguments


def _before(function: Callable[..., Any], read: Reader) -> Reader:
    if _takes_info(function, 2):
        return lambda value, context: read(function(value, Info(context)), context)
    return lambda value, context: read(function(value), context)


def _after(function: Callable[..., Any], read: Reader) -> Reader:
    if _takes_info(function, 2):
        return lambda value, context: function(read(value, context), Info(context))
    return lambda value, context: function(read(value, context))


def _checked(read: Reader, is_right: Callable[[Any], bool]) -> Reader:
    """Values that are not right are pydantic's to judge."""

    def checked(value: Any, context: ValidationContext) -> Any:
        made = read(value, context)
        if not is_right(made):
            raise NeedsPydantic
        return made

    return checked


def _bounded(bound: Any, read: Reader) -> Reader:
    holds = _BOUNDS[type(bound)]
    return _checked(
        read, lambda value: value is None or isinstance(value, str) or holds(value, bound)
    )


def _needs_pydantic(_value: Any, _context: ValidationContext) -> Any:
    raise NeedsPydantic


def _any(value: Any, _: ValidationContext) -> Any:
    return value


def _text(value: Any, _: ValidationContext) -> str:
    if isinstance(value, LocatedStr):
        return str(value)
    if type(value) is not str:
        raise NeedsPydantic
    return value


def _exactly(kind: type[Any]) -> Reader:
    def exactly(value: Any, _: ValidationContext) -> Any:
        if type(value) is not kind:
            raise NeedsPydantic
        return value

    return exactly


def _number(value: Any, _: ValidationContext) -> float:
    if type(value) is float:
        return value
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    raise NeedsPydantic


_PLAIN: Final[Mapping[Any, Reader]] = {
    Any: _any,
    str: _text,
    int: _exactly(int),
    bool: _exactly(bool),
    float: _number,
}

_MARKS: Final[Mapping[Any, Callable[[Any, Reader], Reader]]] = {
    BeforeValidator: lambda mark, read: _before(mark.func, read),
    AfterValidator: lambda mark, read: _after(mark.func, read),
    PlainValidator: lambda mark, _: _after(mark.func, _any),
    WithJsonSchema: lambda _, read: read,
    FieldInfo: lambda mark, read: _with_metadata(mark.metadata, read),
    **dict.fromkeys(_BOUNDS, _bounded),
}
