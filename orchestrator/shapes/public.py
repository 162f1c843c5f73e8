"""Requests of the frontend: runs, executions, lists."""

from typing import Annotated, ClassVar

from pydantic import Field, ValidationError

from orchestrator.errors import UnknownExecution

from .fields import BIGGEST, MOST, Bounded, Count, EnvCode, Flag, Id, Name, Remark, Whole
from .shape import OfExecution, Shape

PageNo = Annotated[Whole, Field(ge=1, le=BIGGEST)]
PageSize = Annotated[Whole, Field(ge=1, le=500)]
RunMode = Annotated[Whole, Field(ge=1, le=2)]
TriggerType = Annotated[Whole, Field(ge=1, le=2)]
EventId = Annotated[str, Field(pattern="^[0-9]{1,18}(-[0-9]{1,18})?$")]


class Paged(Shape):
    page_no: PageNo = 1
    page_size: PageSize = 20


class _Run(Shape):
    env_code: EnvCode
    run_mode: RunMode = 1
    jenkins_job_name: Name | None = None
    remark: Remark | None = None


class RunCase(_Run):
    needs: ClassVar[str] = "caseId、envCode 为必传参数"

    case_id: Id


class RunPlan(_Run):
    needs: ClassVar[str] = "planId、envCode 为必传参数"

    plan_id: Id
    round_no: Id | None = None
    case_ids: (
        Annotated[list[Id], Field(min_length=1, json_schema_extra={"maxItems": MOST}), Bounded]
        | None
    ) = None


class ListExecutions(Paged):
    project_id: Id | None = None
    plan_id: Id | None = None
    status: Annotated[Count, Field(le=8)] | None = None
    trigger_type: TriggerType | None = None


class ListExecutionCases(OfExecution, Paged):
    status: Annotated[Count, Field(le=7)] | None = None


class FollowExecution(OfExecution):
    #: `12` or `12-345`, as the events carry it.
    last_event_id: EventId | None = None


class Rerun(OfExecution):
    only_failed: Flag = False


class Poll(Shape):
    """One execution, or none: then all open ones are looked at."""

    execution_id: Id | None = None

    @classmethod
    def _refusal(cls, error: ValidationError) -> UnknownExecution:  # noqa: ARG003 -- the only field
        return UnknownExecution()
