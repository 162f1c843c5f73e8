"""The extensions that a folder of case files sees: the plugin's own, those of installed plugins and
of the `conftest.py` files above it."""

import os
from typing import Any, Final

import pytest

from pytest_sisyphus import builtin
from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.extensions.loader import HOOKS, Extensions, load_extensions

_BUILTIN: Final = "sisyphus-builtin"


def extensions_of(node: pytest.Collector, options: Options) -> Extensions:
    """Raises ConfigError, ExtensionError."""
    return load_extensions(_hooks_of(node), SystemClock(), allowed_environment(options))


def hook_functions(node: pytest.Collector) -> tuple[Any, ...]:
    """The hook implementations that it sees; nodes that share them have the same extensions."""
    hooks = _hooks_of(node)
    return tuple(one for name in HOOKS for one in getattr(hooks, name).get_hookimpls())


def _hooks_of(node: pytest.Collector) -> Any:
    manager = node.config.pluginmanager
    if not manager.has_plugin(_BUILTIN):
        manager.register(builtin, _BUILTIN)
    return node.session.gethookproxy(node.path)


def allowed_environment(options: Options) -> dict[str, str]:
    """The environment variables that cases may read."""
    return {name: value for name, value in os.environ.items() if options.may_be_read(name)}
