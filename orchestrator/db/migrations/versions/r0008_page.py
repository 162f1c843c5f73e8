"""What a page for people shows: names, who ended an execution and how, when it was heard last."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT

from orchestrator.db.migrations import steps

revision = "0008"
down_revision = "0007"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")

EXECUTION: dict[str, Any] = {
    "plan_name": sa.String(255),
    "case_title": LONG_TEXT,
    "rerun_of": BIG,
    "trigger_name": sa.String(255),
    "heard_time": MOMENT,
    "ended_how": sa.String(16),
    "ended_by": BIG,
    "ended_name": sa.String(255),
    "healed_time": MOMENT,
    "wait_reason": sa.String(1000),
}
CASE: dict[str, Any] = {
    "worker": sa.String(64),
    "checks_passed": sa.Integer(),
    "checks_total": sa.Integer(),
    "cause": sa.JSON(),
}
INDEXES = {
    "env": ["env_code"],
    "plan_env": ["plan_id", "env_code"],
    "trigger_by": ["trigger_by"],
    "rerun_of": ["rerun_of"],
    "created": ["created_time"],
}
#: of executions that were there before; how they ended, and who ended them, nobody knows.
FILL = (
    """UPDATE execution SET plan_name =
    (SELECT plan_name FROM plan WHERE plan.plan_id = execution.plan_id)
    WHERE plan_id IS NOT NULL AND plan_name IS NULL""",
    """UPDATE execution SET case_title =
    (SELECT max(case_title) FROM execution_case WHERE execution_id = execution.id)
    WHERE source_case_id IS NOT NULL AND case_title IS NULL""",
)


def upgrade() -> None:
    for table, columns in (("execution", EXECUTION), ("execution_case", CASE)):
        for name, kind in columns.items():
            steps.add_column(table, sa.Column(name, kind))
    for name, names in INDEXES.items():
        steps.create_index(f"ix_execution_{name}", "execution", [*names, "id"])
    for statement in FILL:
        op.execute(statement)
    # what a rerun repeats stood in `ext` alone, which each engine reads in its own way
    rows = sa.table("execution", sa.column("id"), sa.column("rerun_of"), sa.column("ext", sa.JSON))
    known = sa.cast(rows.c.ext["rerun_of"].as_string(), sa.BigInteger)
    op.execute(rows.update().where(known.is_not(None)).values(rerun_of=known))
