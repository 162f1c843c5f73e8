"""SIGTERM, Ctrl-C and the orchestrator's cancel: one orderly stop, from whichever thread.

The handler runs in the session's main thread, between any two instructions. It takes no lock that
the session may hold, and it stops only what is `interruptible` (tests and their collection); what
must not be torn even there (a report on its way) runs under `deferred`. Elsewhere the stop waits
for the next interruptible part.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

from pytest_sisyphus.i18n import tr

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stopped(KeyboardInterrupt):
    """Ends the session as Ctrl-C does: a test's own `except Exception` does not catch it."""


class Interrupter:
    def __init__(
        self,
        *,
        stop: Callable[[str, bool], None],
        on_stop: Callable[[str], None] = lambda _: None,
        on_signal_while_closing: Callable[[], None] = lambda: None,
    ) -> None:
        """`stop(reason, again)` is called in the main thread and may raise what ends a session;
        `again`: a person insists (a second Ctrl-C), or `escalate` was called. `on_stop(reason)` is
        called once, before."""
        self._stop = stop
        self._on_stop = on_stop
        self._on_signal_while_closing = on_signal_while_closing
        self._previous: dict[signal.Signals, Any] = {}
        self._requested = ""
        self._is_again = False
        self._is_escalated = False
        #: 0: a stop may happen now. Outside of interruptible parts it is 1 at least.
        self._deferrals = 1
        self._is_pending = False
        self._is_closing = False
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
        if self._requested or self.reason or self._is_closing:
            return
        self._requested = reason
        self._raise_signal()

    def escalate(self) -> None:
        """Stop more firmly, as the first stop did not take; may be called in any thread."""
        self._is_escalated = True
        self._raise_signal()

    def begin_closing(self) -> None:
        """Nothing is left to interrupt; from now on a signal only shortens the waiting."""
        self._is_closing = True

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """May raise at once, for a stop that came before."""
        try:
            self._allow()
            yield
        finally:
            self._deferrals += 1

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # no signal is handled there, and two threads would miscount
            return
        self._deferrals += 1
        try:
            yield
        finally:
            self._allow()

    def _allow(self) -> None:
        self._deferrals -= 1
        if self._is_pending and not self._deferrals:
            self._stop_now()

    def _raise_signal(self) -> None:
        main = threading.main_thread().ident
        if self._previous and main is not None:
            signal.pthread_kill(main, signal.SIGTERM)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._is_closing:
            self._on_signal_while_closing()
            return
        again = self._is_escalated or (bool(self.reason) and number == signal.SIGINT)
        if self.reason and not again:
            return
        self._is_again = again
        self.reason = (
            self.reason
            or self._requested
            or tr("received {signal}", signal=signal.Signals(number).name)
        )
        self._is_pending = True
        if not self._deferrals:
            self._stop_now()

    def _stop_now(self) -> None:
        self._is_pending = False
        if not self._is_again:
            self._on_stop(self.reason)
        self._stop(self.reason, self._is_again)
