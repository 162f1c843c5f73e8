"""The extensions of one application by name: everything that came by the hooks."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

from orchestrator.auth.backends import AuthBackend
from orchestrator.catalog.poller import CatalogSource
from orchestrator.config.settings import Settings
from orchestrator.errors import StartupError
from orchestrator.hookspecs import PluginContext
from orchestrator.i18n import marked, tr
from orchestrator.notifications.formats import registry
from orchestrator.notifications.notification import WebhookFormat
from orchestrator.plugins import manager as plugins
from orchestrator.plugins.manager import Manager, Plugin, one_line
from orchestrator.runners.protocol import Runner

E = TypeVar("E")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtensionPoint:
    """One kind of extension."""

    #: what messages call it.
    word: str
    hook: str
    #: where the operator chooses.
    option: str
    #: what such an extension has; None: it is a function.
    protocol: type[Any] | None = None

    def missing(self, extension: object) -> list[str]:
        """The members of the protocol that it lacks."""
        if self.protocol is None:
            return [] if callable(extension) else ["__call__"]
        members = {*vars(self.protocol), *inspect.get_annotations(self.protocol)}
        return sorted(n for n in members if not n.startswith("_") and not hasattr(extension, n))


_RUNNER: Final = ExtensionPoint(
    word=marked("runner"), hook="sisyphus_runners", option="--runner", protocol=Runner
)
_AUTH_BACKEND: Final = ExtensionPoint(
    word=marked("auth backend"),
    hook="sisyphus_auth_backends",
    option="--auth",
    protocol=AuthBackend,
)
_SOURCE: Final = ExtensionPoint(
    word=marked("source of cases"),
    hook="sisyphus_catalog_sources",
    option="--catalog-sources",
    protocol=CatalogSource,
)
_FORMAT: Final = ExtensionPoint(
    word=marked("webhook format"), hook="sisyphus_webhook_formats", option="--webhooks"
)


class FactoryRegistry(Generic[E]):
    """The factories of one kind of extension by name. Raises `StartupError` for two of one name."""

    def __init__(self, point: ExtensionPoint, manager: Manager) -> None:
        self._point = point
        self._factories: dict[str, tuple[Plugin, Any]] = {}
        for plugin, factories in plugins.factories_by_plugin(manager, point.hook):
            for name, factory in factories.items():
                if name in self._factories:
                    raise StartupError(
                        tr(
                            "the {kind} {name!r} is there twice: by {one} and by {other}; rename "
                            "one, or take its plugin out",
                            kind=tr(point.word),
                            name=name,
                            one=self._factories[name][0].said,
                            other=plugin.said,
                        )
                    )
                self._factories[name] = (plugin, factory)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._factories)

    def check(self, name: str) -> None:
        """Raises `StartupError` for an unknown name."""
        if name not in self._factories:
            known = ", ".join(self._factories) or tr(
                "none; a plugin gives them by {hook}", hook=self._point.hook
            )
            raise StartupError(
                tr(
                    "{option}: no {kind} {name!r}; known: {known}",
                    option=self._point.option,
                    kind=tr(self._point.word),
                    name=name,
                    known=known,
                )
            )

    def make(self, name: str, context: PluginContext) -> E:
        """Raises `StartupError` for an unknown name, a factory that fails, and an extension that
        lacks a member of its protocol."""
        self.check(name)
        plugin, factory = self._factories[name]
        settings = context.settings
        options = settings.plugin_options.get(plugin.name, {})
        if plugin.is_builtin:
            options = settings.options_of_builtin(name)
        who = tr(
            "{plugin}: {kind} {name!r}", plugin=plugin.said, kind=tr(self._point.word), name=name
        )
        try:
            extension: E = factory(dataclasses.replace(context, options=options))
        except StartupError:
            raise
        except Exception as error:  # somebody else's function: whatever it raises is said
            raise StartupError(
                tr("{extension} cannot be made: {reason}", extension=who, reason=one_line(error))
            ) from error
        if missing := self._point.missing(extension):
            given = type(extension).__name__
            raise StartupError(
                tr(
                    "{extension} is a {given} without {missing}; add that",
                    extension=who,
                    given=given,
                    missing=", ".join(missing),
                )
            )
        return extension


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extensions:
    """What the service and its plugins offer; nothing of it is made yet."""

    runners: FactoryRegistry[Runner]
    auth_backends: FactoryRegistry[AuthBackend]
    catalog_sources: FactoryRegistry[CatalogSource]
    webhook_formats: FactoryRegistry[WebhookFormat]
    #: the names of the plugins, without the service itself.
    plugins: Sequence[str]

    def sources(self, context: PluginContext) -> Mapping[str, CatalogSource]:
        """Makes those that the operator chose."""
        chosen = context.settings.catalog_sources
        return {name: self.catalog_sources.make(name, context) for name in chosen}

    def formats(self, context: PluginContext) -> Mapping[str, WebhookFormat]:
        """Makes those that the webhooks name."""
        chosen = dict.fromkeys(webhook.format for webhook in context.settings.webhooks)
        return {name: self.webhook_formats.make(name, context) for name in chosen}


def load_extensions(settings: Settings) -> Extensions:
    """Of the service itself, the installed plugins, and the modules of `--plugins`.

    Raises `StartupError` for a plugin that is not usable, and for a choice that nobody offers.
    """
    manager = plugins.load(settings.plugins)
    extensions = Extensions(
        runners=FactoryRegistry(_RUNNER, manager),
        auth_backends=FactoryRegistry(_AUTH_BACKEND, manager),
        catalog_sources=FactoryRegistry(_SOURCE, manager),
        webhook_formats=FactoryRegistry(_FORMAT, manager),
        plugins=plugins.names(manager),
    )
    extensions.runners.check(settings.runner)
    extensions.auth_backends.check(settings.auth)
    for name in settings.catalog_sources:
        extensions.catalog_sources.check(name)
    registry.check(settings.webhooks, extensions.webhook_formats.names)
    for name in settings.plugin_options:
        if name not in extensions.plugins:
            known = ", ".join(extensions.plugins) or tr("none")
            raise StartupError(
                tr("[plugin.{name}] is no plugin's table; plugins: {known}", name=name, known=known)
            )
    return extensions
