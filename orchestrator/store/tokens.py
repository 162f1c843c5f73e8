"""Static frontend tokens and the memory of run requests."""

import datetime as dt
from typing import Any

from sqlmodel import Session, col, select

from orchestrator.db.models import IdempotencyKey, StaticToken


def add_token(
    session: Session,
    token_hash: str,
    user_id: int,
    name: str,
    now: dt.datetime,
    *,
    permissions: str | None = None,
) -> StaticToken:
    row = StaticToken(
        token_hash=token_hash,
        user_id=user_id,
        name=name,
        permissions=permissions,
        created_time=now,
    )
    session.add(row)
    session.flush()
    return row


def all_tokens(session: Session) -> list[StaticToken]:
    return list(session.exec(select(StaticToken).order_by(col(StaticToken.id))))


def valid_token(session: Session, token_hash: str) -> StaticToken | None:
    return session.exec(
        select(StaticToken).where(
            StaticToken.token_hash == token_hash, col(StaticToken.revoked_time).is_(None)
        )
    ).first()


def revoke_token(session: Session, token_id: int, now: dt.datetime) -> bool:
    """False when there is no such token."""
    row = session.get(StaticToken, token_id)
    if row is None:
        return False
    row.revoked_time = row.revoked_time or now
    session.add(row)
    return True


def request_of(session: Session, key_hash: str) -> IdempotencyKey | None:
    return session.exec(select(IdempotencyKey).where(IdempotencyKey.key_hash == key_hash)).first()


def remember_request(
    session: Session, key_hash: str, request_hash: str, execution_id: int, now: dt.datetime
) -> None:
    session.add(
        IdempotencyKey(
            key_hash=key_hash,
            request_hash=request_hash,
            execution_id=execution_id,
            created_time=now,
        )
    )
    session.flush()


def remember_answer(session: Session, key_hash: str, answer: dict[str, Any]) -> None:
    row = request_of(session, key_hash)
    if row is not None:
        row.answer = answer
        session.add(row)
