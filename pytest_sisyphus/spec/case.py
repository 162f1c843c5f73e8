"""One case: one YAML document."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.spec.config import Config
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import refuse_bool
from pytest_sisyphus.spec.marks import CaseMark, Tag
from pytest_sisyphus.spec.model import Model
from pytest_sisyphus.spec.step import Step, Steps
from pytest_sisyphus.values.describe import short_json


def _not_empty(value: Any) -> Any:
    if value == []:
        raise invalid(tr("a case needs at least one step"))
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and not value.strip().lstrip("+-").isdecimal():
        said = tr(
            "case_id is a number, got {value}; a key is written case_key: {key}",
            value=short_json(value),
            key=value,
        )
        raise invalid(said)
    return refuse_bool(value)


def _key_text(value: Any) -> Any:
    if value == "":
        raise invalid(tr("a case_key is not empty"))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Case(Model):
    name: Annotated[str, Field(description="unique within its file")]
    description: Annotated[str, Field(description="a remark")] = ""
    case_id: Annotated[
        int | None, BeforeValidator(_number), Field(description="the functional case's number")
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
    marks: Annotated[
        tuple[CaseMark, ...], Field(description="pytest marks with arguments: name: arguments")
    ] = ()
    enabled: Annotated[bool, Field(description="false: reported as skipped")] = True
    usefixtures: Annotated[tuple[str, ...], Field(description="pytest fixtures to request")] = ()

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        if not name.strip() or not name.isprintable():
            raise invalid(tr("a case's name is one line of printable text"))
        return name

    @property
    def identity(self) -> dict[str, int | str]:
        """`case_id` and `case_key` as far as known: either gives the other's default."""
        key = self.case_key or ("" if self.case_id is None else str(self.case_id))
        number = self.case_id
        if number is None and key.isascii() and key.isdecimal():
            number = int(key)
        known = {"case_id": number, "case_key": key or None}
        return {name: value for name, value in known.items() if value is not None}
