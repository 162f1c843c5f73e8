"""The log: lines for people, or JSON; both say which request and which execution."""

import contextlib
import contextvars
import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: set by whoever knows; carried into the threads that do the work.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
execution_id: contextvars.ContextVar[int | None] = contextvars.ContextVar(
    "execution_id", default=None
)

_LEVELS: Final = {
    "": logging.INFO,
    "alembic": logging.WARNING,
    # its warnings show whole addresses, and those of webhooks hold keys
    "urllib3": logging.ERROR,
}


class _Ids(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(record, "request_id", "") or request_id.get()
        record.execution_id = getattr(record, "execution_id", None) or execution_id.get()
        return True


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        number = getattr(record, "execution_id", None)
        return f"{line} execution={number}" if number and "\n" not in line else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "") or None,
            "execution_id": getattr(record, "execution_id", None),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False)


@contextlib.contextmanager
def to_stderr(style: str) -> Iterator[None]:
    """Everything from INFO on (`_LEVELS`), while the block lasts; `style` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Ids())
    handler.setFormatter(
        _Json() if style == "json" else _Text("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    loggers = {logging.getLogger(name): level for name, level in _LEVELS.items()}
    before = {logger: logger.level for logger in loggers}
    _set(loggers)
    try:
        yield
    finally:
        root.removeHandler(handler)
        _set(before)


def _set(levels: Mapping[logging.Logger, int]) -> None:
    for logger, level in levels.items():
        logger.setLevel(level)
