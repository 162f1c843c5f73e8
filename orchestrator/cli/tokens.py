"""Static frontend tokens, as an operator keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from orchestrator.clock import SystemClock, wire
from orchestrator.config.settings import Settings
from orchestrator.db import schema
from orchestrator.db.engine import Database
from orchestrator.errors import StartupError
from orchestrator.schemas.fields import BIGGEST
from orchestrator.secrets import Secret, digest, new_token
from orchestrator.store import tokens

_PERMISSIONS = {"view", "run", "manage"}


def add(settings: Settings, user_id: int, name: str, permissions: str | None = None) -> Secret:
    """Make a token; its text is known here only, and only now."""
    if not 1 <= user_id <= BIGGEST:
        raise StartupError(f"--user {user_id} is not a user id; give a positive number")
    if len(name) > 255:
        raise StartupError("--name is longer than 255 characters")
    unknown = set((permissions or "").replace(",", " ").split()) - _PERMISSIONS
    if unknown:
        raise StartupError(f"--permissions {min(unknown)!r}: give some of view,run,manage")
    token = new_token()
    with _writing(settings, may_make=True) as session:
        hashed, now = digest(token.reveal()), SystemClock().now()
        tokens.add_token(session, hashed, user_id, name, now, permissions=permissions)
    return token


def listed(settings: Settings) -> list[str]:
    """A line for each token; never the token itself."""
    with _writing(settings) as session:
        rows = tokens.all_tokens(session)
    lines = [f"{'ID':>4}  {'USER':>8}  {'CREATED':19}  {'REVOKED':19}  {'PERMISSIONS':15}  NAME"]
    for row in rows:
        created, revoked = (
            wire(t, settings.timezone) for t in (row.created_time, row.revoked_time)
        )
        allowed = ",".join((row.permissions or "all").replace(",", " ").split())
        times = f"{created:19}  {revoked or '-':19}"
        lines.append(f"{row.id:>4}  {row.user_id:>8}  {times}  {allowed:15}  {row.name}")
    return lines


def revoke(settings: Settings, token_id: int) -> None:
    with _writing(settings) as session:
        if not tokens.revoke_token(session, token_id, SystemClock().now()):
            raise StartupError(
                f"there is no token {token_id}; see sisyphus-orchestrator token list"
            )


@contextmanager
def _writing(settings: Settings, *, may_make: bool = False) -> Iterator[Session]:
    """Only who writes something new may make the database, too: the first token comes before
    the first start."""
    database = Database(settings.database_url)
    try:
        if may_make:
            schema.upgrade(database)
        else:
            schema.upgrade_existing(database)
        with database.writing() as connection, Session(connection) as session:
            session.expire_on_commit = False
            yield session
            session.flush()
    finally:
        database.close()
