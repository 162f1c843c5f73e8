"""The registries of one run: every part that came by the hooks."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from itertools import chain
from random import Random
from typing import Any

import pytest

from . import standard
from .broken import defined_at, foreign, is_ours
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
        steps=_registry("step type", "pytest_sisyphus_step_types", hooks, lambda one: one.run),
        checks=_registry("check", "pytest_sisyphus_checks", hooks, lambda one: one.judge),
        extractors=_registry(
            "extractor type", "pytest_sisyphus_extractors", hooks, lambda one: one.pick
        ),
        functions=_functions(hooks, tools),
        auth_types=_registry(
            "auth type", "pytest_sisyphus_auth_types", hooks, lambda one: one.make
        ),
        hooks=hooks,
        clock=clock,
        environ=environ,
    )


def _functions(hooks: Any, tools: Tools) -> Registry[Function]:
    return _registry(
        "function", "pytest_sisyphus_functions", hooks, lambda one: one.call, tools=tools
    )


def _registry(
    kind: str, hook: str, hooks: Any, code: Callable[[Any], Any], **arguments: Any
) -> Registry[Any]:
    """`code`: a part's function, whose place is the part's. Raises our errors only."""

    def where(part: Any) -> str:
        return "built in" if is_ours(code(part)) else defined_at(code(part))

    with foreign(f"the hook {hook}"):
        answers = getattr(hooks, hook)(**arguments)
        return Registry(kind, chain.from_iterable(reversed(answers)), where=where)


def _allowed(environ: Mapping[str, str], patterns: tuple[str, ...]) -> dict[str, str]:
    """Every variable, or those that one of the patterns names."""
    if not patterns:
        return dict(environ)
    return {
        name: value
        for name, value in environ.items()
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
