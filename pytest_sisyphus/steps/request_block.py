"""`request` and `database` of `wait` and `poll`: a step inside a step, with the keys of its own."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.context import Info, context_of, invalid
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.step import REFERENCE, StepSpec
from pytest_sisyphus.values.describe import short_json

#: keys of a step that stand beside the block, not in it.
_STEP_KEYS: Final = StepSpec.model_fields.keys() - {"name", "type", "description", "timeout"}


def block_reader(kind: str) -> Callable[[Any, ValidationInfo | Info], StepSpec]:
    """A validator that makes a step of type `kind` of the keys that only such a step has."""

    def read(value: Any, info: ValidationInfo | Info) -> StepSpec:
        if isinstance(value, StepSpec):
            return value
        if not isinstance(value, LocatedDict):
            raise invalid(
                tr(
                    "expected the keys of a {kind} step, got {got}",
                    kind=kind,
                    got=short_json(value),
                )
            )
        for key, location in value.key_locations.items():
            if StepSpec.aliases.get(key, key) in _STEP_KEYS:
                raise invalid(
                    tr("{key!r} belongs beside the {kind} block, not in it", key=key, kind=kind),
                    location,
                )
            if key == "type" and value[key] != kind:
                raise invalid(tr("a {kind} block has no other type", kind=kind), location)
        named = LocatedDict.of({"name": kind, "type": kind}, value.location).merge(value)
        try:
            spec: StepSpec = (
                context_of(info).steps[kind].spec.model_validate(named, context=info.context)
            )
        except ConfigError as error:
            raise invalid(str(error)) from error
        return spec

    return read


RequestBlock = Annotated[
    StepSpec | None,
    PlainValidator(block_reader("request")),
    WithJsonSchema({REFERENCE: "RequestSpec"}),
    Deferred,
]
DatabaseBlock = Annotated[
    StepSpec | None,
    PlainValidator(block_reader("database")),
    WithJsonSchema({REFERENCE: "DatabaseSpec"}),
    Deferred,
]
