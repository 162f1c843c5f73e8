"""The base of everything a case file says, and the field types that know templates."""

import contextlib
import functools
import re
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
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

from pytest_sisyphus.errors import ConfigError, TemplateError
from pytest_sisyphus.location import NOWHERE, LocatedDict, LocatedStr, Location, texts
from pytest_sisyphus.spec import notation
from pytest_sisyphus.spec.compat import function_hint, key_hint, template_hint
from pytest_sisyphus.spec.construct import Reader, fast_constructor
from pytest_sisyphus.spec.context import (
    Info,
    NeedsPydantic,
    Reference,
    ValidationContext,
    context_of,
    invalid,
    locate,
    registered,
    unknown_key_error,
    warn,
    with_location,
)
from pytest_sisyphus.spec.notation import SUSPECT
from pytest_sisyphus.template.calls import argument_error
from pytest_sisyphus.template.condition import Condition, parse_condition
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import Template, is_template, render_value
from pytest_sisyphus.values.describe import short_json

TEMPLATE_SCHEMA: Final = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "a ${…} template",
}


#: of a template, or of what may be meant as one.
_SIGN: Final = re.compile(rf"\$\{{|{SUSPECT.pattern}")

NUMERIC_SCHEMA: Final = {"type": "string", "pattern": r"^\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*$"}
TRUTH_WORDS: Final = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "0", "1")
#: JSON type -> the schemas of what else is read as such a value.
_SPELLED: Final = {
    "number": (NUMERIC_SCHEMA,),
    "integer": (NUMERIC_SCHEMA,),
    "boolean": (
        {"enum": [0, 1]},
        {
            "type": "string",
            "pattern": "^("
            + "|".join("".join(f"[{one}{one.upper()}]" for one in word) for word in TRUTH_WORDS)
            + ")$",
        },
    ),
}


class Model(BaseModel):
    """A mapping of the dialect: frozen, no key ignored, every complaint with its place."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )

    #: other spellings of a key.
    aliases: ClassVar[Mapping[str, str]] = {}

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
                    warn(f"unknown key {key!r} is ignored", written.key_locations[key])
                else:
                    location, hint = written.key_locations[key], key_hint(cls, key)
                    unknown.append(unknown_key_error(key, known, location, hint))
            written = written.only(known)
        try:
            made = handler(written)
        except ValidationError as error:
            lines = [*unknown, *(with_location(line, written) for line in error.errors())]
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
        said = f"expected a mapping, got {short_json(value)}{notation.syntax_hint(value)}"
        raise invalid(said, getattr(value, "location", None))

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
                raise invalid(f"{key!r} is another spelling of {name!r}", value.key_locations[key])
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


class Templated:
    """A field in which `${…}` may stand for the value."""

    def __init__(self, mistaken: Literal["refuse", "warn", "ignore"] = "refuse") -> None:
        """What becomes of `{{ x }}` and the like, which may be meant where anything is sent."""
        self._mistaken = mistaken

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._read, handler(source))

    def _read(self, value: Any, handler: Any, info: ValidationInfo) -> Any:
        context = context_of(info)
        if context.rendered:
            return handler(value)
        if _templates(value, context, self._mistaken) and isinstance(value, str):
            return value
        return handler(value)

    def construct(self, read: Reader) -> Reader:
        mistaken, has_sign = self._mistaken, _SIGN.search

        def constructed(value: Any, context: ValidationContext) -> Any:
            is_text = isinstance(value, str)
            if context.rendered or (is_text and not has_sign(value)):
                return read(value, context)
            return (
                value if _templates(value, context, mistaken) and is_text else read(value, context)
            )

        return constructed

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        inner = handler(schema)
        if not inner or inner.get("type") == "string":
            return inner
        spelled = _SPELLED.get(str(inner.get("type")), ())
        return {"anyOf": [inner, dict(TEMPLATE_SCHEMA), *map(dict, spelled)]}


def _templates(value: Any, context: ValidationContext, mistaken: str) -> bool:
    """Whether the value holds templates. Refuses those that can never be evaluated."""
    found = False
    for text in texts(value):
        if SUSPECT.search(text) and mistaken != "ignore":
            _check_lookalike(text, mistaken)
        if is_template(text):
            found = True
            try:
                template = Template(text)
            except TemplateError as error:
                raise _unreadable(error, text) from error
            _check_references(template, context)
    return found


def _check_lookalike(text: str, mistaken: str) -> None:
    if not isinstance(text, LocatedStr):
        return  # of a file that is no case file
    complaint = notation.lookalike(text)
    if complaint and mistaken == "warn":
        warn(complaint, text.location)
    elif complaint:
        raise invalid(complaint, text.location)


def _unreadable(error: TemplateError, text: Any) -> PydanticCustomError:
    hint = ""
    if isinstance(text, str):
        hint = notation.full_width(text, error.offset) or template_hint(text)
    return invalid(f"{error}{hint}", getattr(text, "location", None))


def _check_references(source: Template | Condition, context: ValidationContext) -> None:
    """Refuses unknown functions and impossible arguments. Which steps and databases there are is
    known with the case."""
    if not context.rendered:
        location, is_certain = (
            source.location,
            isinstance(source, Template) and source.is_plain_lookup,
        )
        context.referenced_steps.extend(
            Reference(one, location, is_certain) for one in sorted(source.steps)
        )
        context.queried_databases.extend(
            Reference(one, location) for one in sorted(source.databases)
        )
    for name in sorted(source.calls):
        if name not in context.functions and (hint := function_hint(name)):
            raise invalid(f"no function {name!r}{hint}", source.location)
        registered(context.functions, name, source.location)
    for call in sorted(source.call_signatures):
        wrong = argument_error(context.functions[call.name], call)
        if wrong:
            raise invalid(f"{wrong} in {source.text!r}", source.location)


def refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise invalid(f"expected a number, got {short_json(value)}")
    return value


def _any_condition(value: Any, info: ValidationInfo | Info) -> Condition:
    if isinstance(value, Condition):
        return value
    if isinstance(value, str) and SUSPECT.search(value) and not context_of(info).rendered:
        _check_lookalike(value, "refuse")
    try:
        condition = parse_condition(value)
    except TemplateError as error:
        raise _unreadable(error, value) from error
    _check_references(condition, context_of(info))
    return condition


class _OneOrList:
    def __init__(self, listed: Callable[[Any], Any]) -> None:
        self._listed = listed

    def construct(self, read: Reader) -> Reader:
        listed = self._listed
        return lambda value, context: read(listed(value), context)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many, many["items"]]} if many.get("items") else many


class _ConditionType:
    """A boolean expression, looked at when it is needed."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_any_condition)

    @staticmethod
    def construct(_read: Reader) -> Reader:
        return lambda value, context: _any_condition(value, Info(context))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": ["string", "boolean", "number", "null"]}


Text = Annotated[str, Templated()]
Int = Annotated[int, Templated(), BeforeValidator(refuse_bool)]
Number = Annotated[float, Templated(), BeforeValidator(refuse_bool)]
Flag = Annotated[bool, Templated()]
#: a remark for people.
Note = Annotated[str, Templated("ignore")]
#: what is sent; other tools' notations may be meant in it.
Content = Annotated[Any, Templated("warn")]
#: any YAML value; the templates inside it are checked.
Value = Annotated[Any, Templated()]
MappingField = Annotated[dict[str, Any], Templated()]
ContentMapping = Annotated[dict[str, Any], Templated("warn")]
#: one mapping or text stands for a list of one.
OneOrList = _OneOrList(lambda value: [value] if isinstance(value, str | dict) else value)
#: anything that is no list.
OneOrMore = _OneOrList(lambda value: value if isinstance(value, list | tuple) else [value])
ConditionField = Annotated[Condition, _ConditionType(), Deferred]
