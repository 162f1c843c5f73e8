"""Other processes, as `/proc` shows them."""

import contextlib
import os
import signal
from pathlib import Path

PROC = Path("/proc")
#: what execnet starts a worker with.
_EXECNET = b"exec(eval(sys.stdin.readline()))"


def running(argument, folder):
    """The processes in this folder that have this argument on their command line."""
    wanted = argument.encode()
    return [
        pid for pid in _all() if wanted in _command(pid).split(b"\0") and _folder(pid) == folder
    ]


def is_running(pid):
    return bool(_command(pid))


def workers(pid):
    """xdist's worker processes under a controller."""
    return [child for child in _children(pid) if _EXECNET in _command(child)]


def kill(pid):
    """Whether there was something to kill."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def kill_group(pid):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
        return True
    return False


def _all():
    return sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _command(pid):
    """Empty for what ended meanwhile, also when nobody has reaped it yet."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def _folder(pid):
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cwd").readlink()
    return None


def _children(pid):
    """Those of every thread of it."""
    found = []
    with contextlib.suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
    return sorted(found)
