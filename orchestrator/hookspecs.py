"""The hooks by which an installed plugin, or a module of `--plugins`, extends the service.

A plugin is found by an entry point of the group `sisyphus_orchestrator`. Each hook is called once,
when the application is made, and returns factories by name: only what the operator chose is made.
The service's own extensions come by the same hooks (`plugins/builtin.py`). Two of one kind may not
share a name. `docs/en/extending-the-service.md` is the manual.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import pluggy

from orchestrator.auth.backends import AuthBackend
from orchestrator.catalog.poller import CatalogSource
from orchestrator.clock import Clock
from orchestrator.config.settings import Settings
from orchestrator.db.engine import Database
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.protocol import Runner

#: pluggy's project, and the group of entry points.
PROJECT: Final = "sisyphus_orchestrator"
_hookspec: Final = pluggy.HookspecMarker(PROJECT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PluginContext:
    """What a factory is given: the settings and resources of the application."""

    settings: Settings
    database: Database
    artifacts: Artifacts
    clock: Clock
    #: the plugin's own table `[plugin.NAME]`; what it may hold, the plugin checks.
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)


RunnerFactory: TypeAlias = Callable[[PluginContext], Runner]
AuthBackendFactory: TypeAlias = Callable[[PluginContext], AuthBackend]
CatalogSourceFactory: TypeAlias = Callable[[PluginContext], CatalogSource]
WebhookFormatFactory: TypeAlias = Callable[[PluginContext], WebhookFormat]


@_hookspec
def sisyphus_runners() -> Mapping[str, RunnerFactory]:  # type: ignore[empty-body]
    """Who runs pytest, by the name that `--runner` takes.

    A runner has the methods of `Runner`. A `PolledRunner` is also asked for the state of
    each run at its interval; a `ProcessRunner` has its runs in processes of this machine. Example::

        def sisyphus_runners():
            return {"nightly": lambda context: ExternalRunner()}
    """


@_hookspec
def sisyphus_auth_backends() -> Mapping[str, AuthBackendFactory]:  # type: ignore[empty-body]
    """Who authenticates the users of the frontend, by the name that `--auth` takes.

    A backend has the methods of `AuthBackend`; a `HeaderAuthBackend` reads its token from a header
    of its own. Example::

        def sisyphus_auth_backends():
            return {"open": lambda context: NoAuth()}
    """


@_hookspec
def sisyphus_catalog_sources() -> Mapping[str, CatalogSourceFactory]:  # type: ignore[empty-body]
    """Where cases come from besides `case/sync`, by the names that `--catalog-sources` takes.

    A source has the method of `CatalogSource`: `pull()`, which returns what projects would post to
    `case/sync`. Example::

        def sisyphus_catalog_sources():
            class Nothing: pull = lambda self: []
            return {"nothing": lambda context: Nothing()}
    """


@_hookspec
def sisyphus_webhook_formats() -> Mapping[str, WebhookFormatFactory]:  # type: ignore[empty-body]
    """What is posted to webhooks, by the name that a webhook's `format` takes.

    A format is a function `(notification, webhook) -> WebhookRequest`: it only writes the request,
    which the service sends, and sends again. Example::

        def sisyphus_webhook_formats():
            render = lambda notification, webhook: WebhookRequest(url=webhook.url, body=b"{}")
            return {"empty": lambda context: render}
    """
