"""Waiting that somebody else can cut short; tests bring a pace whose hours pass at once."""

import threading
from typing import Protocol

from ..clock import SystemClock


class Pace(Protocol):
    def tick(self) -> float:
        """Seconds of a monotonic clock."""

    def wait(self, nudge: threading.Event, seconds: float) -> None:
        """Return when somebody sets the event, or after so many seconds."""


class RealPace(SystemClock):
    def wait(self, nudge: threading.Event, seconds: float) -> None:
        nudge.wait(seconds)
