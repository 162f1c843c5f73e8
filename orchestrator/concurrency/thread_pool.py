"""Threads for what waits: the database, files, runners. A request waits for one only so long."""

import math
from collections.abc import Callable
from typing import Final, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from orchestrator.errors import Busy

T = TypeVar("T")

_THREADS: Final = 40
#: seconds for a thread, when what all of them wait for does not answer.
_PATIENCE: Final = 5.0


class Threads:
    def __init__(self, number: int = _THREADS, patience: float = _PATIENCE) -> None:
        self._free = CapacityLimiter(number)
        self._patience = patience

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """What `work` gives; `Busy` when all threads are taken, and stay so."""
        me = object()
        with anyio.move_on_after(self._patience) as waiting:
            await self._free.acquire_on_behalf_of(me)
        if waiting.cancelled_caught:
            raise Busy
        try:
            return await run_in_thread(work, *args)
        finally:
            self._free.release_on_behalf_of(me)


async def run_in_thread(work: Callable[..., T], *args: object) -> T:
    """Do it in a thread, without waiting until a request has left one."""
    return await to_thread.run_sync(work, *args, limiter=_UNCOUNTED)


_UNCOUNTED: Final = CapacityLimiter(math.inf)
