"""How many results came after the end of their execution."""

import sqlalchemy as sa
from alembic import op

from orchestrator.db.migrations import steps

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    steps.add_column("execution", sa.Column("late_count", sa.Integer()))
    # of those that ended before, nobody knows; 0 to 3: what runs still has all its end before it
    op.execute("UPDATE execution SET late_count = 0 WHERE status <= 3")
