"""One case: one YAML document."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..registry import near
from .circles import refuse_circles
from .config import Config
from .model import Model, no_bool
from .reading import reading, refuse, shown
from .step import Step, Steps, StepSpec


def _not_empty(value: Any) -> Any:
    if value == []:
        raise refuse("a case needs at least one step")
    return value


def _key_text(value: Any) -> Any:
    if value == "":
        raise refuse("a case_key is not empty")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _tag(tag: str) -> str:
    if not tag.strip() or not tag.isprintable():
        raise refuse(f"a tag is one line of printable text, got {shown(tag)}")
    return tag


Tag = Annotated[str, AfterValidator(_tag)]


class Case(Model):
    name: Annotated[str, Field(description="unique within its file")]
    description: Annotated[str, Field(description="a remark")] = ""
    case_id: Annotated[
        int | None, BeforeValidator(no_bool), Field(description="the functional case's number")
    ] = None
    case_key: Annotated[
        str | None, BeforeValidator(_key_text), Field(description="the functional case's key")
    ] = None
    config: Annotated[Config | None, Field(description="what holds for all steps")] = None
    setup: Annotated[Steps, Field(description="before the first step")] = ()
    steps: Annotated[
        tuple[Step, ...],
        BeforeValidator(_not_empty),
        Field(description="what the case does", json_schema_extra={"minItems": 1}),
    ]
    teardown: Annotated[Steps, Field(description="after the last step, always")] = ()
    tags: Annotated[tuple[Tag, ...], Field(description="pytest markers")] = ()
    enabled: Annotated[bool, Field(description="false: reported as skipped")] = True
    usefixtures: Annotated[tuple[str, ...], Field(description="pytest fixtures to request")] = ()

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if not name.strip() or not name.isprintable():
            raise refuse("a case's name is one line of printable text")
        return name

    @model_validator(mode="after")
    def _dependencies_exist(self) -> "Case":
        _refuse_unmet_dependencies((*self.setup, *self.steps, *self.teardown))
        return self

    @model_validator(mode="after")
    def _named_steps_exist(self, info: ValidationInfo) -> "Case":
        if self.config and "steps" in self.config.variables:
            return self  # a variable of that name stands before the steps
        counts = Counter(step.name for step in self._all_steps())
        for name, place in reading(info).named_steps:
            if counts[name] != 1:
                which = _which(name, counts, "")
                raise refuse(f"steps[{name!r}] names {which}", place)
        return self

    @model_validator(mode="after")
    def _named_databases_exist(self, info: ValidationInfo) -> "Case":
        known = self.config.databases if self.config else {}
        for name, place in reading(info).named_databases:
            if name not in known:
                said = "" if known else "; config has no databases"
                raise refuse(
                    f"db_query() asks for the database {name!r}, which config.databases does not "
                    f"have{near(name, known) or said}",
                    place,
                )
        return self

    @model_validator(mode="after")
    def _variables_can_be_made(self, info: ValidationInfo) -> "Case":
        if self.config:
            refuse_circles(self.config, self._all_steps(), reading(info).given)
        return self

    def _all_steps(self) -> Iterator[StepSpec]:
        return walk((*self.setup, *self.steps, *self.teardown))

    @model_validator(mode="after")
    def _steps_agree_with_config(self) -> "Case":
        for step in self._all_steps():
            step.agrees_with(self.config)
        return self

    @property
    def identity(self) -> dict[str, int | str]:
        """`case_id` and `case_key` as far as known: either gives the other's default."""
        key = self.case_key or ("" if self.case_id is None else str(self.case_id))
        number = self.case_id
        if number is None and key.isascii() and key.isdecimal():
            number = int(key)
        known = {"case_id": number, "case_key": key or None}
        return {name: value for name, value in known.items() if value is not None}


def _refuse_unmet_dependencies(
    steps: tuple[StepSpec, ...], earlier: list[str] | None = None
) -> None:
    """Steps inside others may depend on those around and before them, and the other way round."""
    earlier = [] if earlier is None else earlier
    for step in steps:
        for name in step.depends_on:
            if earlier.count(name) != 1 and "${" not in name:
                which = _which(name, Counter(earlier), "earlier ")
                raise refuse(f"depends_on {name!r} names {which}", step.place_of("depends_on"))
        for inside in (step.setup, *_steps_inside(step)):
            _refuse_unmet_dependencies(inside, earlier)
        earlier.append(step.name)
        _refuse_unmet_dependencies(step.teardown, earlier)


def _which(name: str, counts: Counter[str], when: str) -> str:
    return f"{counts[name]} {when}steps" if counts[name] else f"no {when}step{near(name, counts)}"


def _steps_inside(step: StepSpec) -> Iterator[tuple[StepSpec, ...]]:
    """Of the keys of its own type."""
    for key in type(step).model_fields.keys() - StepSpec.model_fields.keys():
        value = getattr(step, key)
        if isinstance(value, tuple) and value and isinstance(value[0], StepSpec):
            yield value


def walk(steps: tuple[Any, ...]) -> Iterator[Any]:
    """Every step, nested ones too."""
    for step in steps:
        yield step
        for key in type(step).model_fields:
            value = getattr(step, key)
            if isinstance(value, tuple) and value and isinstance(value[0], StepSpec):
                yield from walk(value)
