"""A session leader and its group: stopped as a whole, and nothing of it outlives the leader."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Self

from orchestrator.runners.processes import Process


class Group:
    def __init__(self, pid: int, ended: Callable[[], None], reap: Callable[[], int | None]) -> None:
        self.pid = pid
        self._ended = ended
        self._reap = reap
        self._lock = threading.Lock()
        self._over = False
        self._kill: threading.Timer | None = None

    @classmethod
    def of_child(cls, child: "subprocess.Popen[bytes]") -> Self:
        def ended() -> None:
            # Not reaped yet, the leader keeps its number: no signal can meet a stranger.
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        return cls(child.pid, ended, child.wait)

    @classmethod
    def adopted(cls, process: Process) -> "Self | None":
        """What a service left running that is gone; None when it ended, or is another by now."""
        try:
            handle = os.pidfd_open(process.pid)
        except (OSError, AttributeError):  # no such process; not Linux
            return None
        if not process.is_alive:  # looked at behind the handle, which no later process gets
            os.close(handle)
            return None

        def ended() -> None:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll()
            os.close(handle)

        return cls(process.pid, ended, lambda: None)

    def stop(self, grace: float) -> None:
        """SIGTERM to the group now, SIGKILL after `grace` seconds."""
        with self._lock:
            if self._over or self._kill is not None:
                return
            self._kill = threading.Timer(grace, self._signal, (signal.SIGKILL,))
            self._kill.daemon = True
            self._kill.start()
        self._signal(signal.SIGTERM)

    def wait(self) -> int | None:
        """The leader's exit code (None: not ours to know), once nothing of its group is left."""
        self._ended()
        self._signal(signal.SIGKILL)
        with self._lock:
            self._over = True
            if self._kill is not None:
                self._kill.cancel()
        return self._reap()

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if not self._over:
                try:
                    os.killpg(self.pid, number)
                except ProcessLookupError:
                    return  # adopted: reaped by somebody else, and nothing of its group is left
