"""Starts a child program for a script, bounds it in time and size, and leaves nothing behind."""

import contextlib
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

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.record import record

#: bytes of printed text that are kept; the rest is counted.
MAX_OUTPUT: Final = 1024 * 1024
#: bytes of the result and the variables.
MAX_RESULT: Final = 64 * 1024 * 1024
#: seconds a program has, beyond its limit, to say where it was when the limit ran out.
GRACE: Final = 1.0

_POLL_INTERVAL: Final = 0.02
_TRACE_SIZE: Final = 100_000


@record
class Program:
    #: the command; the result's descriptor (and the trace's) are appended.
    command: Sequence[str]
    request: Any
    folder: Path
    seconds: float
    #: bytes of data the process may hold; None where the program sees to it itself.
    memory: int | None = None


@record
class CompletedProgram:
    """A program that ended, or was killed."""

    #: what the program sent; None when it sent nothing, or no JSON.
    result: Any
    #: what was printed, at most MAX_OUTPUT bytes of it.
    output: str
    #: as subprocess has it: negative for a signal.
    returncode: int
    #: what Python's fault handler wrote.
    trace: str
    expired: bool = False
    oversized: bool = False


def run(program: Program) -> CompletedProgram:
    """Raises OSError when the program cannot be started."""
    with (
        tempfile.TemporaryFile() as request,
        tempfile.TemporaryFile() as result,
        tempfile.TemporaryFile() as trace,
    ):
        request.write(exact_json.dumps(program.request).encode())
        request.seek(0)
        channels = (result.fileno(), trace.fileno())
        process: Any = subprocess.Popen(  # noqa: S603 - running the author's script is the point
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
        try:
            # from outside, where the program has no way to do it itself; on Linux only
            if program.memory is not None and hasattr(resource, "prlimit"):
                with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended
                    bounds = (program.memory, program.memory)
                    resource.prlimit(process.pid, resource.RLIMIT_DATA, bounds)
            output, expired = _read_output(process, program.seconds + GRACE)
        finally:
            # the whole group: also the processes that the script left behind
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        size = os.fstat(result.fileno()).st_size
        parsed = None
        if size <= MAX_RESULT:
            with contextlib.suppress(ValueError, RecursionError):
                parsed = exact_json.loads(_read(result, MAX_RESULT))
        return CompletedProgram(
            result=parsed,
            output=output,
            returncode=process.returncode,
            trace=_read(trace, _TRACE_SIZE).decode("utf-8", "replace"),
            expired=expired,
            oversized=size > MAX_RESULT,
        )


def _read_output(process: Any, seconds: float) -> tuple[str, bool]:
    """What was printed until the process ended or its time was over, and whether it was."""
    deadline = time.monotonic() + seconds
    output = _Output()
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while time.monotonic() < deadline:
        poll.poll(_POLL_INTERVAL * 1000)
        open_ = output.read_available(pipe)
        # without reaping it: its number, and so its group's, stays taken until the group is killed
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_PID, process.pid, flags) is not None:
            output.read_available(pipe)
            return output.text(), False
        if not open_:
            time.sleep(_POLL_INTERVAL / 10)
    return output.text(), True


class _Output:
    """The first MAX_OUTPUT bytes of what was printed."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._dropped = 0

    def read_available(self, pipe: int) -> bool:
        """False when the other end is closed."""
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
        return (
            tr("{text}… ({dropped} bytes more)", text=text, dropped=self._dropped)
            if self._dropped
            else text
        )


def _read(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)
