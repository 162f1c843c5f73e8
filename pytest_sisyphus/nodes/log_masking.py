"""Secrets in what libraries log while a case runs: masked in the record, for whoever shows it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

#: those that log addresses, headers or parameters: a filter holds for its own logger only.
_LOGGERS: Final = (
    "pytest_sisyphus.http.wire",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
    "sqlalchemy.engine.Engine",
)


class _Masking(logging.Filter):
    """Called in the thread that logs, so also for steps that run at the same time."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = self._mask(message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


@contextmanager
def masked_logs(mask: Callable[[str], str]) -> Iterator[None]:
    """While it lasts. Asked for nothing where those loggers are silent."""
    masking = _Masking(mask)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(masking)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(masking)
