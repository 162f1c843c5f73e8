"""Authentication: of the frontend by a login token, of runners by the token of an execution."""

import dataclasses
import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.errors import NoToken, PermissionDenied
from orchestrator.i18n import tr
from orchestrator.secrets import Secret, digest, equal, equal_digests
from orchestrator.status import TERMINAL
from orchestrator.store import executions, leg_runs, tokens


class Permission(StrEnum):
    VIEW = "view"  # look at executions, cases, plans
    RUN = "run"  # start, cancel and repeat executions
    MANAGE = "manage"  # change plans


ALL_PERMISSIONS: Final = frozenset(Permission)
_LARGEST_ID: Final = 2**63 - 1
#: tokens of executions that are remembered; the one that came first is forgotten first.
_KNOWN: Final = 10_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Principal:
    """Who makes a request; `user_id` is None where nobody is asked for a token."""

    user_id: int | None = None
    #: how the login calls the user; None: it does not say.
    name: str | None = None
    permissions: frozenset[Permission] = ALL_PERMISSIONS
    idempotency_key: str = ""
    #: the only execution that a runner may speak of; None: all, or it is no runner.
    execution_id: int | None = None

    def require(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise PermissionDenied(tr("没有该操作的权限：{permission}", permission=permission))

    def idempotent_request(self, kind: str, asked: str) -> "IdempotentRequest | None":
        """What a repeated request is recognised by; None without an `Idempotency-Key`."""
        if not self.idempotency_key:
            return None
        return IdempotentRequest(
            key=digest(f"{kind}|{self.user_id}|{self.idempotency_key}"), request=digest(asked)
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class IdempotentRequest:
    """Hashes: of one person's key for one endpoint, and of what was asked for with it."""

    key: str
    request: str


class AuthBackend(Protocol):
    """Who authenticates the users of the frontend. Its methods are called from several threads."""

    def authenticate(self, token: str) -> Principal:
        """The user of the token. Raises `NoToken` for an empty or wrong one, `Unavailable`."""
        ...

    def check(self) -> None:
        """For `doctor`: raises `Unavailable` when tokens cannot be checked now."""


@runtime_checkable
class HeaderAuthBackend(AuthBackend, Protocol):
    """One whose tokens come in a header of its own, such as a proxy sets, and in no other."""

    header: str


def permissions_of(names: object) -> frozenset[Permission]:
    """The permissions of some names: in a list, or in a text with commas or spaces.

    None is all of them; unknown names grant nothing.
    """
    if names is None:
        return ALL_PERMISSIONS
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    told = {name for name in names if isinstance(name, str)} if isinstance(names, Iterable) else ()
    return frozenset(permission for permission in Permission if permission.value in told)


def refuse_longer(token: str, most: int) -> None:
    """Raises `NoToken` for no token, and for one of more than `most` characters."""
    if not token:
        raise NoToken
    if len(token) > most:
        raise NoToken(reason=f"the token has more than {most} characters")


def user_id_of(value: object) -> int:
    """A positive whole number, or its digits. Raises `NoToken` for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_ID:
        raise NoToken(reason="the user's id is no positive whole number")
    return value


class TokenAuth:
    """Tokens of `sisyphus-orchestrator token add`, known by their hashes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def authenticate(self, token: str) -> Principal:
        if not token:
            raise NoToken
        with self._database.reading() as session:
            row = tokens.valid_token(session, digest(token))
        if row is None:
            raise NoToken
        return Principal(
            user_id=row.user_id,
            name=row.name or None,
            permissions=permissions_of(row.permissions),
        )

    def check(self) -> None:
        with self._database.reading() as session:
            tokens.all_tokens(session)


class NoAuth:
    """`--auth none`: everybody on this machine may do everything; `trigger_by` is null."""

    def authenticate(self, token: str) -> Principal:  # noqa: ARG002 -- the port's signature
        return Principal()

    def check(self) -> None:
        pass


class CallbackTarget(Protocol):
    """What authentication needs of an execution."""

    @property
    def id(self) -> int | None: ...
    @property
    def status(self) -> int: ...
    @property
    def callback_token_hash(self) -> str: ...
    @property
    def closed_time(self) -> dt.datetime | None: ...


class CallbackAuth:
    """Authenticates runners: by the token of their execution, or by the secret of all of them."""

    def __init__(self, database: Database, secret: Secret, clock: Clock, grace: float) -> None:
        self._database = database
        self._secret = secret
        self._clock = clock
        self._grace = dt.timedelta(seconds=grace)
        #: the executions of tokens that were right lately, by the tokens' hashes.
        self._cached: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def has_secret(self, secret: str) -> bool:
        return bool(self._secret and secret) and equal(secret, self._secret.reveal())

    def execution_of(self, token: str) -> int | None:
        """The id of the execution whose valid token it is; None: of none."""
        if not token:
            return None
        token_hash = digest(token)
        with self._database.reading() as session:
            execution = executions.by_token_hash(session, token_hash)
            of_leg = None if execution else leg_runs.execution_of_token(session, token_hash)
        if of_leg is not None:  # not remembered: the row of an execution knows only its own token
            return of_leg.id if self._is_in_time(of_leg) else None
        if execution is None or not self.accepts(execution, token_hash):
            return None
        with self._lock:
            self._cached[token_hash] = execution.id or 0
            while len(self._cached) > _KNOWN:
                self._cached.popitem(last=False)
        return execution.id

    def cached_execution(self, token: str) -> tuple[str, int] | None:
        """The token's hash, and the execution whose valid token it was before; None: not known.

        The caller still has to ask `accepts` with the row: so a wrong token never reaches the
        writer, and a right one is not looked up twice.
        """
        token_hash = digest(token)
        execution_id = self._cached.get(token_hash)
        return None if execution_id is None else (token_hash, execution_id)

    def accepts(self, execution: CallbackTarget | None, token_hash: str) -> bool:
        """Whether the token is the execution's, and still valid: for a grace period after its end,
        late results are taken."""
        if execution is None or not equal_digests(execution.callback_token_hash, token_hash):
            return False
        return self._is_in_time(execution)

    def _is_in_time(self, execution: CallbackTarget) -> bool:
        closed = execution.closed_time
        if execution.status not in TERMINAL or closed is None:
            return True
        return self._clock.now() <= closed + self._grace
