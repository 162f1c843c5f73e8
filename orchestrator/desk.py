"""The services of one application, put together once."""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from .artifacts import Artifacts
from .clock import Clock
from .database import Database
from .errors import Unavailable
from .metrics import Metrics
from .own_secrets import secrets_of
from .runners.protocol import Keeper, Polled, Replayer, Runner
from .secret import Secret, masker
from .services import counters
from .services.access import CallbackDoor, TokenSource
from .services.attempts import Attempts
from .services.background import Background
from .services.callbacks import Callbacks
from .services.catalog import Catalog
from .services.lookout import Lookout
from .services.notifier import Notifier
from .services.poller import Poller
from .services.puller import CatalogSource, Puller
from .services.queries import Queries
from .services.recovery import Recovery, new_instance_id
from .services.runner_calls import RunnerCalls
from .services.trigger import Trigger
from .services.watchdog import Watchdog
from .settings import Settings
from .store.outbox import SUBSCRIBERS
from .webhooks.notice import Format
from .webhooks.webhook import wanting
from .writer import PATIENCE, Writer

#: for a round at work: one that waits for a silent database, or runner, ends with the process.
_SECONDS_FOR_ROUNDS: Final = 3.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desk:
    settings: Settings
    database: Database
    writer: Writer
    runner: Runner
    artifacts: Artifacts
    #: the service's own secrets, which nothing shows.
    hidden: Sequence[Secret]
    tokens: TokenSource
    door: CallbackDoor
    attempts: Attempts
    trigger: Trigger
    callbacks: Callbacks
    queries: Queries
    catalog: Catalog
    watchdog: Watchdog
    recovery: Recovery
    background: Background
    metrics: Metrics
    notifier: Notifier
    #: puts counters right that are not what their rows give.
    repair: Callable[[], None]
    #: where the runner has to be asked.
    poller: Poller | None
    #: where there are other places to be asked for cases.
    puller: Puller | None

    def open(self) -> None:
        self.repair()
        if isinstance(self.runner, Keeper):
            self.runner.note(self.watchdog.runner_started)
        if isinstance(self.runner, Replayer):
            self.runner.lend(self.trigger.job_again)
        self.runner.listen(self.watchdog.runner_gone)
        self.background.start()
        self.notifier.start()
        if self.poller is not None:
            self.poller.start()
        if self.puller is not None:
            self.puller.start()

    def close_runner(self) -> None:
        """The rounds first: a closed runner can start nothing that another process left."""
        self.background.close(_SECONDS_FOR_ROUNDS)
        self.runner.close()

    def close(self) -> None:
        """The runner before the writer: its last words are still written."""
        if self.puller is not None:
            self.puller.close()
        self.close_runner()
        if self.poller is not None:
            self.poller.close(_SECONDS_FOR_ROUNDS)
        self.notifier.close()
        with contextlib.suppress(Unavailable):  # the others will see that it is gone
            self.recovery.leave()
        self.writer.close(PATIENCE)
        self.database.close()


def furnish(
    settings: Settings,
    *,
    database: Database,
    runner: Runner,
    tokens: TokenSource,
    sources: Mapping[str, CatalogSource],
    formats: Mapping[str, Format],
    artifacts: Artifacts,
    clock: Clock,
) -> Desk:
    writer = Writer(database, info={SUBSCRIBERS: partial(wanting, settings.webhooks)})
    zone, lease = settings.timezone, settings.lease
    me = new_instance_id()
    hidden = secrets_of(settings)
    hide = masker(hidden)
    watchdog = Watchdog(database, writer, runner, clock, lease, instance_id=me, hide=hide)
    lookout = Lookout(writer, RunnerCalls(runner, hide), clock)
    poller = Poller(database, watchdog, lookout, runner) if isinstance(runner, Polled) else None
    trigger = Trigger(writer, runner, clock, settings.base_url, zone, instance_id=me, hide=hide)
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
    catalog = Catalog(database, writer, clock)
    door = CallbackDoor(database, settings.callback_secret, clock, settings.token_grace)
    queries, metrics = Queries(database), Metrics()
    metrics.watch(queries.numbers, lambda: watchdog.expiries)
    notifier = Notifier(
        settings.webhooks,
        database=database,
        writer=writer,
        clock=clock,
        zone=zone,
        metrics=metrics,
        formats=formats,
    )
    return Desk(
        settings=settings,
        database=database,
        writer=writer,
        runner=runner,
        artifacts=artifacts,
        hidden=hidden,
        tokens=tokens,
        door=door,
        attempts=Attempts(settings.login_failures),
        trigger=trigger,
        callbacks=Callbacks(database, writer, clock, lease=lease, hide=hide, door=door),
        queries=queries,
        metrics=metrics,
        notifier=notifier,
        catalog=catalog,
        repair=partial(counters.repair, database, writer, clock),
        watchdog=watchdog,
        recovery=recovery,
        background=Background("sisyphus-sweep", [recovery.round, watchdog.round], settings.sweep),
        poller=poller,
        puller=Puller(sources, catalog, settings.catalog_interval) if sources else None,
    )
