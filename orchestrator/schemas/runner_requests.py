"""Requests of runners: pytest and Jenkins jobs."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from orchestrator.schemas.base import OfExecution, RequestModel
from orchestrator.schemas.fields import (
    Address,
    Count,
    Document,
    Exchanges,
    Flag,
    Id,
    Moment,
    Name,
    Natural,
    Prose,
    RunnerId,
    Seconds,
    Shards,
    Whole,
)
from orchestrator.schemas.requests import PageNo, PageSize


class Pull(OfExecution):
    page_no: PageNo | None = None
    page_size: PageSize | None = None


class FromRunner(OfExecution):
    """A word of the runner that has the execution (or wants it)."""

    runner_id: RunnerId | None = None
    #: which execution it means, where a database from a backup has another by that id.
    execution_no: Prose | None = None


class Queued(FromRunner):
    #: which leg, where the execution has several.
    shard_index: Shards | None = None
    queue_id: Natural | None = None
    job_name: Name | None = None
    build_number: Id | None = None
    build_url: Address | None = None


class Start(FromRunner):
    start_time: Moment | None = None
    job_name: Name | None = None
    build_number: Id | None = None
    build_url: Address | None = None
    console_url: Address | None = None
    #: of the code under test.
    revision: Name | None = None
    #: which leg it is, and how many tests it runs at once.
    shard_index: Shards | None = None
    slots: Annotated[Whole, Field(ge=1, le=1000)] | None = None


class Lease(FromRunner):
    #: made by the leg, new for each lease: the same gets the same cases.
    lease_id: RunnerId


class CaseResult(RequestModel):
    """The outcome of one case; named by its row, or by `caseId` (and `planCaseId`)."""

    execution_case_id: Id | None = None
    case_id: Id | None = None
    plan_case_id: Id | None = None
    status: Annotated[Whole, Field(ge=1, le=7)]
    pytest_nodeid: Prose | None = None
    result_message: Prose | None = None
    error_message: Prose | None = None
    stack_trace: Prose | None = None
    report_url: Address | None = None
    duration_seconds: Seconds | None = None
    started_time: Moment | None = None
    finished_time: Moment | None = None
    retry_count: Count = 0
    ext: Document | None = None
    result_id: Name | None = None
    #: what its steps exchanged, where the answer of `case/pull` says that it is kept.
    exchanges: Exchanges | None = None


class OneResult(CaseResult, FromRunner):
    pass


class ManyResults(FromRunner):
    results: Annotated[list[CaseResult], Field(min_length=1, max_length=1000)]


class Results(RequestModel):
    """One result or a list of them: whichever the body is."""

    @classmethod
    def variants(cls) -> tuple[type[RequestModel], ...]:
        return (OneResult, ManyResults)

    @classmethod
    def parse(cls, raw: Any, zone: ZoneInfo | None = None) -> Any:
        many = isinstance(raw, dict) and "results" in raw
        return (ManyResults if many else OneResult).parse(raw, zone)


class Finish(FromRunner):
    end_time: Moment | None = None
    report_url: Address | None = None
    console_url: Address | None = None
    counts: dict[str, Count] | None = None
    last_sequence: Count | None = None
    final: Flag | None = None

    @property
    def is_final(self) -> bool:
        """No more will come; an older caller, who sends no counts, means that too."""
        return self.counts is None if self.final is None else self.final


class Abort(FromRunner):
    status: Annotated[Whole, Field(ge=6, le=8)] = 6
    message: Prose | None = None
