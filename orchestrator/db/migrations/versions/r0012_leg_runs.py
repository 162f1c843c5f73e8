"""Legs that a runner starts: each has its own callback token, and some replace others."""

import sqlalchemy as sa

from orchestrator.db.migrations import steps

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    steps.add_column("execution_shard", sa.Column("callback_token_hash", sa.String(64)))
    steps.create_index(
        "ix_execution_shard_callback_token_hash", "execution_shard", ["callback_token_hash"]
    )
    steps.add_column(
        "execution", sa.Column("shard_relaunch", sa.Integer(), nullable=False, server_default="0")
    )
