"""What `data` is in each answer, field by field; `routes.views` shows exactly these fields."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.clock import WIRE_PATTERN

T = TypeVar("T")

Time = Annotated[str, Field(pattern=WIRE_PATTERN)]
ExecutionStatusNo = Annotated[int, Field(ge=0, le=8)]
CaseStatusNo = Annotated[int, Field(ge=0, le=7)]
Choice = Annotated[int, Field(ge=1, le=2)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[int | float, Field(ge=0)]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ExecutionRow(Answer):
    id: int
    execution_no: Annotated[str, Field(pattern="^AE[0-9]{17}$")]
    trigger_type: Choice
    project_id: int | None
    plan_id: int | None
    plan_round_no: int | None
    source_case_id: int | None
    env_code: str
    run_mode: Choice
    status: ExecutionStatusNo
    jenkins_job_name: str | None
    jenkins_queue_id: int | None
    jenkins_build_number: int | None
    jenkins_build_url: str | None
    console_url: str | None
    report_url: str | None
    total_count: Count
    pending_count: Count
    running_count: Count
    passed_count: Count
    failed_count: Count
    blocked_count: Count
    skipped_count: Count
    not_found_count: Count
    canceled_count: Count
    trigger_by: int | None
    trigger_source: str
    trigger_message: str
    start_time: Time | None
    end_time: Time | None
    duration_seconds: Seconds | None
    ext: dict[str, Any]
    created_time: Time
    updated_time: Time


class Summary(Answer):
    total: Count
    pending: Count
    running: Count
    passed: Count
    failed: Count
    blocked: Count
    skipped: Count
    notFound: Count  # noqa: N815 -- the interface document's own exception
    canceled: Count


class ExecutionDetail(ExecutionRow):
    summary: Summary


class CaseRow(Answer):
    id: int
    execution_id: int
    plan_case_id: int | None
    case_id: int
    case_key: str
    case_title: str
    run_order: int
    status: CaseStatusNo
    pytest_nodeid: str | None
    result_message: str | None
    error_message: str | None
    stack_trace: str | None
    report_url: str | None
    duration_seconds: Seconds | None
    started_time: Time | None
    finished_time: Time | None
    retry_count: Count
    ext: dict[str, Any]
    created_time: Time
    updated_time: Time


class Rows(Answer, Generic[T]):
    """A page of a list, and how many there are in all."""

    list: list[T]
    total: Count


class CatalogRow(Answer):
    case_id: int
    case_key: str
    case_title: str
    project_id: int
    pytest_nodeid: str | None
    enabled: bool
    tags: list[str]
    missing_since: Time | None
    last_status: CaseStatusNo | None
    last_execution_id: int | None
    last_finished_time: Time | None
    flaky: bool
    average_duration_seconds: Seconds | None


class HistoryRow(Answer):
    execution_id: int
    execution_no: str
    execution_case_id: int
    env_code: str
    status: CaseStatusNo
    duration_seconds: Seconds | None
    finished_time: Time | None
    error_message: str | None


class History(Rows[HistoryRow]):
    pass_rate: Annotated[int | float, Field(ge=0, le=100)] | None
    flaky: bool
    average_duration_seconds: Seconds | None


class PlanCaseRow(Answer):
    plan_case_id: int
    case_id: int
    case_key: str
    case_title: str
    round_no: int | None
    run_order: int
    enabled: bool


class PlanRow(Answer):
    plan_id: int
    plan_name: str
    project_id: int
    jenkins_job_name: str | None
    cases: list[PlanCaseRow]


class DeletedPlan(Answer):
    plan_id: int


class Standing(Answer):
    execution_id: int
    execution_status: ExecutionStatusNo


class Heard(Standing):
    warnings: list[str]


class FreshToken(Standing):
    execution_no: str
    status: ExecutionStatusNo
    callback_token: str
    token: str


class MissingCase(Answer):
    execution_case_id: int
    case_id: int


class RejectedCase(Answer):
    execution_case_id: int | None
    case_id: int | None
    reason: str


class Taken(Standing):
    rejected: list[RejectedCase]
    warnings: list[RejectedCase]


class Finished(Heard):
    missing: list[MissingCase]
    complete: bool


class DisabledCase(Answer):
    case_id: int
    case_title: str


class Synced(Answer):
    created: Count
    updated: Count
    disabled: Count
    disabled_cases: list[DisabledCase]
    rejected: list[RejectedCase]


class PulledCase(Answer):
    executionCaseId: int  # noqa: N815 -- existing runners read this answer in camelCase
    planCaseId: int | None  # noqa: N815
    caseId: int  # noqa: N815
    caseKey: str  # noqa: N815
    caseTitle: str  # noqa: N815
    runOrder: int  # noqa: N815
    pytestNodeid: str | None  # noqa: N815
    status: CaseStatusNo


class Pulled(Answer):
    executionId: int  # noqa: N815 -- existing runners read this answer in camelCase
    executionNo: str  # noqa: N815
    triggerType: Choice  # noqa: N815
    projectId: int | None  # noqa: N815
    planId: int | None  # noqa: N815
    planRoundNo: int | None  # noqa: N815
    envCode: str  # noqa: N815
    runMode: Choice  # noqa: N815
    status: ExecutionStatusNo
    items: list[PulledCase]
    total: Count
    execution_status: ExecutionStatusNo


class EventStreamText(Answer):
    """Not an envelope: `text/event-stream`, whose `data:` lines hold these."""

    execution: ExecutionDetail
    case: CaseRow
