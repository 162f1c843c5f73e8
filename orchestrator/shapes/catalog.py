"""Requests about the catalogue of cases and about plans."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from .fields import BIGGEST, Flag, Id, Name, Prose
from .public import Paged, PageSize
from .shape import Shape


class SyncedCase(Shape):
    case_id: Id | None = None
    case_key: Name | None = None
    case_title: Prose | None = None
    pytest_nodeid: Prose | None = None
    enabled: Flag = True
    tags: list[Name] | None = None


class SyncCases(Shape):
    needs: ClassVar[str] = "projectId、cases 为必传参数"

    project_id: Id
    cases: list[SyncedCase]
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
        Field(min_length=1),
    ]


class ListPlans(Shape):
    project_id: Id | None = None


class OfPlan(Shape):
    needs: ClassVar[str] = "planId 为必传参数"

    plan_id: Id
