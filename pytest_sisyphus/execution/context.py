"""What happens around a whole pytest run: an execution, a sync of the catalogue, or nothing."""

import contextlib
from collections.abc import Iterator

import pytest

from pytest_sisyphus.config.load import running_as
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.execution.setup import open_execution
from pytest_sisyphus.execution.sync import open_sync

#: options that make pytest answer a question and run nothing.
_QUESTIONS = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow")


@contextlib.contextmanager
def session_context(config: pytest.Config, options: Options) -> Iterator[None]:
    """Sets an execution or a sync up, and closes the execution. Raises pytest.UsageError where the
    options do not allow it."""
    plugin = None
    if not any(config.getoption(question, None) for question in _QUESTIONS):
        if options.sync:
            open_sync(config, options)
        elif options.execution is not None:
            plugin = open_execution(config, options, options.execution)
    if plugin is None:
        yield
        return
    with running_as(plugin.runner_id):
        try:
            yield
        finally:
            plugin.close()
