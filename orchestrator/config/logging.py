"""The log: lines for people, or JSON; both say which request and which execution."""

import contextlib
import contextvars
import datetime as dt
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, TextIO

#: set by whoever knows; carried into the threads that do the work.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
execution_id: contextvars.ContextVar[int | None] = contextvars.ContextVar(
    "execution_id", default=None
)

#: the logger of requests, of which there may be thousands in a second.
REQUESTS: Final = "sisyphus.http"
_DELAY: Final = 0.2
#: what logging finds out for every record and no line of ours shows; its documentation's switches.
_UNASKED: Final = (
    *("_srcfile", "logThreads", "logMultiprocessing", "logProcesses", "logAsyncioTasks"),
)

_LEVELS: Final = {
    "": logging.INFO,
    "alembic": logging.WARNING,
    "uvicorn": logging.WARNING,  # starts and stops are said in our own words
    # its warnings show whole addresses, and those of webhooks hold keys
    "urllib3": logging.ERROR,
}


class _Ids(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(record, "request_id", "") or request_id.get()
        record.execution_id = getattr(record, "execution_id", None) or execution_id.get()
        return True


class _Text(logging.Formatter):
    """The text of a second is made once: with many requests it would be most of a line's cost."""

    _second, _shown = -1, ("", "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 -- logging's signature
        second = int(record.created)
        if second != self._second:
            now = time.localtime(second)
            self._shown = time.strftime("%Y-%m-%d %H:%M:%S", now), time.strftime("%z", now)
            self._second = second
        shown, zone = self._shown
        return f"{shown},{int(record.msecs):03d}{zone}"

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        number = getattr(record, "execution_id", None)
        return f"{line} execution={number}" if number and "\n" not in line else line


def _begins_with(record: logging.LogRecord) -> int | None:
    """The execution that a line begins with, as people read it."""
    is_there = str(record.msg).startswith("execution %d") and isinstance(record.args, tuple)
    return record.args[0] if is_there else None  # type: ignore[index,return-value]  # by its format


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "") or None,
            "execution_id": getattr(record, "execution_id", None) or _begins_with(record),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False)


class _Lines(logging.StreamHandler[TextIO]):
    """Lines of requests wait for each other, at most `_DELAY` seconds; all others go out at once.

    A write for each request lets the writer's thread in between: that took a third of a result.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._due, self._closed = threading.Event(), False
        self._thread = threading.Thread(target=self._keep, name="sisyphus-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.append(self.format(record) + self.terminator)
            if record.name == REQUESTS and record.levelno <= logging.INFO:
                self._due.set()
            else:
                self.flush()
        except Exception:  # noqa: BLE001 -- as every handler of logging does
            self.handleError(record)

    def flush(self) -> None:
        with self.lock or contextlib.nullcontext():
            text = "".join(self._waiting)
            self._waiting.clear()
            if text:
                self.stream.write(text)
            super().flush()

    def close(self) -> None:
        self._closed = True
        self._due.set()
        self._thread.join(1)
        self.flush()
        super().close()

    def _keep(self) -> None:
        while not self._closed:
            self._due.wait()
            self._due.clear()
            if not self._closed:
                time.sleep(_DELAY)
            with contextlib.suppress(Exception):  # where nobody reads, a line is lost, no request
                self.flush()


@contextlib.contextmanager
def to_stderr(style: str, level: str = "info") -> Iterator[None]:
    """Everything from `level` on (`_LEVELS`), while the block lasts; `style`: `text` or `json`."""
    handler = _Lines(sys.stderr)
    handler.setLevel(level.upper())
    handler.addFilter(_Ids())
    handler.setFormatter(
        _Json() if style == "json" else _Text("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    lowest = handler.level  # also of the loggers: what nobody writes is not made either
    loggers = {logging.getLogger(name): max(own, lowest) for name, own in _LEVELS.items()}
    before = {logger: logger.level for logger in loggers}
    _set(loggers)
    known = {name: getattr(logging, name) for name in _UNASKED if hasattr(logging, name)}
    _have(dict.fromkeys(known))
    try:
        yield
    finally:
        _have(known)
        root.removeHandler(handler)
        handler.close()
        _set(before)


def _have(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(logging, name, value)


def _set(levels: Mapping[logging.Logger, int]) -> None:
    for logger, level in levels.items():
        logger.setLevel(level)
