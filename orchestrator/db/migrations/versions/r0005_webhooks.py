"""Notices to webhooks, kept until they are received."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME

from orchestrator.db.migrations import steps

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    steps.create_table(
        "webhook_delivery",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("execution_id", BIG, sa.ForeignKey("execution.id"), nullable=False),
        sa.Column("webhook", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("delivery_id", sa.String(64), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_time", MOMENT, nullable=False),
        sa.Column("trouble", sa.String(255), nullable=False),
        sa.Column("created_time", MOMENT, nullable=False),
        sa.Column("ended_time", MOMENT),
        sa.UniqueConstraint("execution_id", "webhook", "kind", name="uq_webhook_delivery"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
    steps.create_index(
        "ix_webhook_delivery_due", "webhook_delivery", ["state", "webhook", "due_time"]
    )
