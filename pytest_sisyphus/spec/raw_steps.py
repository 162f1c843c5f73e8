"""The steps of a case as they are written: they can be looked at though they are not all right."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import PydanticCustomError

from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.step import STEPS_SCHEMA, StepSpec, normalise_step


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class RawStep:
    raw: LocatedDict
    #: in its `setup`, and in the keys of its own type.
    before: tuple["RawStep", ...]
    #: in its `teardown`.
    after: tuple["RawStep", ...]

    @property
    def name(self) -> str:
        """Empty where it is no text."""
        name = self.raw.get("name")
        return name if isinstance(name, str) else ""


def raw_steps(value: Any, context: ValidationContext) -> tuple[RawStep, ...]:
    """The steps of a list, or of one mapping; what is no step is left out."""
    items = [value] if isinstance(value, LocatedDict) else value
    steps: list[RawStep] = []
    for item in items if isinstance(items, list) else ():
        try:
            raw = normalise_step(item)
        except PydanticCustomError:
            continue
        before: list[RawStep] = []
        after: list[RawStep] = []
        for key in step_keys(raw, context):
            inside = after if key == "teardown" else before
            inside += raw_steps(raw[key], context)
        steps.append(RawStep(raw, tuple(before), tuple(after)))
    return tuple(steps)


def walk(steps: Iterable[RawStep]) -> Iterator[RawStep]:
    """Every step, nested ones too."""
    for step in steps:
        yield step
        yield from walk((*step.before, *step.after))


def step_keys(raw: LocatedDict, context: ValidationContext) -> list[str]:
    """Which of a step's keys hold steps."""
    kind = raw.get("type", "request")
    known = isinstance(kind, str) and kind in context.steps
    model: type[StepSpec] = context.steps[kind].spec if known else StepSpec
    fields = model.model_fields.items()
    return [key for key, field in fields if key in raw and STEPS_SCHEMA in field.metadata]
