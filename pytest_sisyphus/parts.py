"""The registries of one run: every part that came by the hooks."""

import dataclasses
import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import chain
from random import Random
from typing import Any

import pytest

from . import standard
from .clock import Clock, SystemClock
from .models.parts import AuthType, CheckType, ExtractorType, Function, Tools
from .options import Options
from .registry import Registry
from .steps.protocol import StepType

_STANDARD = "sisyphus-standard"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    steps: Registry[StepType[Any]]
    checks: Registry[CheckType]
    extractors: Registry[ExtractorType]
    functions: Registry[Function]
    auth_types: Registry[AuthType]
    #: hooks as the folder of the case files sees them.
    hooks: Any
    clock: Clock
    environ: Mapping[str, str]

    def functions_with(self, tools: Tools) -> Registry[Function]:
        return _functions(self.hooks, tools)


def gather(node: pytest.Collector, options: Options) -> Parts:
    """From our own module, the installed plugins, and the conftests above `node`."""
    manager = node.config.pluginmanager
    if not manager.has_plugin(_STANDARD):
        manager.register(standard, _STANDARD)
    hooks: Any = node.session.gethookproxy(node.path)
    clock = SystemClock()
    environ = _allowed(os.environ, options.env_allow)
    tools = Tools(random=Random(0), clock=clock, environ=environ)  # noqa: S311 - only names are read
    return Parts(
        steps=Registry("step type", _all(hooks.pytest_sisyphus_step_types())),
        checks=Registry("check", _all(hooks.pytest_sisyphus_checks())),
        extractors=Registry("extractor type", _all(hooks.pytest_sisyphus_extractors())),
        functions=_functions(hooks, tools),
        auth_types=Registry("auth type", _all(hooks.pytest_sisyphus_auth_types())),
        hooks=hooks,
        clock=clock,
        environ=environ,
    )


def _functions(hooks: Any, tools: Tools) -> Registry[Function]:
    return Registry("function", _all(hooks.pytest_sisyphus_functions(tools=tools)))


def _all(answers: list[Any]) -> list[Any]:
    return list(chain.from_iterable(reversed(answers)))


def _allowed(environ: Mapping[str, str], patterns: tuple[str, ...]) -> dict[str, str]:
    """Every variable, or those that one of the patterns names."""
    if not patterns:
        return dict(environ)
    return {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
