"""What happens around a whole pytest run, by what it was asked for."""

import contextlib
from collections.abc import Iterator

import pytest

from ..command_line import running_as
from ..options import Options
from .opening import open_execution
from .sync import open_sync

#: options that make pytest answer a question and run nothing.
_QUESTIONS = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow")


@contextlib.contextmanager
def framed(config: pytest.Config, options: Options) -> Iterator[None]:
    """Raises pytest.UsageError."""
    if any(config.getoption(question, None) for question in _QUESTIONS):
        yield
    elif options.sync:
        open_sync(config, options)
        yield
    elif options.execution is None:
        yield
    else:
        with _execution(config, options, options.execution):
            yield


@contextlib.contextmanager
def _execution(config: pytest.Config, options: Options, number: int) -> Iterator[None]:
    link = open_execution(config, options, number)
    if link is None:
        yield
        return
    with running_as(link.runner_id):
        try:
            yield
        finally:
            link.close()
