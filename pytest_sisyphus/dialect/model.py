"""The base of everything a case file says, and the field types that know templates."""

import dataclasses
import functools
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

from ..errors import ConfigError, TemplateError
from ..located import NOWHERE, LocatedDict, LocatedStr, Place, texts
from ..render.calling import misfit
from ..render.condition import Condition, parse_condition
from ..render.scope import Scope
from ..render.template import Template, is_template, render_value
from . import notation
from .notation import SUSPECT
from .reading import (
    Reading,
    Reference,
    locate,
    placed,
    reading,
    refuse,
    refuse_key,
    shown,
    warn,
)

TEMPLATE_SCHEMA: Final = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "a ${…} template",
}


NUMERIC_SCHEMA: Final = {"type": "string", "pattern": r"^\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*$"}
_TRUTH_WORDS: Final = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "0", "1")
#: JSON type -> the schemas of what else is read as such a value.
_SPELLED: Final = {
    "number": (NUMERIC_SCHEMA,),
    "integer": (NUMERIC_SCHEMA,),
    "boolean": (
        {"enum": [0, 1]},
        {
            "type": "string",
            "pattern": "^("
            + "|".join("".join(f"[{one}{one.upper()}]" for one in word) for word in _TRUTH_WORDS)
            + ")$",
        },
    ),
}


class Model(BaseModel):
    """A mapping of the dialect: frozen, no key ignored, every complaint with its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    #: other spellings of a key.
    also_spelled: ClassVar[Mapping[str, str]] = {}

    #: the JSON Schema of its short form, if it has one.
    short_schema: ClassVar[Mapping[str, Any] | None] = None

    _written: LocatedDict = PrivateAttr()

    @model_validator(mode="wrap")
    @classmethod
    def _read(
        cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if isinstance(value, cls):
            return value
        written = cls._spelled_out(cls.normalise(value, info))
        written, unknown = cls._known_part(written, reading(info))
        try:
            made = handler(written)
        except ValidationError as error:
            lines = [*unknown, *(placed(line, written) for line in error.errors())]
            raise ValidationError.from_exception_data(cls.__name__, lines) from error
        if unknown:
            raise ValidationError.from_exception_data(cls.__name__, unknown)
        made._written = written  # noqa: SLF001 - its own class
        return made

    @classmethod
    def normalise(cls, value: Any, info: ValidationInfo) -> LocatedDict:  # noqa: ARG003 - for overriders
        """Short forms become the mapping they stand for."""
        if isinstance(value, LocatedDict):
            return value
        if isinstance(value, dict):
            return LocatedDict.of(value, NOWHERE)
        said = f"expected a mapping, got {shown(value)}{notation.slip(value)}"
        raise refuse(said, getattr(value, "place", None))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(schema)
        definition = handler.resolve_ref_schema(reference)
        properties = definition.get("properties", {})
        for spelling, name in cls.also_spelled.items():
            properties[spelling] = {**properties[name], "description": f"another word for {name}"}
        if cls.short_schema is not None:
            long_form = dict(definition)
            definition.clear()
            definition["anyOf"] = [long_form, dict(cls.short_schema)]
        return reference

    @classmethod
    def keys(cls) -> Mapping[str, Any]:
        """Every key that may be written."""
        fields = {field.alias or name: name for name, field in cls.model_fields.items()}
        return {**fields, **cls.also_spelled}

    @classmethod
    def _known_part(
        cls, value: LocatedDict, context: Reading
    ) -> tuple[LocatedDict, list[InitErrorDetails]]:
        """What may be written, and complaints about the rest: they must not hide others."""
        known = cls.keys()
        unknown = [] if cls.model_config.get("extra") == "allow" else value.keys() - known.keys()
        if not unknown:
            return value, []
        complaints = []
        for key in unknown:
            if context.unknown_keys == "warn":
                warn(f"unknown key {key!r} is ignored", value.key_places[key])
            else:
                complaints.append(refuse_key(key, known, value.key_places[key]))
        made = LocatedDict(value.place)
        for key, item in value.items():
            if key in known:
                made.put(key, item, place=value.places[key], key_place=value.key_places[key])
        return made, complaints

    @classmethod
    def _spelled_out(cls, value: LocatedDict) -> LocatedDict:
        spellings = value.keys() & cls.also_spelled.keys()
        if not spellings:
            return value
        made = LocatedDict(value.place)
        for key, item in value.items():
            name = cls.also_spelled.get(key, key)
            if name in made:
                raise refuse(f"{key!r} is another spelling of {name!r}", value.key_places[key])
            made.put(name, item, place=value.places[key], key_place=value.key_places[key])
        return made

    @property
    def written(self) -> LocatedDict:
        """As it stands in the file, other spellings and short forms resolved."""
        return self._written

    @property
    def place(self) -> Place:
        return self._written.place

    def place_of(self, key: str) -> Place:
        return self._written.places.get(key, self.place)

    def wrote(self, key: str) -> bool:
        return key in self._written

    def rendered(
        self, scope: Scope, context: Reading, *, only: Collection[str] | None = None
    ) -> Self:
        """The same with its templates replaced, read again: types hold for what came out.

        Fields marked `Late` stay as they are; `only` leaves all other keys out. Raises
        TemplateError, ConfigError.
        """
        values = LocatedDict(self.place)
        late = late_fields(type(self))
        for key, written in self._written.items():
            if only is None or key in only:
                value = getattr(self, late[key]) if key in late else render_value(written, scope)
                places = self._written.places[key], self._written.key_places[key]
                values.put(key, value, place=places[0], key_place=places[1])
        return read(type(self), values, dataclasses.replace(context, rendered=True))


M = TypeVar("M", bound=Model)


def read(model: type[M], values: LocatedDict, context: Reading) -> M:
    """Raises ConfigError that names every wrong value with its place."""
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        raise ConfigError("; ".join(worded_errors(error, values))) from error


def worded_errors(error: ValidationError, values: LocatedDict) -> list[str]:
    lines = []
    for line in error.errors():
        context = line.get("ctx") or {}
        place = context.get("place") or locate(values, line["loc"])
        path = ".".join(map(str, line["loc"]))
        where = f"{place}: {path}" if path else str(place)
        lines.append(f"{where}: {context.get('message', line['msg'])}")
    return lines


class Late:
    """Marks a field whose templates are rendered when it is used, not when its step begins.

    What was read before its model is rendered is not judged again: its templates still stand.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(_read_once, handler(source))


def _read_once(value: Any, handler: Any, info: ValidationInfo) -> Any:
    was_read = reading(info).rendered and isinstance(value, tuple | Model)
    return value if was_read else handler(value)


@functools.cache
def late_fields(model: type[Model]) -> Mapping[str, str]:
    """Key -> field name."""
    return {
        field.alias or name: name
        for name, field in model.model_fields.items()
        if any(mark is Late for mark in field.metadata)
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
        context = reading(info)
        if context.rendered:
            return handler(value)
        if _templates(value, context, self._mistaken) and isinstance(value, str):
            return value
        return handler(value)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        inner = handler(schema)
        if not inner or inner.get("type") == "string":
            return inner
        spelled = _SPELLED.get(str(inner.get("type")), ())
        return {"anyOf": [inner, dict(TEMPLATE_SCHEMA), *map(dict, spelled)]}


def _templates(value: Any, context: Reading, mistaken: str) -> bool:
    """Whether the value holds templates. Refuses those that can never be evaluated."""
    found = False
    for text in texts(value):
        if SUSPECT.search(text) and mistaken != "ignore":
            _refuse_mistaken(text, mistaken)
        if is_template(text):
            found = True
            _look_at_names(_parsed(text), context)
    return found


def _refuse_mistaken(text: str, mistaken: str) -> None:
    if not isinstance(text, LocatedStr):
        return  # of a file that is no case file
    complaint = notation.mistaken(text)
    if complaint and mistaken == "warn":
        warn(complaint, text.place)
    elif complaint:
        raise refuse(complaint, text.place)


def _parsed(text: str) -> Template:
    try:
        return Template(text)
    except TemplateError as error:
        raise _unreadable(error, text) from error


def _unreadable(error: TemplateError, text: Any) -> PydanticCustomError:
    hint = notation.full_width(text, error.offset) if isinstance(text, str) else ""
    return refuse(f"{error}{hint}", getattr(text, "place", None))


def _look_at_names(source: Template | Condition, context: Reading) -> None:
    """Refuses unknown functions and impossible arguments. Which steps and databases there are is
    known with the case."""
    if not context.rendered:
        place, sure = source.place, isinstance(source, Template) and source.only_reads
        context.named_steps.extend(Reference(one, place, sure) for one in sorted(source.steps))
        context.queried_databases.extend(Reference(one, place) for one in sorted(source.databases))
    for name in sorted(source.calls):
        if name not in context.functions:
            try:
                context.functions[name]
            except ConfigError as error:
                raise refuse(str(error), source.place) from error
    for call in sorted(source.called):
        wrong = misfit(context.functions[call.name], call)
        if wrong:
            raise refuse(f"{wrong} in {source.text!r}", source.place)


def no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise refuse(f"expected a number, got {shown(value)}")
    return value


def _any_condition(value: Any, info: ValidationInfo) -> Condition:
    if isinstance(value, Condition):
        return value
    if isinstance(value, str) and SUSPECT.search(value) and not reading(info).rendered:
        _refuse_mistaken(value, "refuse")
    try:
        condition = parse_condition(value)
    except TemplateError as error:
        raise _unreadable(error, value) from error
    _look_at_names(condition, reading(info))
    return condition


def _one_or_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class _OneOrList:
    def __init__(self, listed: Callable[[Any], Any]) -> None:
        self._listed = listed

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many, many["items"]]} if many.get("items") else many


class ConditionField:
    """A boolean expression, looked at when it is needed."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_any_condition)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": ["string", "boolean", "number", "null"]}


Text = Annotated[str, Templated()]
Whole = Annotated[int, Templated(), BeforeValidator(no_bool)]
Number = Annotated[float, Templated(), BeforeValidator(no_bool)]
Flag = Annotated[bool, Templated()]
#: a remark for people.
Remark = Annotated[str, Templated("ignore")]
#: what is sent; other tools' notations may be meant in it.
Content = Annotated[Any, Templated("warn")]
#: any YAML value; the templates inside it are checked.
Value = Annotated[Any, Templated()]
Mapping_ = Annotated[dict[str, Any], Templated()]
ContentMapping = Annotated[dict[str, Any], Templated("warn")]
#: one mapping or text stands for a list of one.
OneOrList = _OneOrList(_one_or_list)
#: anything that is no list.
OneOrSeveral = _OneOrList(_listed)
When = Annotated[Condition, ConditionField(), Late]
