"""One plan over many machines: legs, and the queue of cases that they share."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT

from orchestrator.db.migrations import steps

revision = "0011"
down_revision = "0010"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    _create_legs()
    for table, name in (("execution", "shard_total"), ("plan", "shards")):
        steps.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
        steps.add_column(
            table,
            sa.Column("retry_lost", sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    for column in (
        sa.Column("shard_id", BIG),
        sa.Column("shard_index", sa.Integer()),
        sa.Column("lease_id", sa.String(64)),
        sa.Column("queue_rank", sa.Integer()),
        sa.Column("weight_seconds", sa.Double()),
        sa.Column("lost_count", sa.Integer(), nullable=False, server_default="0"),
    ):
        steps.add_column("execution_case", column)
    steps.create_index(
        "ix_execution_case_queue",
        "execution_case",
        ["execution_id", "shard_id", "queue_rank", "weight_seconds"],
    )


def _create_legs() -> None:
    steps.create_table(
        "execution_shard",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("execution_id", BIG, sa.ForeignKey("execution.id"), nullable=False),
        sa.Column("shard_index", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer()),
        sa.Column("runner_id", sa.String(64)),
        sa.Column("heard_time", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.Column("lease_ids", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("process", sa.String(128)),
        sa.Column("jenkins_job_name", sa.String(255)),
        sa.Column("jenkins_queue_id", BIG),
        sa.Column("jenkins_build_number", BIG),
        *(
            sa.Column(name, LONG_TEXT)
            for name in ("jenkins_build_url", "console_url", "report_url")
        ),
        sa.Column("revision", sa.String(255)),
        sa.Column("start_fields", sa.JSON(), nullable=False),
        sa.Column("start_time", MOMENT),
        sa.Column("end_time", MOMENT),
        sa.Column("wait_reason", sa.String(1000)),
        sa.Column("message", LONG_TEXT, nullable=False),
        sa.Column("created_time", MOMENT, nullable=False),
        sa.Column("updated_time", MOMENT, nullable=False),
        sa.UniqueConstraint("execution_id", "shard_index", "attempt", name="uq_execution_shard"),
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
