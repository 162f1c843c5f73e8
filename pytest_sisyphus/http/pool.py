"""The idle connections of the process, so that a case need not make its own.

One that may not be fit any more is closed instead of used: a request that is lost on it would have
to be sent again, although the first may have had its effect.
"""

import os
import threading
import time
from typing import Any, Final, NamedTuple

from pytest_sisyphus.http.connections import Connection

#: seconds without a request; servers close theirs after 2 or more.
MAX_IDLE_SECONDS: Final = 1.0
#: to all servers together.
MAX_IDLE: Final = 32


class PoolKey(NamedTuple):
    """What makes connections different."""

    server: str
    proxy: str | None
    verify: bool | str
    cert: Any
    #: who uses them alone; None: anybody.
    owner: object | None


class Pool:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: the last used one last.
        self._idle: list[tuple[PoolKey, Connection]] = []

    def acquire(self, key: PoolKey) -> Connection | None:
        while (connection := self._pop(key)) is not None:
            is_fresh = time.monotonic() - connection.idle_since <= MAX_IDLE_SECONDS
            if is_fresh and connection.is_silent:
                return connection
            connection.close()
        return None

    def release(self, key: PoolKey, connection: Connection) -> None:
        connection.idle_since = now = time.monotonic()
        with self._lock:
            self._idle.append((key, connection))
            late = [one for _, one in self._idle if now - one.idle_since > MAX_IDLE_SECONDS]
            late += [one for _, one in self._idle[len(late) : -MAX_IDLE]]
            del self._idle[: len(late)]
        for one in late:
            one.close()

    def close(self, owner: object | None = None) -> None:
        """All, or all of an owner."""
        with self._lock:
            ending = [one for one in self._idle if owner in {None, one[0].owner}]
            self._idle = [one for one in self._idle if one not in ending]
        for _, one in ending:
            one.close()

    def forget(self) -> None:
        """In a forked process: they are its parent's."""
        self._lock = threading.Lock()
        self.close()

    def _pop(self, key: PoolKey) -> Connection | None:
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place][0] == key:
                    return self._idle.pop(place)[1]
        return None


POOL: Final = Pool()
os.register_at_fork(after_in_child=POOL.forget)
