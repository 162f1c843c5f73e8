"""Who may come in: the frontend by its login token, runners by an execution's own token."""

import dataclasses
import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from orchestrator.clock import Clock
from orchestrator.database import Database
from orchestrator.errors import NotAllowed, NoToken
from orchestrator.secret import Secret, digest, same, same_digest
from orchestrator.status import TERMINAL
from orchestrator.store import executions, tokens


class Permission(StrEnum):
    VIEW = "view"  # look at executions, cases, plans
    RUN = "run"  # start, cancel and repeat executions
    MANAGE = "manage"  # change plans


EVERYTHING: Final = frozenset(Permission)
#: tokens of executions that are remembered; the one that came first is forgotten first.
_KNOWN: Final = 10_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody at the frontend door; `user_id` None where nobody is asked for a token."""

    user_id: int | None = None
    permissions: frozenset[Permission] = EVERYTHING
    idempotency_key: str = ""
    #: the only execution that a runner may speak of; None: all, or it is no runner.
    execution_id: int | None = None

    def must_have(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise NotAllowed

    def repetition(self, kind: str, asked: str) -> "Repetition | None":
        """What a repetition of this request is known by; None without an `Idempotency-Key`."""
        if not self.idempotency_key:
            return None
        return Repetition(
            key=digest(f"{kind}|{self.user_id}|{self.idempotency_key}"), request=digest(asked)
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Repetition:
    """Hashes: of one person's key for one endpoint, and of what was asked for with it."""

    key: str
    request: str


class TokenSource(Protocol):
    """Where frontend tokens stand for users."""

    def caller_of(self, token: str) -> Caller:
        """Who the token stands for; `NoToken` for none or a wrong one."""
        ...

    def check(self) -> None:
        """`Unavailable` when logins cannot be looked at now."""


@runtime_checkable
class HeaderSource(TokenSource, Protocol):
    """Its tokens come in a header of its own, such as one that a proxy sets, and in no other."""

    header: str


def permissions_of(names: object) -> frozenset[Permission]:
    """What a source grants: names in a list, or in a text with commas or spaces.

    None (the source does not speak of permissions) is everything; unknown names grant nothing.
    """
    if names is None:
        return EVERYTHING
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    told = {name for name in names if isinstance(name, str)} if isinstance(names, Iterable) else ()
    return frozenset(permission for permission in Permission if permission.value in told)


class StaticTokens:
    """Tokens of `sisyphus-orchestrator token add`, known by their hashes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def caller_of(self, token: str) -> Caller:
        if not token:
            raise NoToken
        with self._database.reading() as session:
            row = tokens.valid_token(session, digest(token))
        if row is None:
            raise NoToken
        return Caller(user_id=row.user_id, permissions=permissions_of(row.permissions))

    def check(self) -> None:
        with self._database.reading() as session:
            tokens.all_tokens(session)


class Nobody:
    """`--auth none`: everybody on this machine may; `trigger_by` is null."""

    def caller_of(self, token: str) -> Caller:  # noqa: ARG002 -- the port's signature
        return Caller()

    def check(self) -> None:
        pass


class Opened(Protocol):
    """An execution, as far as its token goes."""

    @property
    def id(self) -> int | None: ...
    @property
    def status(self) -> int: ...
    @property
    def callback_token_hash(self) -> str: ...
    @property
    def closed_time(self) -> dt.datetime | None: ...


class CallbackDoor:
    """Opens executions to their runners; the shared secret opens all of them."""

    def __init__(self, database: Database, secret: Secret, clock: Clock, grace: float) -> None:
        self._database = database
        self._secret = secret
        self._clock = clock
        self._grace = dt.timedelta(seconds=grace)
        #: what opened lately: the execution of a token, by the token's hash.
        self._known: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def has_secret(self, secret: str) -> bool:
        return bool(self._secret and secret) and same(secret, self._secret.reveal())

    def opened_by(self, token: str) -> int | None:
        """The execution that this token opens, if any."""
        if not token:
            return None
        token_hash = digest(token)
        with self._database.reading() as session:
            execution = executions.by_token_hash(session, token_hash)
        if execution is None or not self.opens(execution, token_hash):
            return None
        self._remember(token_hash, execution.id or 0)
        return execution.id

    def is_known(self, token: str) -> bool:
        """Whether it opened an execution before; see `known`."""
        return digest(token) in self._known

    def known(self, token: str, execution_id: int) -> str | None:
        """The token's hash if it opened this execution before.

        Whoever acts on it has to see, by `opens`, that it still does: so a wrong token never
        reaches the writer, and a right one is not looked up twice.
        """
        hashed = digest(token)
        return hashed if self._known.get(hashed) == execution_id else None

    def opens(self, execution: Opened | None, token_hash: str) -> bool:
        """Whether the token is the execution's, now."""
        return (
            execution is not None
            and same_digest(execution.callback_token_hash, token_hash)
            and not self._is_dead(execution)
        )

    def _remember(self, token_hash: str, execution_id: int) -> None:
        with self._lock:
            self._known[token_hash] = execution_id
            while len(self._known) > _KNOWN:
                self._known.popitem(last=False)

    def _is_dead(self, execution: Opened) -> bool:
        """Over, and late results had their time."""
        closed = execution.closed_time
        return (
            execution.status in TERMINAL
            and closed is not None
            and self._clock.now() > closed + self._grace
        )
