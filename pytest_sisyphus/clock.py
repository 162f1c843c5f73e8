"""The clock that everything reads and sleeps by, and durations as text."""

import threading
import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Local wall-clock time, without a zone: what the output protocol shows."""

    def tick(self) -> float:
        """Seconds of a monotonic clock: for durations."""

    def sleep(self, seconds: float) -> None: ...

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Return when somebody sets the event, or after so many seconds."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now()  # noqa: DTZ005 - as the output protocol has it

    def tick(self) -> float:
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> None:
        event.wait(seconds)


def seconds_since_boot() -> float:
    """A machine's sleep counts too, where its system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def format_duration(seconds: float) -> str:
    """`0.31 ms`, `42.1 ms`, `320 ms`, `1.54 s`, `2 min 5 s`, `1 h 2 min`.

    What is shorter than 0.005 ms, and not 0, is `< 0.01 ms`.
    """
    if seconds < 1:
        ms = seconds * 1000
        if 0 < ms < 0.005:
            return "< 0.01 ms"
        return f"{ms:.{0 if ms >= 100 else 1 if ms >= 10 else 2}f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
