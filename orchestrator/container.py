"""The services of one application, put together once."""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from orchestrator.auth.backends import AuthBackend, CallbackAuth
from orchestrator.auth.one_time_links import OneTimeLinks
from orchestrator.auth.throttle import LoginThrottle
from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.poller import CatalogPoller, CatalogSource
from orchestrator.clock import Clock
from orchestrator.concurrency.periodic import Background
from orchestrator.config.configured_secrets import secrets_of
from orchestrator.config.settings import Settings
from orchestrator.db.engine import Database
from orchestrator.db.models import Execution
from orchestrator.errors import Unavailable
from orchestrator.executions import counters
from orchestrator.executions.callbacks import Callbacks
from orchestrator.executions.console import Consoles
from orchestrator.executions.finalize import is_over
from orchestrator.executions.leg_runs import LegRuns
from orchestrator.executions.queries import Queries
from orchestrator.executions.trigger import Trigger
from orchestrator.executions.waiting import WaitingReasons
from orchestrator.metrics import Metrics
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.notifications.notifier import Notifier
from orchestrator.notifications.webhook import subscribed
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.gateway import Mask, RunnerGateway
from orchestrator.runners.protocol import PolledRunner, ProcessRunner, ReplayingRunner, Runner
from orchestrator.runs.leg_watch import LegWatch
from orchestrator.runs.poller import Poller
from orchestrator.runs.recovery import Recovery, new_instance_id
from orchestrator.runs.status import RunnerStatus
from orchestrator.runs.watchdog import Watchdog
from orchestrator.secrets import Secret, masker
from orchestrator.store.writer import PATIENCE, Writer

#: for a round at work: one that waits for a silent database, or runner, ends with the process.
_SECONDS_FOR_ROUNDS: Final = 3.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Services:
    settings: Settings
    clock: Clock
    database: Database
    writer: Writer
    runner: Runner
    gateway: RunnerGateway
    artifacts: Artifacts
    consoles: Consoles
    #: the service's own secrets, which nothing shows.
    secrets: Sequence[Secret]
    auth_backend: AuthBackend
    callback_auth: CallbackAuth
    login_throttle: LoginThrottle
    links: OneTimeLinks
    trigger: Trigger
    callbacks: Callbacks
    queries: Queries
    catalog: Catalog
    watchdog: Watchdog
    recovery: Recovery
    #: looks after what runs here, and what other processes left.
    sweeper: Background
    metrics: Metrics
    notifier: Notifier
    #: where the runner has to be asked.
    poller: Poller | None
    leg_watch: LegWatch
    #: where there are other places to be asked for cases.
    catalog_poller: CatalogPoller | None

    def open(self) -> None:
        counters.repair(self.database, self.writer, self.clock)
        if isinstance(self.runner, ProcessRunner):
            self.runner.on_process_started(self.watchdog.runner_started)
        if isinstance(self.runner, ReplayingRunner):
            self.runner.set_job_renewal(self.trigger.renew_job)
        self.runner.start(self.watchdog.runner_gone)
        self.sweeper.start()
        self.notifier.start()
        self.leg_watch.start()
        if self.poller is not None:
            self.poller.start()
        if self.catalog_poller is not None:
            self.catalog_poller.start()

    def may_still_write(self, execution: Execution) -> bool:
        """Whether its console may grow: a run that was canceled takes its time to end."""
        mine = (one.execution_id for one in self.gateway.running())
        return not is_over(execution) or execution.id in mine

    def close_runner(self) -> None:
        """The rounds first: a closed runner can start nothing that another process left."""
        self.sweeper.close(_SECONDS_FOR_ROUNDS)
        self.leg_watch.close(_SECONDS_FOR_ROUNDS)
        self.callbacks.service_stops()
        self.runner.close()

    def close(self) -> None:
        """The runner before the writer: its last words are still written."""
        if self.catalog_poller is not None:
            self.catalog_poller.close()
        self.close_runner()
        if self.poller is not None:
            self.poller.close(_SECONDS_FOR_ROUNDS)
        self.notifier.close()
        with contextlib.suppress(Unavailable):  # the others will see that it is gone
            self.recovery.leave()
        self.writer.close(PATIENCE)
        self.database.close()


def build_services(
    settings: Settings,
    *,
    database: Database,
    runner: Runner,
    auth_backend: AuthBackend,
    sources: Mapping[str, CatalogSource],
    formats: Mapping[str, WebhookFormat],
    artifacts: Artifacts,
    clock: Clock,
    waiting_reasons: WaitingReasons,
    on_change: Callable[[frozenset[int]], None],
) -> Services:
    """`on_change` hears after each commit, in the writer's thread, which executions it changed."""
    secrets = secrets_of(settings)
    mask = masker(secrets)
    subscribers = partial(subscribed, settings.webhooks)

    def changed(execution_ids: frozenset[int]) -> None:
        on_change(execution_ids)
        runs.leg_watch.changed(execution_ids)

    writer = Writer(database, subscribers=subscribers, on_change=changed)
    composer = _Composer(settings, database, writer, clock, new_instance_id())
    gateway = RunnerGateway(runner, mask)
    runs = composer.runs(runner, gateway)
    callback_auth = CallbackAuth(database, settings.callback_secret, clock, settings.token_grace)
    queries, metrics = Queries(database, settings.keep_exchanges, waiting_reasons), Metrics()
    metrics.observe(partial(_numbers, queries), lambda: runs.watchdog.expiries)
    catalog, interval = Catalog(database, writer, clock), settings.catalog_interval
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        writer=writer,
        runner=runner,
        gateway=gateway,
        artifacts=artifacts,
        consoles=Consoles(artifacts, secrets),
        secrets=secrets,
        auth_backend=auth_backend,
        callback_auth=callback_auth,
        login_throttle=LoginThrottle(settings.login_failures),
        links=OneTimeLinks(),
        callbacks=composer.callbacks(mask, callback_auth),
        queries=queries,
        metrics=metrics,
        notifier=composer.notifier(formats, metrics),
        catalog=catalog,
        **runs._asdict(),
        catalog_poller=CatalogPoller(sources, catalog, interval) if sources else None,
    )


def _numbers(queries: Queries) -> Mapping[int, int] | None:
    """Executions by status; None while the database is away."""
    with contextlib.suppress(Unavailable):
        return queries.numbers()
    return None


class _Runs(NamedTuple):
    """The services that start runs and follow them."""

    trigger: Trigger
    watchdog: Watchdog
    recovery: Recovery
    sweeper: Background
    poller: Poller | None
    leg_watch: LegWatch


@dataclasses.dataclass(frozen=True)
class _Composer:
    """Makes those services that need nearly all of these."""

    settings: Settings
    database: Database
    writer: Writer
    clock: Clock
    instance_id: str

    def callbacks(self, mask: Mask, callback_auth: CallbackAuth) -> Callbacks:
        return Callbacks(
            self.database,
            self.writer,
            self.clock,
            lease=self.settings.lease,
            mask=mask,
            callback_auth=callback_auth,
            instance_id=self.instance_id,
            keep=self.settings.keep_exchanges,
        )

    def notifier(self, formats: Mapping[str, WebhookFormat], metrics: Metrics) -> Notifier:
        return Notifier(
            self.settings.webhooks,
            database=self.database,
            writer=self.writer,
            clock=self.clock,
            zone=self.settings.timezone,
            metrics=metrics,
            formats=formats,
        )

    def leg_runs(self, gateway: RunnerGateway) -> LegRuns:
        return LegRuns(
            self.database,
            self.writer,
            gateway,
            self.clock,
            base_url=self.settings.base_url,
            instance_id=self.instance_id,
        )

    def runs(self, runner: Runner, gateway: RunnerGateway) -> _Runs:
        settings = self.settings
        status = RunnerStatus(self.writer, gateway, self.clock)
        leg_runs = self.leg_runs(gateway)
        trigger = Trigger(
            self.writer,
            gateway,
            self.clock,
            settings.base_url,
            settings.timezone,
            instance_id=self.instance_id,
            leg_runs=leg_runs,
            shard_relaunch=settings.shard_relaunch,
        )
        watchdog = Watchdog(
            self.database,
            self.writer,
            gateway,
            runner_status=status,
            clock=self.clock,
            lease=settings.lease,
            instance_id=self.instance_id,
        )
        leg_watch = LegWatch(
            self.database,
            self.writer,
            gateway,
            self.clock,
            leg_runs=leg_runs,
            watchdog=watchdog,
            instance_id=self.instance_id,
            interval=settings.sweep,
        )
        recovery = Recovery(
            database=self.database,
            writer=self.writer,
            runner=runner,
            gateway=gateway,
            clock=self.clock,
            trigger=trigger,
            watchdog=watchdog,
            legs=leg_watch,
            instance_id=self.instance_id,
            silence=max(settings.lease, 3 * settings.sweep),
        )
        poller = None
        if isinstance(runner, PolledRunner):
            poller = Poller(self.database, watchdog, status, runner, leg_watch)
        return _Runs(
            trigger=trigger,
            watchdog=watchdog,
            recovery=recovery,
            sweeper=Background("sisyphus-sweep", [recovery.round, watchdog.round], settings.sweep),
            poller=poller,
            leg_watch=leg_watch,
        )
