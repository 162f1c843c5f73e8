"""Several service processes on one database, permissions of tokens, indexes by the queries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

from orchestrator.db.migrations import steps

revision = "0002"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    steps.add_column("execution", sa.Column("owner", sa.String(64)))
    steps.add_column("execution", sa.Column("process", sa.String(128)))
    steps.add_column("execution", sa.Column("closed_time", MOMENT))
    op.execute("UPDATE execution SET closed_time = updated_time WHERE status > 3")
    steps.drop_index("ix_execution_status_lease", table_name="execution")
    steps.create_index("ix_execution_status", "execution", ["status", "id"])
    steps.create_index("ix_idempotency_key_execution_id", "idempotency_key", ["execution_id"])
    steps.add_column("static_token", sa.Column("permissions", sa.String(64)))
    steps.create_table(
        "service_instance",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("instance_id", sa.String(64), nullable=False, unique=True),
        sa.Column("process", sa.String(128), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("seen_time", MOMENT, nullable=False),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
