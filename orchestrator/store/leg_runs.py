"""Legs as their runners have them: triggered, followed, found again."""

from sqlmodel import Session, select

from orchestrator.db.models import Execution, ExecutionShard


def execution_of_token(session: Session, token_hash: str) -> Execution | None:
    """The execution whose leg has this callback token."""
    leg = select(ExecutionShard.execution_id).where(
        ExecutionShard.callback_token_hash == token_hash
    )
    found = session.exec(leg).first()
    return None if found is None else session.get(Execution, found)
