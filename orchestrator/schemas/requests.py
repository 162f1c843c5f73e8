"""Requests of the frontend: runs, executions, lists."""

from typing import Annotated, ClassVar, Final

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from orchestrator.errors import UnknownExecution
from orchestrator.i18n import tr
from orchestrator.schemas.base import OfExecution, RequestModel
from orchestrator.schemas.fields import (
    BIGGEST,
    MOST,
    Bounded,
    CaseStatuses,
    EnvCode,
    ExecutionStatuses,
    Flag,
    Id,
    Keyword,
    Login,
    Name,
    Natural,
    Numbers,
    Remark,
    Shards,
    Since,
    Until,
    View,
    Whole,
    invalid,
)

PageNo = Annotated[Whole, Field(ge=1, le=BIGGEST)]
#: rows of a page, and of one whose rows are brief.
LARGEST_PAGE: Final = 500
BRIEF_SIZE: Final = 5000
PageSize = Annotated[Whole, Field(ge=1, le=LARGEST_PAGE)]
RunMode = Annotated[Whole, Field(ge=1, le=2)]
TriggerType = Annotated[Whole, Field(ge=1, le=2)]
CaseIds = Annotated[list[Id], Field(min_length=1, json_schema_extra={"maxItems": MOST}), Bounded]
EventId = Annotated[str, Field(pattern="^[0-9]{1,18}(-[0-9]{1,18})?$")]


class Paged(RequestModel):
    page_no: PageNo = 1
    page_size: PageSize = 20


class _Run(RequestModel):
    env_code: EnvCode
    run_mode: RunMode = 1
    jenkins_job_name: Name | None = None
    remark: Remark | None = None


class RunCase(_Run):
    missing_message: ClassVar[str] = tr("caseId、envCode 为必传参数")

    case_id: Id


class RunPlan(_Run):
    missing_message: ClassVar[str] = tr("planId、envCode 为必传参数")

    plan_id: Id
    round_no: Id | None = None
    case_ids: CaseIds | None = None
    #: None: as the plan has it.
    shards: Shards | None = None
    retry_lost: Flag | None = None


class ListExecutions(Paged):
    project_id: Id | None = None
    plan_id: Id | None = None
    status: ExecutionStatuses | None = None
    trigger_type: TriggerType | None = None
    env_code: EnvCode | None = None
    trigger_by: Id | None = None
    keyword: Keyword | None = None
    since: Since | None = Field(default=None, validation_alias="from")
    until: Until | None = Field(default=None, validation_alias="to")
    rerun_of: Id | None = None
    #: executions with smaller ids: a page that nothing new can push on.
    before_id: Id | None = None


class ListExecutionCases(OfExecution):
    status: CaseStatuses | None = None
    keyword: Keyword | None = None
    view: View | None = None
    page_no: PageNo = 1
    page_size: Annotated[Whole, Field(ge=1, le=BRIEF_SIZE)] = 20

    @field_validator("page_size")
    @classmethod
    def _whole_rows_are_large(cls, size: int, info: ValidationInfo) -> int:
        if info.data.get("view") is None and size > LARGEST_PAGE:
            raise invalid(tr("不能大于 {most}（view=brief 除外）", most=LARGEST_PAGE))
        return size


class OfExecutionCase(RequestModel):
    missing_message: ClassVar[str] = tr("executionCaseId 为必传参数")

    execution_case_id: Id


class CaseStability(OfExecution):
    execution_case_ids: Numbers


ConsoleSize = Annotated[Whole, Field(ge=1024, le=1024 * 1024)]


class ReadConsole(OfExecution):
    #: bytes: where to begin, and how many of them.
    offset: Natural = 0
    limit: ConsoleSize = 65536
    #: so many at its end instead.
    tail: ConsoleSize | None = None
    #: or from the beginning of this line on.
    line: Id | None = None


class FollowExecution(OfExecution):
    view: View | None = None
    #: `12` or `12-345`, as the events carry it.
    last_event_id: EventId | None = None


class Rerun(OfExecution):
    only_failed: Flag = False
    case_ids: CaseIds | None = None


class SignIn(RequestModel):
    missing_message: ClassVar[str] = tr("token 为必传参数")

    token: Login
    #: for longer than the browser is open.
    remember: Flag = False


class Nothing(RequestModel):
    """A request that says all by its address."""


class Poll(RequestModel):
    """One execution, or none: then all open ones are looked at."""

    execution_id: Id | None = None

    @classmethod
    def _refusal(cls, error: ValidationError) -> UnknownExecution:  # noqa: ARG003 -- the only field
        return UnknownExecution()
