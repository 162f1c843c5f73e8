"""The tables. Times are aware UTC; indexed text has an explicit length (MySQL wants one).

An `id` is None until its row is stored, and an int for everybody who reads rows.
"""

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import Double, Index, UniqueConstraint, false
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from orchestrator.db.column_types import BIG, COUNTED, EXACT, LONG_TEXT, UtcDateTime


class Execution(SQLModel, table=True):
    __tablename__: ClassVar[Any] = "execution"
    __table_args__ = (
        # a list by any one filter or two, newest first, is one range of one index
        Index("ix_execution_status", "status", "id"),
        Index("ix_execution_project", "project_id", "id"),
        Index("ix_execution_plan", "plan_id", "id"),
        Index("ix_execution_trigger", "trigger_type", "id"),
        Index("ix_execution_project_status", "project_id", "status", "id"),
        Index("ix_execution_project_plan", "project_id", "plan_id", "id"),
        Index("ix_execution_project_trigger", "project_id", "trigger_type", "id"),
        Index("ix_execution_plan_status", "plan_id", "status", "id"),
        Index("ix_execution_plan_trigger", "plan_id", "trigger_type", "id"),
        Index("ix_execution_trigger_status", "trigger_type", "status", "id"),
        Index("ix_execution_env", "env_code", "id"),
        Index("ix_execution_plan_env", "plan_id", "env_code", "id"),
        Index("ix_execution_trigger_by", "trigger_by", "id"),
        Index("ix_execution_rerun_of", "rerun_of", "id"),
        Index("ix_execution_created", "created_time", "id"),
        COUNTED,
    )

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    execution_no: str = Field(max_length=32, unique=True)
    trigger_type: int
    project_id: int | None = Field(default=None, sa_type=BIG)
    plan_id: int | None = Field(default=None, sa_type=BIG)
    #: as it was called when this was started.
    plan_name: str | None = Field(default=None, max_length=255)
    plan_round_no: int | None = Field(default=None, sa_type=BIG)
    source_case_id: int | None = Field(default=None, sa_type=BIG)
    #: of the one case of a single run.
    case_title: str | None = Field(default=None, sa_type=LONG_TEXT)
    #: the execution that this one repeats.
    rerun_of: int | None = Field(default=None, sa_type=BIG)
    env_code: str = Field(max_length=64)
    run_mode: int
    status: int
    jenkins_job_name: str | None = Field(default=None, max_length=255)
    jenkins_queue_id: int | None = Field(default=None, sa_type=BIG)
    jenkins_build_number: int | None = Field(default=None, sa_type=BIG)
    jenkins_build_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    console_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    report_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    total_count: int = 0
    pending_count: int = 0
    running_count: int = 0
    passed_count: int = 0
    failed_count: int = 0
    blocked_count: int = 0
    skipped_count: int = 0
    not_found_count: int = 0
    canceled_count: int = 0
    trigger_by: int | None = Field(default=None, sa_type=BIG)
    #: where the login knows one.
    trigger_name: str | None = Field(default=None, max_length=255)
    trigger_source: str = Field(default="platform", max_length=32)
    trigger_message: str = Field(default="", sa_type=LONG_TEXT)
    start_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    end_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    duration_seconds: float | None = Field(default=None, sa_type=Double)
    ext: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    updated_time: dt.datetime = Field(sa_type=UtcDateTime)
    #: which runner has it.
    runner: str = Field(default="", max_length=32)
    #: of the code under test, as the runner named it: verdicts of the same one must agree.
    revision: str | None = Field(default=None, max_length=255)
    #: when its pytest last said something, and until when it may be silent, by the server's clock.
    heard_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    #: a `status.EndedHow`; who, where a person did it.
    ended_how: str | None = Field(default=None, max_length=16)
    ended_by: int | None = Field(default=None, sa_type=BIG)
    ended_name: str | None = Field(default=None, max_length=255)
    #: when the last result came that was missing at its end.
    healed_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    #: cases without a result at its end that got one since; None: ended before this was counted.
    late_count: int | None = 0
    #: why it waits, in the runner's own words.
    wait_reason: str | None = Field(default=None, max_length=1000)
    #: the legs it runs in; with 1 it has none, and its runner is this row's.
    shard_total: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    #: what a lost leg had begun is run once more.
    retry_lost: bool = Field(default=False, sa_column_kwargs={"server_default": false()})

    #: never shown.
    runner_id: str | None = Field(default=None, max_length=64)
    #: the service instance whose runner has it; only that one, or its successor, may judge the run.
    owner: str | None = Field(default=None, max_length=64)
    #: the local run's process, as `processes.Process` writes it.
    process: str | None = Field(default=None, max_length=128)
    #: when it ended by the server's clock (`end_time` may be the runner's).
    closed_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    #: fields that `start` gave: a late `queued` leaves them alone.
    start_fields: list[str] = Field(default_factory=list, sa_type=JSON)
    callback_token_hash: str = Field(max_length=64, index=True)
    #: unguessable part of the console's and the report's address.
    file_key: str = Field(max_length=64, unique=True)
    #: set while unfinished, so that the database itself refuses a second run of the same thing.
    active_key: str | None = Field(default=None, max_length=64, unique=True)
    #: how many legs may replace lost ones.
    shard_relaunch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    #: how many changes there were; see `store.changes`.
    change_no: int = Field(default=0, sa_type=BIG, sa_column_kwargs={"server_default": "0"})


class ExecutionCase(SQLModel, table=True):
    __tablename__: ClassVar[Any] = "execution_case"
    __table_args__ = (
        Index("ix_execution_case_list", "execution_id", "status", "run_order"),
        Index("ix_execution_case_order", "execution_id", "run_order"),
        Index("ix_execution_case_case", "execution_id", "case_id"),
        Index("ix_execution_case_runs", "case_id", "id"),
        Index("ix_execution_case_history", "case_id", "status", "id"),
        Index("ix_execution_case_change", "execution_id", "change_no", "id"),
        # what no leg has, in order, is one range of it, and what a leg has another
        Index(
            "ix_execution_case_queue", "execution_id", "shard_id", "queue_rank", "weight_seconds"
        ),
        COUNTED,
    )

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    execution_id: int = Field(foreign_key="execution.id", sa_type=BIG)
    plan_case_id: int | None = Field(default=None, sa_type=BIG)
    case_id: int = Field(sa_type=BIG)
    case_key: str = Field(max_length=255)
    case_title: str = Field(sa_type=LONG_TEXT)
    run_order: int
    status: int
    pytest_nodeid: str | None = Field(default=None, sa_type=LONG_TEXT)
    result_message: str | None = Field(default=None, sa_type=LONG_TEXT)
    error_message: str | None = Field(default=None, sa_type=LONG_TEXT)
    stack_trace: str | None = Field(default=None, sa_type=LONG_TEXT)
    report_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    duration_seconds: float | None = Field(default=None, sa_type=Double)
    started_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_count: int = 0
    ext: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    updated_time: dt.datetime = Field(sa_type=UtcDateTime)
    #: the service set this status because no result came: a real outcome may replace it.
    marked: bool = False
    #: the process of the run that ran it; null: nobody said.
    worker: str | None = Field(default=None, max_length=64)
    #: null: not counted, as of Python tests.
    checks_passed: int | None = None
    checks_total: int | None = None
    #: of what failed: `step`, `check`, `path`, `type`.
    cause: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))

    #: the sender's id of the stored outcome.
    result_id: str | None = Field(default=None, max_length=255)
    #: the execution's change that last moved this case.
    change_no: int = Field(default=0, sa_type=BIG, sa_column_kwargs={"server_default": "0"})

    #: the leg that has it, or had it; null: in the queue, or of an execution without legs.
    shard_id: int | None = Field(default=None, sa_type=BIG)
    shard_index: int | None = None
    #: of the lease that gave it to the leg.
    lease_id: str | None = Field(default=None, max_length=64)
    #: its place in the queue, and how long it may take.
    queue_rank: int | None = None
    weight_seconds: float | None = Field(default=None, sa_type=Double)
    #: how often a leg was lost that had begun it.
    lost_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ExecutionShard(SQLModel, table=True):
    """A leg: one pytest run on one machine of an execution that has several.

    A leg that was lost may be taken again, by another attempt.
    """

    __tablename__: ClassVar[Any] = "execution_shard"
    __table_args__ = (
        UniqueConstraint("execution_id", "shard_index", "attempt", name="uq_execution_shard"),
        COUNTED,
    )

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    execution_id: int = Field(foreign_key="execution.id", sa_type=BIG)
    #: from 1 on.
    shard_index: int
    attempt: int = 1
    #: as of executions: 8, it was lost.
    status: int
    #: how many tests it runs at once; null before its `start`.
    slots: int | None = None
    runner_id: str | None = Field(default=None, max_length=64)
    heard_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    #: of all leases it asked for: a late repetition gets what it had, and nothing more.
    lease_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    #: of its own token; null: not asked for yet, or it came by itself.
    callback_token_hash: str | None = Field(default=None, max_length=64, index=True)
    owner: str | None = Field(default=None, max_length=64)
    process: str | None = Field(default=None, max_length=128)
    jenkins_job_name: str | None = Field(default=None, max_length=255)
    jenkins_queue_id: int | None = Field(default=None, sa_type=BIG)
    jenkins_build_number: int | None = Field(default=None, sa_type=BIG)
    jenkins_build_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    console_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    report_url: str | None = Field(default=None, sa_type=LONG_TEXT)
    revision: str | None = Field(default=None, max_length=255)
    #: fields that `start` gave: what the runner says later leaves them alone.
    start_fields: list[str] = Field(default_factory=list, sa_type=JSON)
    start_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    end_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_reason: str | None = Field(default=None, max_length=1000)
    #: why it ended, or what is strange about it; empty where there is nothing to say.
    message: str = Field(default="", sa_type=LONG_TEXT)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    updated_time: dt.datetime = Field(sa_type=UtcDateTime)


class Exchange(SQLModel, table=True):
    """What the steps of one case exchanged; no list ever reads it."""

    __tablename__: ClassVar[Any] = "exchange"
    __table_args__ = (
        Index("ix_exchange_pass", "case_id", "env_code", "passed", "execution_case_id"),
        EXACT,
    )

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    execution_id: int = Field(foreign_key="execution.id", sa_type=BIG, index=True)
    execution_case_id: int = Field(unique=True, sa_type=BIG)
    case_id: int = Field(sa_type=BIG)
    env_code: str = Field(max_length=64)
    passed: bool
    #: JSON text of its runner's.
    document: str = Field(sa_type=LONG_TEXT)


class CatalogCase(SQLModel, table=True):
    """A functional case that automation carries; `case_id` is the bridge to the platform."""

    __tablename__: ClassVar[Any] = "catalog_case"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    case_id: int = Field(unique=True, sa_type=BIG)
    project_id: int = Field(index=True, sa_type=BIG)
    case_key: str = Field(max_length=255, index=True)
    case_title: str = Field(sa_type=LONG_TEXT)
    pytest_nodeid: str | None = Field(default=None, sa_type=LONG_TEXT)
    enabled: bool = True
    #: null: its project never said.
    tags: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    #: since when its project no longer has it; null while it does.
    missing_since: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    updated_time: dt.datetime = Field(sa_type=UtcDateTime)


class Plan(SQLModel, table=True):
    __tablename__: ClassVar[Any] = "plan"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    #: the platform's number; kept after deletion, so that it is never given out again.
    plan_id: int = Field(unique=True, sa_type=BIG)
    plan_name: str = Field(max_length=255)
    project_id: int = Field(index=True, sa_type=BIG)
    jenkins_job_name: str | None = Field(default=None, max_length=255)
    #: the legs of its executions, and whether they run again what a lost one had begun.
    shards: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    retry_lost: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    deleted_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    updated_time: dt.datetime = Field(sa_type=UtcDateTime)


class PlanCase(SQLModel, table=True):
    __tablename__: ClassVar[Any] = "plan_case"
    __table_args__ = (UniqueConstraint("plan_id", "plan_case_id", name="uq_plan_case"), EXACT)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    plan_id: int = Field(foreign_key="plan.plan_id", sa_type=BIG)
    plan_case_id: int = Field(sa_type=BIG)
    case_id: int = Field(sa_type=BIG)
    #: null: in every round.
    round_no: int | None = Field(default=None, sa_type=BIG)
    run_order: int


class StaticToken(SQLModel, table=True):
    """A frontend token; only its hash is known here."""

    __tablename__: ClassVar[Any] = "static_token"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    token_hash: str = Field(max_length=64, unique=True)
    user_id: int = Field(sa_type=BIG)
    name: str = Field(default="", max_length=255)
    #: names with commas between; null: everything.
    permissions: str | None = Field(default=None, max_length=64)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    revoked_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdempotencyKey(SQLModel, table=True):
    """One run request that must not be carried out twice."""

    __tablename__: ClassVar[Any] = "idempotency_key"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    key_hash: str = Field(max_length=64, unique=True)
    #: what was asked for, so that a key cannot stand for two requests; null in older rows.
    request_hash: str | None = Field(default=None, max_length=64)
    execution_id: int = Field(foreign_key="execution.id", sa_type=BIG, index=True)
    #: the execution as the first answer showed it; null while that answer is being made.
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    created_time: dt.datetime = Field(sa_type=UtcDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One notice for one webhook: made with the move that it tells of, then sent until received."""

    __tablename__: ClassVar[Any] = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("execution_id", "webhook", "kind", name="uq_webhook_delivery"),
        Index("ix_webhook_delivery_due", "state", "webhook", "due_time"),
        EXACT,
    )

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    execution_id: int = Field(foreign_key="execution.id", sa_type=BIG)
    #: the name in the configuration; address and key are known there only.
    webhook: str = Field(max_length=64)
    #: a `status.NotificationKind`.
    kind: str = Field(max_length=16)
    #: the same at every attempt, so that the receiver can drop a repetition.
    delivery_id: str = Field(max_length=64, unique=True)
    #: a `status.DeliveryState`.
    state: str = Field(max_length=16)
    attempts: int = 0
    #: not before; while somebody sends it, until when nobody else may.
    due_time: dt.datetime = Field(sa_type=UtcDateTime)
    #: why the last attempt failed.
    trouble: str = Field(default="", max_length=255)
    created_time: dt.datetime = Field(sa_type=UtcDateTime)
    ended_time: dt.datetime | None = Field(default=None, sa_type=UtcDateTime)


class ServiceInstance(SQLModel, table=True):
    """A service process on this database, from its start to its end."""

    __tablename__: ClassVar[Any] = "service_instance"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    instance_id: str = Field(max_length=64, unique=True)
    #: how it is known to be alive: by its process on the same host, by this moment elsewhere.
    process: str = Field(max_length=128)
    host: str = Field(max_length=255)
    seen_time: dt.datetime = Field(sa_type=UtcDateTime)


class Removal(SQLModel, table=True):
    """Executions that were removed together: what was counted before is no longer so."""

    __tablename__: ClassVar[Any] = "removal"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    executions: int
    removed_time: dt.datetime = Field(sa_type=UtcDateTime)


class IdCounter(SQLModel, table=True):
    """The last number that was given out, where a table's own counting would not do."""

    __tablename__: ClassVar[Any] = "id_counter"
    __table_args__ = (EXACT,)

    id: int = Field(default=None, primary_key=True, sa_type=BIG)
    name: str = Field(max_length=32, unique=True)
    value: int = Field(sa_type=BIG)
