"""An index for every filter of a list and every pair of them; how often executions were removed."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME

from orchestrator.db.migrations import steps

revision = "0006"
down_revision = "0005"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")

EXECUTIONS = {
    "trigger": ["trigger_type"],
    "project_status": ["project_id", "status"],
    "project_plan": ["project_id", "plan_id"],
    "project_trigger": ["project_id", "trigger_type"],
    "plan_status": ["plan_id", "status"],
    "plan_trigger": ["plan_id", "trigger_type"],
    "trigger_status": ["trigger_type", "status"],
}


def upgrade() -> None:
    for name, columns in EXECUTIONS.items():
        steps.create_index(f"ix_execution_{name}", "execution", [*columns, "id"])
    cases = "execution_case"
    steps.create_index("ix_execution_case_case", cases, ["execution_id", "case_id"])
    steps.create_index("ix_execution_case_runs", cases, ["case_id", "id"])
    steps.create_index("ix_execution_case_list", cases, ["execution_id", "status", "run_order"])
    steps.drop_index("ix_execution_case_status", table_name=cases)
    steps.create_table(
        "removal",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("executions", sa.Integer(), nullable=False),
        sa.Column("removed_time", MOMENT, nullable=False),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
