"""Tags and absence of cases, the revision that an execution tested, what a request asked for."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME

from orchestrator.db.migrations import steps

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    steps.add_column("execution", sa.Column("revision", sa.String(255)))
    steps.add_column("catalog_case", sa.Column("tags", sa.JSON()))
    steps.add_column("catalog_case", sa.Column("missing_since", MOMENT))
    steps.add_column("idempotency_key", sa.Column("request_hash", sa.String(64)))
