"""SIGTERM, Ctrl-C and the orchestrator's cancel: one orderly stop, from whichever thread.

The handler runs in the session's main thread, between any two instructions. It takes no lock that
the session may hold, and it stops only what is `exposed` (tests and their collection); what must
not be torn even there (a report on its way) is `shielded`. Elsewhere the stop waits for its turn.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stopped(KeyboardInterrupt):
    """Ends the session as Ctrl-C does: a test's own `except Exception` does not catch it."""


class Interrupter:
    """`stop(reason, again)` is called in the main thread and may raise what ends a session;
    `again` says that a person insists (a second Ctrl-C). `heard` is called once, before."""

    def __init__(
        self,
        *,
        stop: Callable[[str, bool], None],
        heard: Callable[[str], None] = lambda _: None,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        self._stop = stop
        self._heard = heard
        self._hurry = hurry
        self._previous: dict[signal.Signals, Any] = {}
        self._asked = ""
        self._again = False
        self._insisting = False
        #: 0: a stop may happen now. Between exposed parts there is one shield.
        self._shields = 1
        self._due = False
        self._is_ending = False
        #: why the session was stopped; empty while nobody asked for it.
        self.reason = ""

    def install(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._previous[number] = signal.signal(number, self._on_signal)

    def restore(self) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()

    def request(self, reason: str) -> None:
        """From any thread: a signal, because only that ends a sleep or a read."""
        if self._asked or self.reason or self._is_ending:
            return
        self._asked = reason
        self._raise_signal()

    def insist(self) -> None:
        """From any thread: the first stop did not take."""
        self._insisting = True
        self._raise_signal()

    def ending(self) -> None:
        """Nothing is left to interrupt; from now on a signal only shortens the waiting."""
        self._is_ending = True

    @contextlib.contextmanager
    def exposed(self) -> Iterator[None]:
        """May raise at once: the stop that came before."""
        try:
            self._lower()
            yield
        finally:
            self._shields += 1

    @contextlib.contextmanager
    def shielded(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # no signal is handled there, and two threads would miscount the shields
            return
        self._shields += 1
        try:
            yield
        finally:
            self._lower()

    def _lower(self) -> None:
        self._shields -= 1
        if self._due and not self._shields:
            self._act()

    def _raise_signal(self) -> None:
        main = threading.main_thread().ident
        if self._previous and main is not None:
            signal.pthread_kill(main, signal.SIGTERM)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._is_ending:
            self._hurry()
            return
        insists = self._insisting or (bool(self.reason) and number == signal.SIGINT)
        if self.reason and not insists:
            return
        self._again = insists
        self.reason = self.reason or self._asked or f"received {signal.Signals(number).name}"
        self._due = True
        if not self._shields:
            self._act()

    def _act(self) -> None:
        self._due = False
        if not self._again:
            self._heard(self.reason)
        self._stop(self.reason, self._again)
