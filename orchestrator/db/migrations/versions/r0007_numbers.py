"""Numbers are given out once: SQLite counts on after a removal, plans have counters."""

import sqlalchemy as sa
from alembic import op

from orchestrator.db.migrations import steps

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    steps.create_table(
        "id_counter",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False, unique=True),
        sa.Column("value", BIG, nullable=False),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
    if op.get_bind().dialect.name == "sqlite":
        # a table is made anew: SQLite cannot add AUTOINCREMENT to one that is there
        for table in ("execution", "execution_case"):
            with op.batch_alter_table(
                table, recreate="always", table_kwargs={"sqlite_autoincrement": True}
            ):
                pass
