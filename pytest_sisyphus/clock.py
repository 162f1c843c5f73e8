"""The only reader and spender of time."""

import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Local wall-clock time, without a zone: what the output protocol shows."""

    def tick(self) -> float:
        """Seconds of a monotonic clock: for durations."""

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now().astimezone().replace(tzinfo=None)

    def tick(self) -> float:
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
