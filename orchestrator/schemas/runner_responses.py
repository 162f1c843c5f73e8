"""What `data` is in each answer to a runner, field by field."""

from typing import Annotated

from pydantic import Field

from orchestrator.schemas.responses import (
    CaseState,
    CaseStatusNo,
    Choice,
    Count,
    ExecutionStatusNo,
    ResponseModel,
)
from orchestrator.status import KeepExchanges


class CallbackAck(CaseState):
    warnings: list[str]


class LegAck(CallbackAck):
    """Of an execution with legs."""

    shard_status: ExecutionStatusNo


class LegStarted(LegAck):
    shard_index: Annotated[int, Field(ge=1)]
    shard_total: Annotated[int, Field(ge=2)]


class Leased(LegAck):
    items: list[int]
    wait_seconds: Count
    drained: bool
    message: str | None
    done: Count
    total: Count


class MissingCase(ResponseModel):
    execution_case_id: int
    case_id: int


class RejectedCase(ResponseModel):
    execution_case_id: int | None
    case_id: int | None
    reason: str


class ResultsAck(CaseState):
    rejected: list[RejectedCase]
    warnings: list[RejectedCase]


class LegResultsAck(ResultsAck):
    shard_status: ExecutionStatusNo


class Finished(CallbackAck):
    missing: list[MissingCase]
    complete: bool


class LegFinished(Finished):
    shard_status: ExecutionStatusNo


class DisabledCase(ResponseModel):
    case_id: int
    case_title: str


class Synced(ResponseModel):
    created: Count
    updated: Count
    disabled: Count
    disabled_cases: list[DisabledCase]
    rejected: list[RejectedCase]


class PulledCase(ResponseModel):
    executionCaseId: int  # noqa: N815 -- existing runners read this answer in camelCase
    planCaseId: int | None  # noqa: N815
    caseId: int  # noqa: N815
    caseKey: str  # noqa: N815
    caseTitle: str  # noqa: N815
    runOrder: int  # noqa: N815
    pytestNodeid: str | None  # noqa: N815
    status: CaseStatusNo


class Pulled(ResponseModel):
    executionId: int  # noqa: N815 -- existing runners read this answer in camelCase
    executionNo: str  # noqa: N815
    triggerType: Choice  # noqa: N815
    projectId: int | None  # noqa: N815
    planId: int | None  # noqa: N815
    planRoundNo: int | None  # noqa: N815
    envCode: str  # noqa: N815
    runMode: Choice  # noqa: N815
    status: ExecutionStatusNo
    keepExchanges: KeepExchanges  # noqa: N815
    items: list[PulledCase]
    total: Count
    execution_status: ExecutionStatusNo


class PulledByLeg(Pulled):
    shardTotal: Annotated[int, Field(ge=2)]  # noqa: N815
    fenceSeconds: float | None  # noqa: N815
