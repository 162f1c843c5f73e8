"""Reports and the signals that end a run."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until this is done: no document is torn or lost between two files."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    previous: dict[int, Any] = {
        number: signal.signal(number, note)
        for number in _SIGNALS
        if signal.getsignal(number) is not None
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)


class Sigterm:
    """Where nobody else cares for SIGTERM it is Ctrl-C: teardowns run, reports are written."""

    def __init__(self) -> None:
        self._taken = False

    def take(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            self._taken = True

    def give_back(self) -> None:
        if self._taken:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._taken = False
