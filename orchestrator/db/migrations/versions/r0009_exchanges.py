"""What the steps of a case exchanged, apart from its row."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from orchestrator.db.migrations import steps

revision = "0009"
down_revision = "0008"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    steps.create_table(
        "exchange",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("execution_id", BIG, sa.ForeignKey("execution.id"), nullable=False),
        sa.Column("execution_case_id", BIG, nullable=False, unique=True),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("env_code", sa.String(64), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("document", LONG_TEXT, nullable=False),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
    steps.create_index("ix_exchange_execution_id", "exchange", ["execution_id"])
    steps.create_index(
        "ix_exchange_pass", "exchange", ["case_id", "env_code", "passed", "execution_case_id"]
    )
