"""The parts of one application by name: everything that came by the hooks."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from . import plugins
from .errors import StartupError
from .hookspecs import Tools
from .plugins import Manager, Plugin, said
from .runners.protocol import Runner
from .services.access import TokenSource
from .services.puller import CatalogSource
from .settings import Settings
from .webhooks import formats
from .webhooks.notice import Format

P = TypeVar("P")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    word: str
    hook: str
    #: where the operator chooses.
    option: str
    #: the protocol that such a part obeys; None: it is a function.
    port: type[Any] | None = None

    def missing(self, part: object) -> list[str]:
        """What the part lacks of its port."""
        if self.port is None:
            return [] if callable(part) else ["__call__"]
        asked = {*vars(self.port), *inspect.get_annotations(self.port)}
        return sorted(n for n in asked if not n.startswith("_") and not hasattr(part, n))


_RUNNER: Final = Kind(word="runner", hook="sisyphus_runners", option="--runner", port=Runner)
_LOGINS: Final = Kind(
    word="source of logins", hook="sisyphus_logins", option="--auth", port=TokenSource
)
_SOURCE: Final = Kind(
    word="source of cases",
    hook="sisyphus_catalog_sources",
    option="--catalog-sources",
    port=CatalogSource,
)
_FORMAT: Final = Kind(word="webhook format", hook="sisyphus_webhook_formats", option="--webhooks")


class Table(Generic[P]):
    """Parts of one kind by name, none made yet."""

    def __init__(self, kind: Kind, manager: Manager) -> None:
        self._kind = kind
        self._offers: dict[str, tuple[Plugin, Any]] = {}
        for plugin, answer in plugins.offers(manager, kind.hook):
            for name, make in answer.items():
                self._add(name, plugin, make)

    def _add(self, name: str, plugin: Plugin, make: object) -> None:
        if name in self._offers:
            raise StartupError(
                f"there are two {self._kind.word}s called {name!r}: by {self._offers[name][0]} "
                f"and by {plugin}; rename one, or take its plugin out"
            )
        self._offers[name] = (plugin, make)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._offers)

    def check(self, name: str) -> None:
        if name not in self._offers:
            known = ", ".join(self._offers) or f"none; a plugin gives them by {self._kind.hook}"
            raise StartupError(
                f"{self._kind.option}: no {self._kind.word} {name!r}; known: {known}"
            )

    def make(self, name: str, tools: Tools) -> P:
        """`StartupError` for an unknown name, and for a part that cannot be made or used."""
        self.check(name)
        plugin, make = self._offers[name]
        options = tools.settings.plugin_options.get(plugin.name, {})
        who = f"{plugin}: {self._kind.word} {name!r}"
        try:
            part: P = make(dataclasses.replace(tools, options=options))
        except StartupError:
            raise
        except Exception as error:  # somebody else's function: whatever it raises is said
            raise StartupError(f"{who} cannot be made: {said(error)}") from error
        if missing := self._kind.missing(part):
            given = type(part).__name__
            raise StartupError(f"{who} is a {given} without {', '.join(missing)}; add that")
        return part


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    runners: Table[Runner]
    logins: Table[TokenSource]
    catalog_sources: Table[CatalogSource]
    webhook_formats: Table[Format]
    #: where they come from, without our own.
    plugins: Sequence[str]

    def sources(self, tools: Tools) -> Mapping[str, CatalogSource]:
        """Those that the operator chose."""
        chosen = tools.settings.catalog_sources
        return {name: self.catalog_sources.make(name, tools) for name in chosen}

    def formats(self, tools: Tools) -> Mapping[str, Format]:
        """Those that the webhooks ask for."""
        chosen = dict.fromkeys(webhook.format for webhook in tools.settings.webhooks)
        return {name: self.webhook_formats.make(name, tools) for name in chosen}


def gather(settings: Settings) -> Parts:
    """From our own module, the installed plugins, and the modules of `--plugins`.

    Raises `StartupError` for a plugin that is not usable, and for a choice that nobody offers.
    """
    manager = plugins.load(settings.plugins)
    parts = Parts(
        runners=Table(_RUNNER, manager),
        logins=Table(_LOGINS, manager),
        catalog_sources=Table(_SOURCE, manager),
        webhook_formats=Table(_FORMAT, manager),
        plugins=plugins.names(manager),
    )
    parts.runners.check(settings.runner)
    parts.logins.check(settings.auth)
    for name in settings.catalog_sources:
        parts.catalog_sources.check(name)
    formats.check(settings.webhooks, parts.webhook_formats.names)
    _check_tables(settings, parts.plugins)
    return parts


def _check_tables(settings: Settings, known: Sequence[str]) -> None:
    for name in settings.plugin_options:
        if name not in known:
            there = ", ".join(known) or "none"
            raise StartupError(f"[plugin.{name}] is no plugin's table; plugins: {there}")
