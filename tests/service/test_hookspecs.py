"""The example in the description of each hook of the service runs."""

import inspect
import textwrap

import pytest
from service_plugins import Plugins

import orchestrator
from orchestrator import hookspecs
from orchestrator.plugins.registry import load_extensions

HOOKS = [name for name in vars(hookspecs) if name.startswith("sisyphus_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_runs(hook, tmp_path, monkeypatch):
    example = inspect.getdoc(getattr(hookspecs, hook)).split("Example::\n")[1]
    names = f"from orchestrator import {', '.join(orchestrator.__all__)}\n"
    plugins = Plugins(tmp_path / "plugins", monkeypatch)
    plugins.module("example", names + textwrap.dedent(example))
    try:
        settings = orchestrator.Settings(plugins=("example",))
        extensions = load_extensions(settings)
        (name, registry) = {
            "sisyphus_runners": ("nightly", extensions.runners),
            "sisyphus_auth_backends": ("open", extensions.auth_backends),
            "sisyphus_catalog_sources": ("nothing", extensions.catalog_sources),
            "sisyphus_webhook_formats": ("empty", extensions.webhook_formats),
        }[hook]
        context = orchestrator.PluginContext(
            settings=settings, database=None, artifacts=None, clock=None
        )

        assert registry.make(name, context) is not None
    finally:
        plugins.forget()
