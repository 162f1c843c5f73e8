"""Requests about the catalogue of cases and about plans."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from orchestrator.errors import BadRequest

from .fields import BIGGEST, MOST, Bounded, Flag, Id, Name, Prose, Text
from .public import Paged, PageSize
from .shape import Shape


class SyncedCase(Shape):
    case_id: Id | None = None
    case_key: Name | None = None
    case_title: Text | None = None
    pytest_nodeid: Text | None = None
    enabled: Flag = True
    tags: list[Name] | None = None


@dataclasses.dataclass(frozen=True)
class UnusableCase:
    """A row that cannot be understood; the others of its list can."""

    reason: str
    #: None: not even that can be read.
    case_id: int | None


class _OnlyItsId(Shape):
    case_id: Id | None = None


def _each(rows: Any) -> Any:
    return [_row(n, raw) for n, raw in enumerate(rows)] if isinstance(rows, list) else rows


def _row(number: int, raw: Any) -> SyncedCase | UnusableCase:
    if not isinstance(raw, Mapping):
        return UnusableCase(f"cases[{number}] 必须为对象", None)
    try:
        return SyncedCase.parse(raw)
    except BadRequest as error:
        return UnusableCase(f"cases[{number}].{error}", _id_of(raw))


def _id_of(raw: Mapping[str, Any]) -> int | None:
    try:
        return _OnlyItsId.parse(raw).case_id
    except BadRequest:
        return None


class SyncCases(Shape):
    needs: ClassVar[str] = "projectId、cases 为必传参数"

    project_id: Id
    cases: Annotated[list[SyncedCase | SkipJsonSchema[UnusableCase]], BeforeValidator(_each)]
    complete: Flag = False


class ListCases(Paged):
    project_id: Id | None = None
    keyword: Prose | None = None


class CaseHistory(Paged):
    needs: ClassVar[str] = "caseId 为必传参数"

    case_id: Id
    page_size: PageSize = 100


class PlannedCase(Shape):
    needs: ClassVar[str] = "cases[].caseId 为必传参数"

    case_id: Id
    plan_case_id: Id | None = None
    round_no: Id | None = None


def _number_is_case(value: Any) -> Any:
    return value if isinstance(value, dict) else {"caseId": value}


class _OrNumber:
    """Says so in the description."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "integer", "minimum": 1, "maximum": BIGGEST}]}


class SavePlan(Shape):
    needs: ClassVar[str] = "projectId、planName、cases 为必传参数"

    plan_id: Id | None = None
    project_id: Id
    plan_name: Name
    jenkins_job_name: Name | None = None
    cases: Annotated[
        list[Annotated[PlannedCase, BeforeValidator(_number_is_case), _OrNumber]],
        Field(min_length=1, json_schema_extra={"maxItems": MOST}),
        Bounded,
    ]

    @classmethod
    def unknown(cls, raw: Mapping[str, Any]) -> list[str]:
        """Also of its cases: of the first that has some."""
        found, cases = super().unknown(raw), raw.get("cases")
        for n, case in enumerate(cases if isinstance(cases, list) else ()):
            if isinstance(case, dict) and (inner := PlannedCase.unknown(case)):
                return [*found, *(f"cases[{n}]：{one}" for one in inner)]
        return found


class ListPlans(Shape):
    project_id: Id | None = None


class OfPlan(Shape):
    needs: ClassVar[str] = "planId 为必传参数"

    plan_id: Id
