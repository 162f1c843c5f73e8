"""A process that can be told from a later one with the same number."""

import dataclasses
import os
import socket
from pathlib import Path
from typing import Final, Self

_PROC: Final = Path("/proc")
_ZOMBIE: Final = "Z"


@dataclasses.dataclass(frozen=True)
class Process:
    """Host, number, and a mark of the boot and the moment it began; `12:1f2e3d4c-567:host`."""

    pid: int
    mark: str
    host: str

    def __str__(self) -> str:
        return f"{self.pid}:{self.mark}:{self.host}"

    @classmethod
    def parse(cls, text: str | None) -> "Self | None":
        pid, _, rest = (text or "").partition(":")
        mark, _, host = rest.partition(":")
        return cls(int(pid), mark, host) if pid.isdigit() else None

    @property
    def is_here(self) -> bool:
        return self.host == this_host()

    @property
    def is_alive(self) -> bool:
        """On this host, and still the same one; never true of what cannot be told for sure."""
        return bool(self.mark) and self.is_here and _mark(self.pid) == self.mark


def process(pid: int) -> Process:
    return Process(pid, _mark(pid), this_host())


def this_process() -> Process:
    return process(os.getpid())


def this_host() -> str:
    return socket.gethostname()[:64]


def _mark(pid: int) -> str:
    """Empty when it ended, and on systems without `/proc`."""
    try:
        state, *rest = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return ""
    return "" if state == _ZOMBIE else f"{boot}-{rest[18]}"
