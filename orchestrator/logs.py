"""The log: lines for people, or JSON; both say which request and which execution."""

import contextlib
import contextvars
import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

#: set by whoever knows; carried into the threads that do the work.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
execution_id: contextvars.ContextVar[int | None] = contextvars.ContextVar(
    "execution_id", default=None
)


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
    """Everything from INFO on, while the block lasts; `style` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Ids())
    handler.setFormatter(
        _Json() if style == "json" else _Text("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # its warnings show whole addresses, and those of webhooks hold keys
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
