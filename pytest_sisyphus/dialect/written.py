"""The steps of a case as they are written: they can be looked at though they are not all right."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import PydanticCustomError

from ..errors import ConfigError
from ..located import LocatedDict
from .reading import Reading
from .step import STEPS_SCHEMA, StepSpec, named


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class WrittenStep:
    written: LocatedDict
    #: in its `setup`, and in the keys of its own type.
    before: tuple["WrittenStep", ...]
    #: in its `teardown`.
    after: tuple["WrittenStep", ...]

    @property
    def name(self) -> str:
        """Empty where it is no text."""
        name = self.written.get("name")
        return name if isinstance(name, str) else ""


def written_steps(value: Any, context: Reading) -> tuple[WrittenStep, ...]:
    """What is no mapping is left out."""
    items = [value] if isinstance(value, LocatedDict) else value
    made = (_written_step(item, context) for item in items) if isinstance(items, list) else ()
    return tuple(step for step in made if step)


def walk(steps: Iterable[WrittenStep]) -> Iterator[WrittenStep]:
    """Every step, nested ones too."""
    for step in steps:
        yield step
        yield from walk((*step.before, *step.after))


def step_keys(written: LocatedDict, context: Reading) -> list[str]:
    """Which of its keys hold steps."""
    fields = _model(written, context).model_fields.items()
    return [key for key, field in fields if key in written and STEPS_SCHEMA in field.metadata]


def _written_step(item: Any, context: Reading) -> WrittenStep | None:
    try:
        written = named(item)
    except PydanticCustomError:
        return None
    before: list[WrittenStep] = []
    after: list[WrittenStep] = []
    for key in step_keys(written, context):
        inside = after if key == "teardown" else before
        inside += written_steps(written[key], context)
    return WrittenStep(written, tuple(before), tuple(after))


def _model(written: LocatedDict, context: Reading) -> type[StepSpec]:
    kind = written.get("type", "request")
    try:
        model: type[StepSpec] = context.steps[kind].spec if isinstance(kind, str) else StepSpec
    except ConfigError:
        return StepSpec
    return model
