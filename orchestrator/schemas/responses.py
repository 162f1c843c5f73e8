"""What `data` is in each answer to a frontend, field by field; `routes.views` shows exactly these
fields."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.clock import ISO_PATTERN, WIRE_PATTERN
from orchestrator.status import EndedHow, KeepExchanges

T = TypeVar("T")

Time = Annotated[str, Field(pattern=WIRE_PATTERN)]
Moment = Annotated[str, Field(pattern=ISO_PATTERN)]
ExecutionStatusNo = Annotated[int, Field(ge=0, le=8)]
CaseStatusNo = Annotated[int, Field(ge=0, le=7)]
Choice = Annotated[int, Field(ge=1, le=2)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[int | float, Field(ge=0)]


class ResponseModel(BaseModel):
    model_config = ConfigDict(frozen=True)


class ExecutionRow(ResponseModel):
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
    plan_name: str | None
    case_title: str | None
    rerun_of: int | None
    trigger_name: str | None
    runner: str
    revision: str | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    last_heard: Moment | None
    lease_until: Moment | None
    ended_how: EndedHow | None
    ended_by: int | None
    ended_name: str | None
    outcome: Annotated[int, Field(ge=4, le=5)] | None
    healed_at: Moment | None
    late_count: Count | None
    shard_total: Annotated[int, Field(ge=1)]
    retry_lost: bool


class Summary(ResponseModel):
    total: Count
    pending: Count
    running: Count
    passed: Count
    failed: Count
    blocked: Count
    skipped: Count
    notFound: Count  # noqa: N815 -- the interface document's own exception
    canceled: Count


class Waiting(ResponseModel):
    kind: Literal["slots", "external", "runner"]
    reason: str | None
    ahead: Count | None
    slots: Count | None
    since: Moment
    command: str | None


class Leg(ResponseModel):
    shard_index: Annotated[int, Field(ge=1)]
    attempt: Annotated[int, Field(ge=1)]
    status: ExecutionStatusNo
    slots: Count | None
    jenkins_job_name: str | None
    jenkins_queue_id: int | None
    jenkins_build_number: int | None
    jenkins_build_url: str | None
    console_url: str | None
    report_url: str | None
    revision: str | None
    start_time: Time | None
    end_time: Time | None
    started_at: Moment | None
    finished_at: Moment | None
    lease_until: Moment | None
    leased: Count
    running: Count
    done: Count
    failed: Count
    wait_reason: str | None
    message: str


class ExecutionDetail(ExecutionRow):
    summary: Summary
    waiting: Waiting | None
    shards: list[Leg]
    #: where its events stand: whoever lists its cases next misses nothing by going on from here.
    event_id: str


class Checks(ResponseModel):
    passed: Count
    total: Count


class Cause(ResponseModel):
    step: str | None
    check: str | None
    path: str | None
    type: str | None


class CaseRow(ResponseModel):
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
    started_at: Moment | None
    finished_at: Moment | None
    marked: bool
    worker: str | None
    checks: Checks | None
    cause: Cause | None
    shard_index: int | None


class Exchanges(ResponseModel):
    steps: list[dict[str, Any]]
    left_out: Count


class LastPassed(ResponseModel):
    execution_id: int
    execution_no: str
    execution_case_id: int
    exchanges: bool
    finished_at: Moment | None


class CaseDetail(CaseRow):
    exchanges: Exchanges | None
    exchanges_note: str | None
    last_passed: LastPassed | None


class RecentRun(ResponseModel):
    execution_id: int
    status: CaseStatusNo


class SteadyCase(ResponseModel):
    execution_case_id: int
    case_id: int
    flaky: bool
    average_duration_seconds: Seconds | None
    last_passed: LastPassed | None
    recent: list[RecentRun]


class ConsolePiece(ResponseModel):
    text: str | None
    offset: Count
    next: Count
    size: Count
    #: which line it begins in, where `tail` or `line` was asked for.
    line: Count | None
    over: bool
    url: str | None


class BriefCase(ResponseModel):
    """A row of `view=brief`: what a list shows of a case."""

    id: int
    case_id: int
    case_key: str
    case_title: str
    run_order: int
    status: CaseStatusNo
    pytest_nodeid: str | None
    error_message: str | None
    duration_seconds: Seconds | None
    started_at: Moment | None
    retry_count: Count
    worker: str | None
    marked: bool
    checks: Checks | None
    cause: Cause | None


class BriefLegCase(BriefCase):
    """The same of a case that a leg has."""

    shard_index: Annotated[int, Field(ge=1)]


class Rows(ResponseModel, Generic[T]):
    """A page of a list, and how many there are in all."""

    list: list[T]
    total: Count


class BriefRows(Rows[BriefCase | BriefLegCase]):
    """Of `view=brief`."""


class Found(Rows[T], Generic[T]):
    """Of a search: counted up to a limit."""

    total_exact: bool


class CatalogRow(ResponseModel):
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


class HistoryRow(ResponseModel):
    execution_id: int
    execution_no: str
    execution_case_id: int
    env_code: str
    status: CaseStatusNo
    duration_seconds: Seconds | None
    finished_time: Time | None
    finished_at: Moment | None
    error_message: str | None


class History(Rows[HistoryRow]):
    pass_rate: Annotated[int | float, Field(ge=0, le=100)] | None
    flaky: bool
    average_duration_seconds: Seconds | None


class PlanCaseRow(ResponseModel):
    plan_case_id: int
    case_id: int
    case_key: str
    case_title: str
    round_no: int | None
    run_order: int
    enabled: bool


class PlanRow(ResponseModel):
    plan_id: int
    plan_name: str
    project_id: int
    jenkins_job_name: str | None
    shards: Annotated[int, Field(ge=1)]
    retry_lost: bool
    cases: list[PlanCaseRow]


class LastOfPlan(ResponseModel):
    execution_id: int
    status: ExecutionStatusNo
    outcome: Annotated[int, Field(ge=4, le=5)] | None
    env_code: str
    created_at: Moment


class PlanHead(ResponseModel):
    plan_id: int
    plan_name: str
    project_id: int
    jenkins_job_name: str | None
    case_count: Count
    last: LastOfPlan | None


class ProjectRow(ResponseModel):
    project_id: int
    project_name: str | None
    case_count: Count


class EnvironmentRow(ResponseModel):
    env_code: str
    last_execution_id: int | None
    last_used_at: Moment | None


class DeletedPlan(ResponseModel):
    plan_id: int


class NothingMore(ResponseModel):
    pass


class Me(ResponseModel):
    user_id: int | None
    user_name: str | None
    permissions: list[Literal["view", "run", "manage"]]
    auth: str
    sign_in: bool
    header: str | None
    runner: str
    slots: Count | None
    lease: Seconds
    sweep: Seconds
    zone: str
    server_time: Moment
    version: str
    keep_exchanges: KeepExchanges


class CaseState(ResponseModel):
    execution_id: int
    execution_status: ExecutionStatusNo


class FreshToken(CaseState):
    execution_no: str
    status: ExecutionStatusNo
    callback_token: str
    token: str


class EventStreamText(ResponseModel):
    """Not an envelope: `text/event-stream`, whose `data:` lines hold these."""

    execution: ExecutionDetail
    case: CaseRow | BriefCase | BriefLegCase
