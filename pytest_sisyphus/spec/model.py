"""The base of everything a case file says: a mapping that knows its places, and is rendered."""

import contextlib
import functools
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import NOWHERE, LocatedDict, Location, texts
from pytest_sisyphus.spec import notation
from pytest_sisyphus.spec.compat import key_hint
from pytest_sisyphus.spec.construct import Reader, fast_constructor
from pytest_sisyphus.spec.context import (
    Info,
    NeedsPydantic,
    ValidationContext,
    context_of,
    invalid,
    locate,
    unknown_key_error,
    warn,
    with_example,
    with_location,
    with_wanted,
)
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import is_template, render_value
from pytest_sisyphus.values.describe import short_json


class Model(BaseModel):
    """A mapping of the dialect: frozen, no key ignored, every complaint with its place."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )

    #: other spellings of a key.
    aliases: ClassVar[Mapping[str, str]] = {}

    #: key -> what is said where no text stands and one must, if more is to be said.
    wanted: ClassVar[Mapping[str, str]] = {}

    #: the JSON Schema of its short form, if it has one.
    short_schema: ClassVar[Mapping[str, Any] | None] = None

    _raw: LocatedDict = PrivateAttr()

    @model_validator(mode="wrap")
    @classmethod
    def _read(
        cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if isinstance(value, cls):
            return value
        context, known = context_of(info), cls.keys()
        written = cls._without_aliases(cls.normalise(value, context))
        unknown: list[InitErrorDetails] = []  # they must not hide other mistakes
        if cls.model_config.get("extra") != "allow" and not written.keys() <= known.keys():
            for key in written.keys() - known.keys():
                if context.unknown_keys == "warn":
                    said = tr("unknown key {key!r} is ignored", key=key)
                    warn(said, written.key_locations[key])
                else:
                    location, hint = written.key_locations[key], key_hint(cls, key)
                    unknown.append(unknown_key_error(key, known, location, hint))
            written = written.only(known)
        try:
            made = handler(written)
        except ValidationError as error:
            located = (with_location(line, written) for line in error.errors())
            explained = (with_wanted(line, cls.wanted) for line in located)
            lines = [*unknown, *(with_example(line, cls) for line in explained)]
            raise ValidationError.from_exception_data(cls.__name__, lines) from error
        if unknown:
            raise ValidationError.from_exception_data(cls.__name__, unknown)
        made._raw = written  # noqa: SLF001 - its own class
        return made

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:  # noqa: ARG003 - for overriders
        """Short forms become the mapping they stand for."""
        if isinstance(value, LocatedDict):
            return value
        if isinstance(value, dict):
            return LocatedDict.of(value, NOWHERE)
        hint = notation.syntax_hint(value)
        said = tr("expected a mapping, got {value}{hint}", value=short_json(value), hint=hint)
        raise invalid(said, getattr(value, "location", None), is_misshapen=not hint)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        definition = handler.resolve_ref_schema(reference)
        properties = definition.get("properties", {})
        for spelling, name in cls.aliases.items():
            # an editor accepts it and offers only the word itself
            about = {"description": f"another word for {name}", "doNotSuggest": True}
            properties[spelling] = {**properties[name], **about}
        if cls.short_schema is not None:
            long_form = dict(definition)
            definition.clear()
            definition["anyOf"] = [long_form, dict(cls.short_schema)]
        return reference

    @classmethod
    def keys(cls) -> Mapping[str, Any]:
        """Every key that may be written."""
        fields = {field.alias or name: name for name, field in cls.model_fields.items()}
        return {**fields, **cls.aliases}

    @classmethod
    def _without_aliases(cls, value: LocatedDict) -> LocatedDict:
        spellings = value.keys() & cls.aliases.keys()
        if not spellings:
            return value
        made = LocatedDict(value.location)
        for key in value:
            name = cls.aliases.get(key, key)
            if name in made:
                first = next(one for one in value if cls.aliases.get(one) == name)
                other = first if key == name else name
                said = tr("{key!r} is another spelling of {name!r}", key=key, name=other)
                raise invalid(said, value.key_locations[key])
            made.take(value, key, new_key=name)
        return made

    @property
    def raw(self) -> LocatedDict:
        """As it stands in the file, other spellings and short forms resolved."""
        private = self.__pydantic_private__  # where pydantic finds `_written` after a long search
        assert private is not None, "it has one"  # noqa: S101 - for the type checker
        written: LocatedDict = private["_raw"]
        return written

    @property
    def location(self) -> Location:
        return self.raw.location

    def location_of(self, key: str) -> Location:
        return self.raw.locations.get(key, self.location)

    def is_set(self, key: str) -> bool:
        return key in self.raw

    def rendered(
        self, scope: Scope, context: ValidationContext, *, only: Collection[str] | None = None
    ) -> Self:
        """The same with its templates replaced, read again: types hold for what came out.

        Fields marked `Deferred` stay as they are; `only` may leave all other keys out. Raises
        TemplateError, ConfigError.
        """
        templated, is_known = self.templated_keys, fast_constructor(type(self)).is_known
        if is_known and (not templated if only is None else templated.isdisjoint(only)):
            return self
        raw, deferred = self.raw, deferred_fields(type(self))
        values = raw.only(raw if only is None else only)
        for key in values:
            if key in deferred:
                values[key] = getattr(self, deferred[key])
            elif not is_known or key in templated:
                values[key] = render_value(raw[key], scope)
        if only is None:
            with contextlib.suppress(NeedsPydantic, PydanticCustomError, ValidationError):
                return self._revalidated(values, templated, context.for_rendered)
        return read(type(self), values, context.for_rendered)

    def _revalidated(
        self, values: LocatedDict, changed: Collection[str], context: ValidationContext
    ) -> Self:
        """The model of the values, of which only some are other than its own."""
        make, info = fast_constructor(type(self)), Info(context)
        if self.normalise(values, context) is not values:
            raise NeedsPydantic
        own = self.__dict__  # in which further keys are not
        fields = {name: own[name] for name in self.model_fields_set if name in own}
        for key in changed:
            if key not in make.readers:
                raise NeedsPydantic
            name, read_field = make.readers[key]
            fields[name] = read_field(values[key], context)
        made: Self = make.make(values, (fields, self.model_extra), info)
        return made

    @functools.cached_property
    def templated_keys(self) -> frozenset[str]:
        """The keys in which templates stand that are rendered with the model."""
        deferred = deferred_fields(type(self))
        found = [
            key
            for key, value in self.raw.items()
            if key not in deferred
            and (is_template(value) or (isinstance(value, _CONTAINERS) and has_template(value)))
        ]
        return frozenset(found) if found else _NO_KEYS


def has_template(value: Any) -> bool:
    """Whether any text in nested data, keys too, has a `${…}`."""
    return any(map(is_template, texts(value)))


_CONTAINERS: Final = (dict, list, tuple)
#: one for all models: most hold no templates, and an empty set is large.
_NO_KEYS: Final = frozenset[str]()

M = TypeVar("M", bound=Model)


def read(model: type[M], values: LocatedDict, context: ValidationContext) -> M:
    """Raises ConfigError that names every wrong value with its place."""
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        raise ConfigError("; ".join(error_lines(error, values))) from error


def error_lines(error: ValidationError, values: LocatedDict) -> list[str]:
    lines = []
    for line in error.errors():
        context = line.get("ctx") or {}
        location = context.get("location") or locate(values, line["loc"])
        path = ".".join(map(str, line["loc"]))
        where = f"{location}: {path}" if path else str(location)
        lines.append(f"{where}: {context.get('message', line['msg'])}")
    return lines


class Deferred:
    """Marks a field whose templates are rendered when it is used, not when its step begins.

    What was read before its model is rendered is not judged again: its templates still stand.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            lambda value, validate, info: (
                value if _is_validated(value, context_of(info)) else validate(value)
            ),
            handler(source),
        )

    @classmethod
    def construct(cls, read: Reader) -> Reader:
        return lambda value, context: (
            value if _is_validated(value, context) else read(value, context)
        )


def _is_validated(value: Any, context: ValidationContext) -> bool:
    return context.rendered and isinstance(value, tuple | Model)


@functools.cache
def deferred_fields(model: type[Model]) -> Mapping[str, str]:
    """Key -> field name."""
    return {
        field.alias or name: name
        for name, field in model.model_fields.items()
        if any(mark is Deferred for mark in field.metadata)
    }
