"""Signals that end a run: deferred while a report is written, and SIGTERM handled as Ctrl-C."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def defer_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM take effect after the block: no document is torn or lost on the way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    previous: dict[int, Any] = {
        number: signal.signal(number, remember)
        for number in _SIGNALS
        if signal.getsignal(number) is not None
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(received):
            signal.raise_signal(number)


class SigtermHandler:
    """Where nobody else handles SIGTERM it acts like Ctrl-C: teardowns run, reports are written."""

    def __init__(self) -> None:
        self._is_installed = False

    def install(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            self._is_installed = True

    def restore(self) -> None:
        if self._is_installed:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._is_installed = False
