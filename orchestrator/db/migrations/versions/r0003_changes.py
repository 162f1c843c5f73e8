"""What happens to an execution is counted, so that listeners can resume."""

import sqlalchemy as sa

from orchestrator.db.migrations import steps

revision = "0003"
down_revision = "0002"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in ("execution", "execution_case"):
        steps.add_column(table, sa.Column("change_no", BIG, nullable=False, server_default="0"))
    steps.create_index(
        "ix_execution_case_change", "execution_case", ["execution_id", "change_no", "id"]
    )
