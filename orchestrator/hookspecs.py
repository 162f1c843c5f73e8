"""The hooks by which an installed plugin, or a module of `--plugins`, extends the service.

A plugin is found by an entry point of the group `sisyphus_orchestrator`. Each hook is called once,
when the application is made, and answers with functions by name: only what the operator chose is
made. The service's own parts come by the same hooks (`standard.py`). Two parts of one kind may not
share a name. `docs/extending-the-service.md` is the manual.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import pluggy

from .artifacts import Artifacts
from .clock import Clock
from .database import Database
from .runners.protocol import Runner
from .services.access import TokenSource
from .services.puller import CatalogSource
from .settings import Settings
from .webhooks.notice import Format

#: pluggy's project, and the group of entry points.
PROJECT: Final = "sisyphus_orchestrator"
_hookspec: Final = pluggy.HookspecMarker(PROJECT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tools:
    """What a part may work with."""

    settings: Settings
    database: Database
    artifacts: Artifacts
    clock: Clock
    #: the plugin's own table `[plugin.NAME]`; what it may hold, the plugin checks.
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)


MakesRunner: TypeAlias = Callable[[Tools], Runner]
MakesLogins: TypeAlias = Callable[[Tools], TokenSource]
MakesSource: TypeAlias = Callable[[Tools], CatalogSource]
MakesFormat: TypeAlias = Callable[[Tools], Format]


@_hookspec
def sisyphus_runners() -> Mapping[str, MakesRunner]:  # type: ignore[empty-body]
    """Who runs pytest, by the name that `--runner` takes.

    A runner has the methods of `Runner` in `runners/protocol.py`. One that is also `Polled` there
    is asked for its runs at its pace; a `Keeper` keeps its runs in the service's own process.
    """


@_hookspec
def sisyphus_logins() -> Mapping[str, MakesLogins]:  # type: ignore[empty-body]
    """Who knows what frontend tokens stand for, by the name that `--auth` takes.

    A source has the methods of `TokenSource` in `services/access.py`. One that is also a
    `HeaderSource` there reads its token from a header of its own.
    """


@_hookspec
def sisyphus_catalog_sources() -> Mapping[str, MakesSource]:  # type: ignore[empty-body]
    """Where cases come from besides `case/sync`, by the names that `--catalog-sources` takes.

    A source has the method of `CatalogSource` in `services/puller.py`: `pull()`, which answers
    with what projects would post to `case/sync`.
    """


@_hookspec
def sisyphus_webhook_formats() -> Mapping[str, MakesFormat]:  # type: ignore[empty-body]
    """How receivers of webhooks are told, by the name that a webhook's `format` takes.

    A format is a function `(Notice, Webhook) -> Request` (`webhooks/notice.py`): it only writes
    the request, which the service sends, and sends again.
    """
