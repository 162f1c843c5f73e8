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
    """Stands before whoever handles the signals, as long as it is entered."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._came = 0
        #: how many teardowns are running, one inside the other.
        self._held = 0
        self._waiting: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def insisted(self) -> bool:
        return self._came > 1

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The first signal that comes in here has its effect at the end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._waiting is not None and not self._held:
                self._pass_on(self._waiting, None)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._came += 1
        if self._held and not self.insisted:
            self._waiting = number
        else:
            self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._waiting = None
        before = self._before[number]
        if callable(before):
            before(number, frame)
        else:  # by default the process ends
            signal.signal(number, before)
            signal.raise_signal(number)
