"""Finding plugins: those that are installed, and the modules of `--plugins`."""

import dataclasses
import functools
import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pluggy

from orchestrator import hookspecs
from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.plugins import builtin

_PREFIX: Final = "sisyphus_"
_BUILTIN: Final = "sisyphus-builtin"
_HOOKS: Final = tuple(name for name in vars(hookspecs) if name.startswith(_PREFIX))
_NAME: Final = re.compile(r"[\w.-]+")
#: where frames are those of the service and of the import machinery, not of a plugin.
_NOT_OF_PLUGINS: Final = (
    f"{Path(__file__).parent.parent}{os.sep}",
    f"{Path(importlib.__file__ or '').parent}{os.sep}",
    "<frozen importlib",
)


@dataclasses.dataclass(frozen=True)
class Plugin:
    name: str
    file: str

    @property
    def is_builtin(self) -> bool:
        return self.name == _BUILTIN

    @property
    def said(self) -> str:
        return tr("plugin {name!r} ({file})", name=self.name, file=self.file)


class Manager(pluggy.PluginManager):
    """Takes functions by the beginning of their names, as pytest does: no marker is needed."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if not name.startswith(_PREFIX):
            return None
        marked = super().parse_hookimpl_opts(plugin, name)
        if marked is not None or not inspect.isroutine(getattr(plugin, name)):
            return marked
        return pluggy.HookimplOpts(
            wrapper=False,
            hookwrapper=False,
            optionalhook=False,
            tryfirst=False,
            trylast=False,
            specname=None,
        )


def load(modules: Iterable[str]) -> Manager:
    """All plugins, in a manager of their own. Raises `StartupError` for one that is not usable."""
    manager = Manager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, _BUILTIN)
    for entry in entry_points(group=hookspecs.PROJECT):
        _add(
            manager,
            entry.name,
            _imported(entry.name, tr("installed as {value}", value=entry.value), entry.load),
        )
    for name in modules:
        find = functools.partial(importlib.import_module, name)
        _add(manager, name, _imported(name, tr("named by --plugins"), find))
    return manager


def names(manager: Manager) -> list[str]:
    """The names of all plugins but the service itself."""
    return sorted(name for name, _ in manager.list_name_plugin() if name != _BUILTIN)


def factories_by_plugin(manager: Manager, hook: str) -> Iterator[tuple[Plugin, Mapping[str, Any]]]:
    """What each plugin's hook returns, in the order in which the plugins were found.

    Raises `StartupError` for a hook that fails, or returns no mapping from names to functions.
    """
    for one in getattr(manager.hook, hook).get_hookimpls():
        plugin = Plugin(one.plugin_name, _file_of(one.plugin))
        try:
            factories: object = one.function()
        except Exception as error:  # a plugin's function: whatever it raises is reported
            raise StartupError(
                tr(
                    "{plugin}: {hook}() failed: {reason}",
                    plugin=plugin.said,
                    hook=hook,
                    reason=one_line(error),
                )
            ) from error
        if not isinstance(factories, Mapping):
            raise _wrong_return(plugin, hook, type(factories).__name__)
        for name, factory in factories.items():
            if not (isinstance(name, str) and _NAME.fullmatch(name) and callable(factory)):
                raise _wrong_return(plugin, hook, f"{name!r}: {factory!r}")
        yield plugin, factories


def _wrong_return(plugin: Plugin, hook: str, given: str) -> StartupError:
    return StartupError(
        tr(
            "{plugin}: {hook}() gave {given}; give a mapping from names (letters, digits, '_-.') "
            "to functions that take the context",
            plugin=plugin.said,
            hook=hook,
            given=given,
        )
    )


def one_line(error: Exception) -> str:
    """`KeyError: 'url' (/srv/plugin.py:7)`, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    of_plugins = [frame for frame in frames if not frame.filename.startswith(_NOT_OF_PLUGINS)]
    place = f" ({of_plugins[-1].filename}:{of_plugins[-1].lineno})" if of_plugins else ""
    return " ".join(f"{type(error).__name__}: {error}".split()) + place


def _imported(name: str, source: str, find: Callable[[], object]) -> object:
    try:
        return find()
    except Exception as error:  # a plugin's module: whatever it raises is reported
        raise StartupError(
            tr(
                "plugin {name!r}, {source}, cannot be imported: {reason}; it has to be a module "
                "that {python} finds",
                name=name,
                source=source,
                reason=one_line(error),
                python=sys.executable,
            )
        ) from error


def _add(manager: Manager, name: str, found: object) -> None:
    if manager.is_registered(found):  # installed, and named as well
        return
    plugin = Plugin(name, _file_of(found))
    if manager.has_plugin(name):
        other = Plugin(name, _file_of(manager.get_plugin(name)))
        raise StartupError(
            tr(
                "there are two plugins of one name: {one} and {other}; rename one",
                one=other.said,
                other=plugin.said,
            )
        )
    try:
        manager.register(found, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        text = " ".join(str(error).split())
        raise StartupError(
            tr(
                "{plugin} is not usable: {reason}; {accepted}",
                plugin=plugin.said,
                reason=text,
                accepted=_accepted(),
            )
        ) from error
    if not manager.get_hookcallers(found):
        raise StartupError(
            tr("{plugin} has no hook; {accepted}", plugin=plugin.said, accepted=_accepted())
        )


def _accepted() -> str:
    return tr("the hooks are functions without arguments: {hooks}", hooks=", ".join(_HOOKS))


def _file_of(plugin: object) -> str:
    whole = plugin if inspect.ismodule(plugin) or inspect.isclass(plugin) else type(plugin)
    try:
        return inspect.getfile(whole)
    except (TypeError, OSError):
        return tr("without a file")
