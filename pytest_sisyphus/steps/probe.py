"""A request or query inside a step, that is no step itself: what `wait` and `poll` look at."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from ..dialect.model import Late
from ..dialect.reading import reading, refuse, shown
from ..dialect.step import REFERENCE, StepSpec
from ..errors import ConfigError
from ..located import LocatedDict
from ..models.result import Outcome

#: keys of a step that stand beside the block, not in it.
_OF_THE_STEP: Final = StepSpec.model_fields.keys() - {"name", "type", "description", "timeout"}


def block(kind: str) -> Callable[[Any, ValidationInfo], StepSpec]:
    """Reads the keys that a step of that type has of its own."""

    def read(value: Any, info: ValidationInfo) -> StepSpec:
        if isinstance(value, StepSpec):
            return value
        if not isinstance(value, LocatedDict):
            raise refuse(f"expected the keys of a {kind} step, got {shown(value)}")
        _refuse_keys_of_the_step(value, kind)
        named = LocatedDict(value.place)
        for key, item in {"name": kind, **value, "type": kind}.items():
            place = value.places.get(key, value.place)
            named.put(key, item, place=place, key_place=value.key_places.get(key, place))
        try:
            spec: StepSpec = (
                reading(info).steps[kind].spec.model_validate(named, context=info.context)
            )
        except ConfigError as error:
            raise refuse(str(error)) from error
        return spec

    return read


def _refuse_keys_of_the_step(value: LocatedDict, kind: str) -> None:
    for key, place in value.key_places.items():
        if StepSpec.also_spelled.get(key, key) in _OF_THE_STEP:
            raise refuse(f"{key!r} belongs beside the {kind} block, not in it", place)
        if key == "type" and value[key] != kind:
            raise refuse(f"a {kind} block has no other type", place)


RequestBlock = Annotated[
    StepSpec | None,
    PlainValidator(block("request")),
    WithJsonSchema({REFERENCE: "RequestSpec"}),
    Late,
]
DatabaseBlock = Annotated[
    StepSpec | None,
    PlainValidator(block("database")),
    WithJsonSchema({REFERENCE: "DatabaseSpec"}),
    Late,
]

#: runs a block as one attempt of such a step.
Probe = Callable[[], Outcome]
