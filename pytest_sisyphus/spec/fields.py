"""Types of fields: those that know templates, conditions, one thing or a list of them."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedStr, texts
from pytest_sisyphus.spec import notation
from pytest_sisyphus.spec.compat import function_hint, template_hint
from pytest_sisyphus.spec.construct import Reader
from pytest_sisyphus.spec.context import (
    Info,
    Reference,
    ValidationContext,
    context_of,
    invalid,
    warn,
)
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.notation import SUSPECT
from pytest_sisyphus.template.calls import argument_error
from pytest_sisyphus.template.condition import Condition, parse_condition
from pytest_sisyphus.template.template import Template, is_template
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

TEMPLATE_SCHEMA: Final = {"type": "string", "pattern": r"\$\{"}


#: of a template, or of what may be meant as one.
_SIGN: Final = lazy_pattern(rf"\$\{{|{SUSPECT.pattern}")

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
            location = getattr(text, "location", None)
            named = notation.bare_names(text)
            context.bare_names.extend(Reference(name, location) for name in named)
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
        if name not in context.functions:
            hint = function_hint(name, context.functions.names)
            said = tr("no function {name!r}{hint}", name=name, hint=hint)
            raise invalid(said, source.location)
    for call in sorted(source.call_signatures):
        wrong = argument_error(context.functions[call.name], call)
        if wrong:
            said = tr("{problem} in {text!r}", problem=wrong, text=source.text)
            raise invalid(said, source.location)


def refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise invalid(tr("expected a number, got {value}", value=short_json(value)))
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
