"""Starts a child program for a script, bounds it in time and size, and leaves nothing behind."""

import contextlib
import dataclasses
import os
import resource
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from .. import jsontext

#: bytes of printed text that are kept; the rest is counted.
MAX_OUTPUT: Final = 1024 * 1024
#: bytes of the result and the variables.
MAX_RESULT: Final = 64 * 1024 * 1024
#: seconds a program has, beyond its limit, to say where it was when the limit ran out.
GRACE: Final = 1.0

_LOOK: Final = 0.02
_TRACE_SIZE: Final = 100_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    #: the command; the result's descriptor (and the trace's) are appended.
    command: Sequence[str]
    request: Any
    folder: Path
    seconds: float
    #: bytes of data the process may hold; None where the program sees to it itself.
    memory: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended:
    #: what the program sent; None when it sent nothing, or no JSON.
    answer: Any
    #: what was printed, at most MAX_OUTPUT bytes of it.
    output: str
    #: as subprocess has it: negative for a signal.
    returncode: int
    #: what Python's fault handler wrote.
    trace: str
    expired: bool = False
    oversized: bool = False


def run(program: Program) -> Ended:
    """Raises OSError when the program cannot be started."""
    with (
        tempfile.TemporaryFile() as request,
        tempfile.TemporaryFile() as result,
        tempfile.TemporaryFile() as trace,
    ):
        request.write(jsontext.dumps(program.request).encode())
        request.seek(0)
        process = _started(program, request, (result.fileno(), trace.fileno()))
        try:
            _bound(process.pid, program.memory)
            output, expired = _watched(process, program.seconds + GRACE)
        finally:
            _end(process)
        size = os.fstat(result.fileno()).st_size
        return Ended(
            answer=_answer(result) if size <= MAX_RESULT else None,
            output=output,
            returncode=process.returncode,
            trace=_read(trace, _TRACE_SIZE).decode("utf-8", "replace"),
            expired=expired,
            oversized=size > MAX_RESULT,
        )


def _started(program: Program, request: IO[bytes], channels: tuple[int, ...]) -> Any:
    return subprocess.Popen(  # noqa: S603 - running the author's script is the point
        [*program.command, *map(str, channels)],
        stdin=request,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        cwd=program.folder,
        env={},
        pass_fds=channels,
        start_new_session=True,
    )


def _bound(pid: int, memory: int | None) -> None:
    """From outside, where the program has no way to do it itself; on Linux only."""
    if memory is not None and hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has already ended
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory, memory))


def _watched(process: Any, seconds: float) -> tuple[str, bool]:
    """What was printed until the process ended, or its time was over."""
    deadline = time.monotonic() + seconds
    kept = _Kept()
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while time.monotonic() < deadline:
        poll.poll(_LOOK * 1000)
        open_ = kept.take(pipe)
        if _has_ended(process.pid):
            kept.take(pipe)
            return kept.text(), False
        if not open_:
            time.sleep(_LOOK / 10)
    return kept.text(), True


class _Kept:
    """The beginning of what was printed."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._dropped = 0

    def take(self, pipe: int) -> bool:
        """What is there now; False when the other end is closed."""
        for _ in range(64):
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                return True
            room = MAX_OUTPUT - len(self._bytes)
            self._bytes += data[:room]
            self._dropped += max(len(data) - room, 0)
            if not data:
                return False
        return True

    def text(self) -> str:
        text = self._bytes.decode("utf-8", "replace")
        return f"{text}… ({self._dropped} bytes more)" if self._dropped else text


def _has_ended(pid: int) -> bool:
    """Without reaping it: its number, and so its group's, stays taken until the group is killed."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, pid, flags) is not None


def _end(process: Any) -> None:
    """The whole group, also what the script left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _answer(result: IO[bytes]) -> Any:
    try:
        return jsontext.loads(_read(result, MAX_RESULT))
    except (ValueError, RecursionError):
        return None


def _read(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)
