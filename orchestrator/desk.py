"""The services of one application, put together once."""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

from .artifacts import Artifacts
from .clock import Clock
from .database import Database
from .errors import StartupError, Unavailable
from .metrics import Metrics
from .runners.protocol import Keeper, Polled, Runner
from .services.access import CallbackDoor, Nobody, StaticTokens, TokenSource
from .services.attempts import Attempts
from .services.callbacks import Callbacks
from .services.catalog import Catalog
from .services.lookout import Lookout
from .services.poller import Poller
from .services.queries import Queries
from .services.recovery import Recovery, new_instance_id
from .services.rounds import Rounds
from .services.trigger import Trigger
from .services.watchdog import Watchdog
from .settings import Settings
from .writer import Writer


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    settings: Settings
    database: Database
    writer: Writer
    runner: Runner
    artifacts: Artifacts
    tokens: TokenSource
    door: CallbackDoor
    attempts: Attempts
    trigger: Trigger
    callbacks: Callbacks
    queries: Queries
    catalog: Catalog
    watchdog: Watchdog
    recovery: Recovery
    rounds: Rounds
    metrics: Metrics
    #: where the runner has to be asked.
    poller: Poller | None

    def open(self) -> None:
        if isinstance(self.runner, Keeper):
            self.runner.note(self.watchdog.runner_started)
        self.runner.listen(self.watchdog.runner_gone)
        self.rounds.start()
        if self.poller is not None:
            self.poller.start()

    def close(self) -> None:
        """The runner first: its last words are still written."""
        self.rounds.close()
        self.runner.close()
        if self.poller is not None:
            self.poller.close()
        with contextlib.suppress(Unavailable):  # the others will see that it is gone
            self.recovery.leave()
        self.writer.close()
        self.database.close()


def _redis(settings: Settings, _database: Database) -> TokenSource:
    try:
        # an extra: only who logs in by Redis needs its client
        from .services.redis_logins import RedisLogins  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartupError(
            "--auth redis needs the redis client; pip install 'pytest-sisyphus[redis]'"
        ) from error
    return RedisLogins(
        settings.redis_url,
        prefix=settings.redis_prefix,
        field=settings.redis_field,
        permissions=settings.permissions_field,
    )


def _jwt(settings: Settings, _database: Database) -> TokenSource:
    try:
        # an extra: only who logs in by JWT needs its library
        from .services.jwt_logins import JwtLogins, JwtRules  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StartupError("--auth jwt needs PyJWT; pip install 'pytest-sisyphus[jwt]'") from error
    return JwtLogins(
        JwtRules(
            key=settings.jwt_key,
            jwks=settings.jwt_jwks,
            algorithms=settings.jwt_algorithms,
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            claim=settings.jwt_claim,
            permissions=settings.permissions_field,
        )
    )


_LOGINS: Final[Mapping[str, Callable[[Settings, Database], TokenSource]]] = {
    "none": lambda _settings, _database: Nobody(),
    "token": lambda _settings, database: StaticTokens(database),
    "redis": _redis,
    "jwt": _jwt,
}


def login_source(settings: Settings, database: Database) -> TokenSource:
    """Raises `StartupError` when it cannot work as configured."""
    return _LOGINS[settings.auth](settings, database)


def furnish(
    settings: Settings, *, database: Database, runner: Runner, artifacts: Artifacts, clock: Clock
) -> Desk:
    writer = Writer(database)
    zone, lease = settings.timezone, settings.lease
    me = new_instance_id()
    watchdog = Watchdog(database, writer, runner, clock, lease, instance_id=me)
    lookout = Lookout(writer, runner, clock)
    poller = Poller(database, watchdog, lookout, runner) if isinstance(runner, Polled) else None
    trigger = Trigger(writer, runner, clock, settings.base_url, zone, instance_id=me)
    recovery = Recovery(
        database=database,
        writer=writer,
        runner=runner,
        clock=clock,
        trigger=trigger,
        watchdog=watchdog,
        instance_id=me,
        silence=max(lease, 3 * settings.sweep),
    )
    queries, metrics = Queries(database), Metrics()
    metrics.watch(queries.numbers, lambda: watchdog.expiries)
    return Desk(
        settings=settings,
        database=database,
        writer=writer,
        runner=runner,
        artifacts=artifacts,
        tokens=login_source(settings, database),
        door=CallbackDoor(database, settings.callback_secret, clock, settings.token_grace),
        attempts=Attempts(settings.login_failures),
        trigger=trigger,
        callbacks=Callbacks(database, writer, clock, lease),
        queries=queries,
        metrics=metrics,
        catalog=Catalog(database, writer, clock),
        watchdog=watchdog,
        recovery=recovery,
        rounds=Rounds([recovery.round, watchdog.round], settings.sweep),
        poller=poller,
    )
