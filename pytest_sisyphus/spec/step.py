"""What every kind of step may say."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, ValidationInfo, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.spec.compat import step_type_hint
from pytest_sisyphus.spec.config import RetryPolicy, TimeLimit
from pytest_sisyphus.spec.construct import Reader, fast_constructor
from pytest_sisyphus.spec.context import (
    NeedsPydantic,
    ValidationContext,
    context_of,
    invalid,
    registered,
)
from pytest_sisyphus.spec.extractor import Extractor, expand_extractors
from pytest_sisyphus.spec.fields import ConditionField, Flag, Note, OneOrList, Text
from pytest_sisyphus.spec.model import Deferred, Model
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.spec.numbers import Count
from pytest_sisyphus.values.describe import short_json


def read_step(value: Any, info: ValidationInfo) -> "StepSpec":
    """A step of the type it says, or of type request."""
    if isinstance(value, StepSpec):
        return value
    written = normalise_step(value)
    name = written.get("type", "request")
    if not isinstance(name, str):
        said = tr("type must be text, got {type}", type=short_json(name))
        raise invalid(said, written.locations["type"])
    steps = context_of(info).steps
    if name not in steps and (hint := step_type_hint(name)):
        said = tr("no {kind} {name!r}{near}", kind=tr(steps.kind), name=name, near=hint)
        raise invalid(said, written.locations["type"])
    kind = registered(steps, name, written.locations.get("type"))
    spec: StepSpec = kind.spec.model_validate(written, context=info.context)
    return spec


def _construct_step(value: Any, context: ValidationContext) -> "StepSpec":
    if isinstance(value, StepSpec):
        return value
    written = normalise_step(value)
    kind = written.get("type", "request")
    if not isinstance(kind, str):
        raise NeedsPydantic
    if "depends_on" in written:
        context.dependent_steps.append(written)
    spec: StepSpec = fast_constructor(context.steps[kind].spec)(written, context)
    return spec


class _StepField:
    """A step of whatever type it says."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(read_step)

    @staticmethod
    def construct(_read: Reader) -> Reader:
        return _construct_step


def normalise_step(value: Any) -> LocatedDict:
    """`- N: {…}` is `- name: N` with the keys beside it."""
    if not isinstance(value, LocatedDict):
        hint = syntax_hint(value)
        said = tr("a step is a mapping, got {value}{hint}", value=short_json(value), hint=hint)
        raise invalid(said, getattr(value, "location", None), is_misshapen=not hint)
    inner = next(iter(value.values())) if len(value) == 1 else None
    if not isinstance(inner, LocatedDict):
        return value
    (name,) = value
    made = LocatedDict(value.location)
    made.put(
        "name", name, location=value.key_locations[name], key_location=value.key_locations[name]
    )
    second = inner.get("name", name)
    if second != name:
        said = tr("the step has two names, {name!r} and {second!r}", name=name, second=second)
        raise invalid(said, inner.locations["name"])
    return made.merge(inner)


#: a definition by name; `schema` makes it a `$ref`, once all definitions are there.
REFERENCE = "x-definition"

EXTRACTORS_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {REFERENCE: "Extractor"}},
        {REFERENCE: "Extractor"},
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "object"]},
        },
    ]
}
Step = Annotated[Any, _StepField(), WithJsonSchema({REFERENCE: "Step"})]
#: marks the keys that hold steps.
STEPS_SCHEMA = WithJsonSchema({REFERENCE: "Steps"})
#: one mapping stands for a list of one step.
Steps = Annotated[tuple[Step, ...], OneOrList, Deferred, STEPS_SCHEMA]


class StepSpec(Model):
    """The keys that all step types have. A step type's own model inherits from it."""

    aliases: ClassVar[Mapping[str, str]] = {
        "validate": "validations",
        "assertions": "validations",
        "extract": "extractors",
    }

    name: Annotated[Text, Field(description="shown in every output; depends_on refers to it")]
    type: Annotated[str, Field(description="the kind of step")] = "request"
    description: Annotated[Note, Field(description="a remark")] = ""
    skip_if: Annotated[
        ConditionField | None, Deferred, Field(description="skip when this holds")
    ] = None
    only_if: Annotated[
        ConditionField | None, Deferred, Field(description="skip unless this holds")
    ] = None
    depends_on: Annotated[
        tuple[str, ...], OneOrList, Field(description="names of steps that must have succeeded")
    ] = ()
    timeout: Annotated[
        TimeLimit | None, Field(description="seconds one attempt may take in all")
    ] = None
    retry_times: Annotated[Count | None, Field(description="extra attempts")] = None
    retry_policy: Annotated[RetryPolicy | None, Field(description="when and how to retry")] = None
    setup: Annotated[Steps, Deferred, Field(description="steps before this one")] = ()
    teardown: Annotated[Steps, Deferred, Field(description="steps after this one, always")] = ()
    validations: Annotated[
        tuple[Check, ...], Deferred, Field(description="what must hold of the result")
    ] = ()
    extractors: Annotated[
        tuple[Extractor, ...],
        BeforeValidator(expand_extractors),
        Deferred,
        WithJsonSchema(EXTRACTORS_SCHEMA),
        Field(description="variables taken from the result"),
    ] = ()
    continue_on_failure: Annotated[
        Flag, Field(description="later steps run in spite of stop_on_failure")
    ] = False
