"""`token`: static frontend tokens, as an operator keeps them."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from orchestrator.cli.parser import Commands, add_command, add_group
from orchestrator.cli.terminal import columns, say, spoken, warn
from orchestrator.clock import SystemClock, wire
from orchestrator.config.load import load
from orchestrator.config.settings import Settings
from orchestrator.db import schema
from orchestrator.db.engine import Database, opened
from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.schemas.fields import BIGGEST
from orchestrator.secrets import Secret, digest, new_token
from orchestrator.store import tokens

_PERMISSIONS = {"view", "run", "manage"}


def add_to(commands: Commands) -> None:
    options = ("database_url", "timezone")
    token = add_group(commands, "token", tr("frontend tokens"))
    adding = add_command(token, "add", _add, tr("make a token and print it, once"), options)
    adding.add_argument(
        "--user", type=int, required=True, metavar="ID", help=spoken(tr("the user it stands for"))
    )
    adding.add_argument("--name", default="", help=spoken(tr("what it is for")))
    adding.add_argument(
        "--permissions", metavar="view,run,manage", help=spoken(tr("default: everything"))
    )
    add_command(token, "list", _list, tr("all tokens, without themselves"), options)
    revoking = add_command(token, "revoke", _revoke, tr("end a token"), options)
    revoking.add_argument("id", type=int, help=spoken(tr("its number in the list")))


def _add(arguments: argparse.Namespace) -> int:
    settings = load(vars(arguments), os.environ)
    allowed = arguments.permissions
    with opened(settings.database_url) as database:
        is_new = bool(schema.absence(database))
    token = add(settings, arguments.user, arguments.name, allowed)
    if is_new:
        warn(
            tr(
                "the tables of {database} are made: `serve` must be given the same --database-url",
                database=database,
            )
        )
    say(token.reveal())
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for line in columns(listed(load(vars(arguments), os.environ))):
        say(line)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    revoke(load(vars(arguments), os.environ), arguments.id)
    say(tr("token {id} is revoked", id=arguments.id))
    return 0


def add(settings: Settings, user_id: int, name: str, permissions: str | None = None) -> Secret:
    """Make a token; its text is known here only, and only now."""
    if not 1 <= user_id <= BIGGEST:
        raise StartupError(
            tr("--user {user} is not a user id; give a positive number", user=user_id)
        )
    if len(name) > 255:
        raise StartupError(tr("--name is longer than 255 characters"))
    unknown = set((permissions or "").replace(",", " ").split()) - _PERMISSIONS
    if unknown:
        raise StartupError(
            tr("--permissions {name!r}: give some of view,run,manage", name=min(unknown))
        )
    token = new_token()
    with _writing(settings, may_make=True) as session:
        hashed, now = digest(token.reveal()), SystemClock().now()
        tokens.add_token(session, hashed, user_id, name, now, permissions=permissions)
    return token


def listed(settings: Settings) -> list[list[str]]:
    """A row for each token, below their heads; never the token itself."""
    with _writing(settings) as session:
        rows = tokens.all_tokens(session)
    heads: list[str] = [
        tr("ID"),
        tr("USER"),
        tr("CREATED"),
        tr("REVOKED"),
        tr("PERMISSIONS"),
        tr("NAME"),
    ]
    table = [heads]
    for row in rows:
        created, revoked = (
            wire(t, settings.timezone) for t in (row.created_time, row.revoked_time)
        )
        allowed = ",".join((row.permissions or "").replace(",", " ").split()) or tr("all")
        table.append(
            [str(row.id), str(row.user_id), created or "", revoked or "-", allowed, row.name]
        )
    return table


def revoke(settings: Settings, token_id: int) -> None:
    with _writing(settings) as session:
        if not tokens.revoke_token(session, token_id, SystemClock().now()):
            raise StartupError(
                tr("there is no token {id}; see sisyphus-orchestrator token list", id=token_id)
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
