"""Ctrl-C and SIGTERM while a case runs: the first stops its steps, but never a teardown; a second
stops that, too."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context manager: handles the signals, and passes them on to the handlers before it.

    Outside of the main thread, which alone may handle signals, it does nothing.
    """

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}
        self._count = 0
        #: how many teardowns are running, one inside the other.
        self._depth = 0
        self._pending: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                    self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @property
    def escalated(self) -> bool:
        """A second signal came: teardowns stop too."""
        return self._count > 1

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """The first signal that comes inside takes effect when the outermost block is left."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._pending is not None and not self._depth:
                self._forward(self._pending, None)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._depth and not self.escalated:
            self._pending = number
        else:
            self._forward(number, frame)

    def _forward(self, number: int, frame: FrameType | None) -> None:
        self._pending = None
        previous = self._previous[number]
        if callable(previous):
            previous(number, frame)
        else:  # by default the process ends
            signal.signal(number, previous)
            signal.raise_signal(number)
