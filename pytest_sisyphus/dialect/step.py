"""What every kind of step may say."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema

from ..errors import ConfigError
from ..located import LocatedDict
from .check import Check, Extractor, extractors_spelled_out
from .config import RetryPolicy, TimeLimit
from .model import Flag, Late, Model, OneOrList, Remark, Text, When
from .notation import slip
from .numbers import Count
from .reading import reading, refuse, shown


def read_step(value: Any, info: ValidationInfo) -> "StepSpec":
    """A step of the type it says, or of type request."""
    if isinstance(value, StepSpec):
        return value
    written = named(value)
    kind_name = written.get("type", "request")
    try:
        kind = reading(info).steps[kind_name] if isinstance(kind_name, str) else None
    except ConfigError as error:
        raise refuse(str(error), written.places["type"]) from error
    if kind is None:
        raise refuse(f"type must be text, got {shown(kind_name)}", written.places["type"])
    spec: StepSpec = kind.spec.model_validate(written, context=info.context)
    return spec


def named(value: Any) -> LocatedDict:
    """`- N: {…}` is `- name: N` with the keys beside it."""
    if not isinstance(value, LocatedDict):
        said = f"a step is a mapping, got {shown(value)}{slip(value)}"
        raise refuse(said, getattr(value, "place", None))
    inner = next(iter(value.values())) if len(value) == 1 else None
    if not isinstance(inner, LocatedDict):
        return value
    (name,) = value
    made = LocatedDict(value.place)
    made.put("name", name, place=value.key_places[name], key_place=value.key_places[name])
    for key, item in inner.items():
        if key == "name" and item != name:
            raise refuse(f"the step has two names, {name!r} and {item!r}", inner.places[key])
        made.put(key, item, place=inner.places[key], key_place=inner.key_places[key])
    return made


#: a definition by name; `schema` makes it a `$ref`, once all definitions are there.
REFERENCE = "x-definition"

EXTRACTORS_SCHEMA = {
    "anyOf": [
        {"type": "array", "items": {REFERENCE: "Extractor"}},
        {REFERENCE: "Extractor"},
        {
            "type": "object",
            "description": "name: path, or name: {type, path, …}",
            "additionalProperties": {"type": ["string", "object"]},
        },
    ]
}
Step = Annotated[Any, PlainValidator(read_step), WithJsonSchema({REFERENCE: "Step"})]
#: marks the keys that hold steps.
STEPS_SCHEMA = WithJsonSchema({REFERENCE: "Steps"})
#: one mapping stands for a list of one step.
Steps = Annotated[tuple[Step, ...], OneOrList, Late, STEPS_SCHEMA]


class StepSpec(Model):
    """The keys that all step types have. A step type's own model inherits from it."""

    also_spelled: ClassVar[Mapping[str, str]] = {
        "validate": "validations",
        "assertions": "validations",
        "extract": "extractors",
    }

    name: Annotated[Text, Field(description="shown in every output; depends_on refers to it")]
    type: Annotated[str, Field(description="the kind of step")] = "request"
    description: Annotated[Remark, Field(description="a remark")] = ""
    skip_if: Annotated[When | None, Late, Field(description="skip when this holds")] = None
    only_if: Annotated[When | None, Late, Field(description="skip unless this holds")] = None
    depends_on: Annotated[
        tuple[str, ...], OneOrList, Field(description="names of steps that must have succeeded")
    ] = ()
    timeout: Annotated[
        TimeLimit | None, Field(description="seconds one attempt may take in all")
    ] = None
    retry_times: Annotated[Count | None, Field(description="extra attempts")] = None
    retry_policy: Annotated[RetryPolicy | None, Field(description="when and how to retry")] = None
    setup: Annotated[Steps, Late, Field(description="steps before this one")] = ()
    teardown: Annotated[Steps, Late, Field(description="steps after this one, always")] = ()
    validations: Annotated[
        tuple[Check, ...], Late, Field(description="what must hold of the result")
    ] = ()
    extractors: Annotated[
        tuple[Extractor, ...],
        BeforeValidator(extractors_spelled_out),
        Late,
        WithJsonSchema(EXTRACTORS_SCHEMA),
        Field(description="variables taken from the result"),
    ] = ()
    continue_on_failure: Annotated[
        Flag, Field(description="later steps run in spite of stop_on_failure")
    ] = False
