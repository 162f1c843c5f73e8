"""Finding plugins: our own parts, what is installed, and the modules of `--plugins`."""

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

from . import hookspecs, standard
from .errors import StartupError

_PREFIX: Final = "sisyphus_"
_STANDARD: Final = "sisyphus-standard"
_HOOKS: Final = tuple(name for name in vars(hookspecs) if name.startswith(_PREFIX))
_NAME: Final = re.compile(r"[\w.-]+")
#: frames of our own and of the import machinery: they say nothing about whose mistake it is.
_NOT_THEIRS: Final = (
    f"{Path(__file__).parent}{os.sep}",
    f"{Path(importlib.__file__ or '').parent}{os.sep}",
    "<frozen importlib",
)


@dataclasses.dataclass(frozen=True)
class Plugin:
    name: str
    file: str

    def __str__(self) -> str:
        return f"plugin {self.name!r} ({self.file})"


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
    """Everything that is there, in a manager of its own; `StartupError` names what is wrong."""
    manager = Manager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(standard, _STANDARD)
    for entry in entry_points(group=hookspecs.PROJECT):
        _add(manager, entry.name, _imported(entry.name, f"installed as {entry.value}", entry.load))
    for name in modules:
        find = functools.partial(importlib.import_module, name)
        _add(manager, name, _imported(name, "named by --plugins", find))
    return manager


def names(manager: Manager) -> list[str]:
    """All plugins but our own."""
    return sorted(name for name, _ in manager.list_name_plugin() if name != _STANDARD)


def offers(manager: Manager, hook: str) -> Iterator[tuple[Plugin, Mapping[str, Any]]]:
    """What each plugin answers to a hook, in the order in which they were found."""
    for one in getattr(manager.hook, hook).get_hookimpls():
        plugin = Plugin(one.plugin_name, _file_of(one.plugin))
        yield plugin, _answer(plugin, hook, one.function)


def said(error: Exception) -> str:
    """`KeyError: 'url' (/srv/plugin.py:7)`, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_NOT_THEIRS)]
    place = f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
    return " ".join(f"{type(error).__name__}: {error}".split()) + place


def _imported(name: str, whence: str, find: Callable[[], object]) -> object:
    try:
        return find()
    except Exception as error:  # somebody else's module: whatever it raises is said
        raise StartupError(
            f"plugin {name!r}, {whence}, cannot be imported: {said(error)}; "
            f"it has to be a module that {sys.executable} finds"
        ) from error


def _add(manager: Manager, name: str, found: object) -> None:
    if manager.is_registered(found):  # installed, and named as well
        return
    plugin = Plugin(name, _file_of(found))
    if manager.has_plugin(name):
        other = Plugin(name, _file_of(manager.get_plugin(name)))
        raise StartupError(f"there are two plugins of one name: {other} and {plugin}; rename one")
    try:
        manager.register(found, name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        text = " ".join(str(error).split())
        raise StartupError(f"{plugin} is not usable: {text}; {_accepted()}") from error
    if not manager.get_hookcallers(found):
        raise StartupError(f"{plugin} has no hook; {_accepted()}")


def _accepted() -> str:
    return f"the hooks are functions without arguments: {', '.join(_HOOKS)}"


def _file_of(plugin: object) -> str:
    whole = plugin if inspect.ismodule(plugin) or inspect.isclass(plugin) else type(plugin)
    try:
        return inspect.getfile(whole)
    except (TypeError, OSError):
        return "without a file"


def _answer(plugin: Plugin, hook: str, ask: Callable[[], Any]) -> Mapping[str, Any]:
    try:
        answer = ask()
    except Exception as error:  # somebody else's function: whatever it raises is said
        raise StartupError(f"{plugin}: {hook}() failed: {said(error)}") from error
    if not isinstance(answer, Mapping):
        shown = type(answer).__name__
    else:
        shown = next((f"{k!r}: {v!r}" for k, v in answer.items() if not _is_part(k, v)), "")
    if shown:
        raise StartupError(
            f"{plugin}: {hook}() gave {shown}; give a mapping from names (letters, digits, '_-.') "
            "to functions that take the tools"
        )
    return answer  # type: ignore[no-any-return]  # looked at above


def _is_part(name: object, make: object) -> bool:
    return isinstance(name, str) and bool(_NAME.fullmatch(name)) and callable(make)
