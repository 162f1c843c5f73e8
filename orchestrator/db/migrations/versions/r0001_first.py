"""The first schema, as databases had it that no migration had made."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT

from orchestrator.db.migrations import steps

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
EXACT: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    _execution()
    _execution_case()
    _catalog()
    _tokens()


def _execution() -> None:
    steps.create_table(
        "execution",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("execution_no", sa.String(32), nullable=False, unique=True),
        *_numbers("trigger_type"),
        *_bigs("project_id", "plan_id", "plan_round_no", "source_case_id"),
        sa.Column("env_code", sa.String(64), nullable=False),
        *_numbers("run_mode", "status"),
        sa.Column("jenkins_job_name", sa.String(255)),
        *_bigs("jenkins_queue_id", "jenkins_build_number"),
        *_texts("jenkins_build_url", "console_url", "report_url"),
        *_numbers("total_count", "pending_count", "running_count", "passed_count"),
        *_numbers("failed_count", "blocked_count", "skipped_count", "not_found_count"),
        *_numbers("canceled_count"),
        *_bigs("trigger_by"),
        sa.Column("trigger_source", sa.String(32), nullable=False),
        sa.Column("trigger_message", TEXT, nullable=False),
        *_moments("start_time", "end_time"),
        sa.Column("duration_seconds", sa.Double()),
        sa.Column("ext", sa.JSON(), nullable=False),
        *_moments("created_time", "updated_time", nullable=False),
        sa.Column("runner", sa.String(32), nullable=False),
        sa.Column("runner_id", sa.String(64)),
        *_moments("lease_until"),
        sa.Column("start_fields", sa.JSON(), nullable=False),
        sa.Column("callback_token_hash", sa.String(64), nullable=False),
        sa.Column("file_key", sa.String(64), nullable=False, unique=True),
        sa.Column("active_key", sa.String(64), unique=True),
        **EXACT,
    )
    steps.create_index("ix_execution_status_lease", "execution", ["status", "lease_until"])
    steps.create_index("ix_execution_project", "execution", ["project_id", "id"])
    steps.create_index("ix_execution_plan", "execution", ["plan_id", "id"])
    steps.create_index("ix_execution_callback_token_hash", "execution", ["callback_token_hash"])


def _execution_case() -> None:
    steps.create_table(
        "execution_case",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("execution_id", BIG, sa.ForeignKey("execution.id"), nullable=False),
        *_bigs("plan_case_id"),
        *_bigs("case_id", nullable=False),
        sa.Column("case_key", sa.String(255), nullable=False),
        *_texts("case_title", nullable=False),
        *_numbers("run_order", "status"),
        *_texts("pytest_nodeid", "result_message", "error_message", "stack_trace", "report_url"),
        sa.Column("duration_seconds", sa.Double()),
        *_moments("started_time", "finished_time"),
        *_numbers("retry_count"),
        sa.Column("ext", sa.JSON(), nullable=False),
        *_moments("created_time", "updated_time", nullable=False),
        sa.Column("result_id", sa.String(255)),
        sa.Column("marked", sa.Boolean(), nullable=False),
        **EXACT,
    )
    steps.create_index("ix_execution_case_status", "execution_case", ["execution_id", "status"])
    steps.create_index("ix_execution_case_order", "execution_case", ["execution_id", "run_order"])
    steps.create_index("ix_execution_case_history", "execution_case", ["case_id", "status", "id"])


def _catalog() -> None:
    steps.create_table(
        "catalog_case",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("case_id", BIG, nullable=False, unique=True),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("case_key", sa.String(255), nullable=False),
        *_texts("case_title", nullable=False),
        *_texts("pytest_nodeid"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_moments("created_time", "updated_time", nullable=False),
        **EXACT,
    )
    steps.create_index("ix_catalog_case_project_id", "catalog_case", ["project_id"])
    steps.create_index("ix_catalog_case_case_key", "catalog_case", ["case_key"])
    steps.create_table(
        "plan",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("plan_id", BIG, nullable=False, unique=True),
        sa.Column("plan_name", sa.String(255), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("jenkins_job_name", sa.String(255)),
        *_moments("deleted_time"),
        *_moments("created_time", "updated_time", nullable=False),
        **EXACT,
    )
    steps.create_index("ix_plan_project_id", "plan", ["project_id"])
    steps.create_table(
        "plan_case",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("plan_id", BIG, sa.ForeignKey("plan.plan_id"), nullable=False),
        *_bigs("plan_case_id", "case_id", nullable=False),
        *_bigs("round_no"),
        *_numbers("run_order"),
        sa.UniqueConstraint("plan_id", "plan_case_id", name="uq_plan_case"),
        **EXACT,
    )


def _tokens() -> None:
    steps.create_table(
        "static_token",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        *_bigs("user_id", nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        *_moments("created_time", nullable=False),
        *_moments("revoked_time"),
        **EXACT,
    )
    steps.create_table(
        "idempotency_key",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("execution_id", BIG, sa.ForeignKey("execution.id"), nullable=False),
        sa.Column("answer", sa.JSON()),
        *_moments("created_time", nullable=False),
        **EXACT,
    )


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _bigs(*names: str, nullable: bool = True) -> list[sa.Column[int]]:
    return [sa.Column(name, BIG, nullable=nullable) for name in names]


def _texts(*names: str, nullable: bool = True) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, nullable=nullable) for name in names]


def _moments(*names: str, nullable: bool = True) -> "list[sa.Column[object]]":
    return [sa.Column(name, MOMENT, nullable=nullable) for name in names]
