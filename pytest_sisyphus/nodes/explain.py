"""`--sisyphus-explain`: cases are collected and selected as in a run, and explained instead."""

from collections.abc import Generator
from typing import Any

import pytest

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import tr


class ExplainPlugin:
    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None]:
        """Without the tree of what was collected: the explanations have it all."""
        option = session.config.option
        option.collectonly = False
        try:
            yield
        finally:
            option.collectonly = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for item in session.items:
            lines = [item.nodeid]
            try:
                explain = getattr(item, "sisyphus_explanation", None)
                lines += explain() if explain else [tr("  no YAML case: pytest runs it as it is")]
            except SisyphusError as error:
                lines.append(tr("  cannot run: {error}", error=error))
            if reporter is not None:
                for line in ("", *lines):
                    reporter.write_line(line)
        return (yield)
