"""Requests about the catalogue of cases and about plans."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from orchestrator.errors import BadRequest
from orchestrator.i18n import tr
from orchestrator.schemas.base import RequestModel
from orchestrator.schemas.fields import (
    BIGGEST,
    MOST,
    Bounded,
    CaseStatuses,
    EnvCode,
    Flag,
    Id,
    Keyword,
    Name,
    Numbers,
    Prose,
    Shards,
    Text,
    View,
)
from orchestrator.schemas.requests import Paged, PageSize


class SyncedCase(RequestModel):
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


class _OnlyItsId(RequestModel):
    case_id: Id | None = None


def _each(rows: Any) -> Any:
    return [_row(n, raw) for n, raw in enumerate(rows)] if isinstance(rows, list) else rows


def _row(number: int, raw: Any) -> SyncedCase | UnusableCase:
    if not isinstance(raw, Mapping):
        return UnusableCase(tr("cases[{number}] 必须为对象", number=number), None)
    try:
        return SyncedCase.parse(raw)
    except BadRequest as error:
        try:
            case_id = _OnlyItsId.parse(raw).case_id
        except BadRequest:
            case_id = None
        return UnusableCase(
            tr("cases[{number}].{fault}", number=number, fault=error.message), case_id
        )


class SyncCases(RequestModel):
    missing_message: ClassVar[str] = tr("projectId、cases 为必传参数")

    project_id: Id
    cases: Annotated[list[SyncedCase | SkipJsonSchema[UnusableCase]], BeforeValidator(_each)]
    complete: Flag = False


class ListCases(Paged):
    project_id: Id | None = None
    keyword: Prose | None = None
    case_ids: Numbers | None = None
    enabled: Flag | None = None
    missing: Flag | None = None
    flaky: Flag | None = None
    last_status: CaseStatuses | None = None
    tag: Name | None = None


class CaseHistory(Paged):
    missing_message: ClassVar[str] = tr("caseId 为必传参数")

    case_id: Id
    env_code: EnvCode | None = None
    page_size: PageSize = 100


class PlannedCase(RequestModel):
    missing_message: ClassVar[str] = tr("cases[].caseId 为必传参数")

    case_id: Id
    plan_case_id: Id | None = None
    round_no: Id | None = None


_NUMBER_IS_CASE: Final = BeforeValidator(
    lambda value: value if isinstance(value, dict) else {"caseId": value}
)


class _OrNumber:
    """Says so in the description."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "integer", "minimum": 1, "maximum": BIGGEST}]}


class SavePlan(RequestModel):
    missing_message: ClassVar[str] = tr("projectId、planName、cases 为必传参数")

    plan_id: Id | None = None
    project_id: Id
    plan_name: Name
    jenkins_job_name: Name | None = None
    shards: Shards = 1
    retry_lost: Flag = False
    cases: Annotated[
        list[Annotated[PlannedCase, _NUMBER_IS_CASE, _OrNumber]],
        Field(min_length=1, json_schema_extra={"maxItems": MOST}),
        Bounded,
    ]

    @classmethod
    def unknown(cls, raw: Mapping[str, Any]) -> list[str]:
        """Also of its cases: of the first that has some."""
        found, cases = super().unknown(raw), raw.get("cases")
        for n, case in enumerate(cases if isinstance(cases, list) else ()):
            if isinstance(case, dict) and (inner := PlannedCase.unknown(case)):
                return [
                    *found,
                    *(tr("cases[{number}]：{fault}", number=n, fault=one) for one in inner),
                ]
        return found


class ListPlans(Paged):
    """All of them with their cases; with `view=brief` a page without them."""

    project_id: Id | None = None
    keyword: Keyword | None = None
    view: View | None = None


class OfPlan(RequestModel):
    missing_message: ClassVar[str] = tr("planId 为必传参数")

    plan_id: Id
