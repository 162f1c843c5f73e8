"""Where a command's output goes: its answer to standard output, everything else elsewhere."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from .reporters.target import write_whole


@contextlib.contextmanager
def into(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8", errors="replace") as file, redirected(file):
        yield


@contextlib.contextmanager
def redirected(stream: TextIO) -> Iterator[None]:
    """Python's standard output and the process's: subprocesses and C libraries write there too."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(stream.fileno(), 1)
    try:
        with contextlib.redirect_stdout(stream):
            yield
    finally:
        stream.flush()
        os.dup2(kept, 1)
        os.close(kept)


def hand_over(report: Path, output: str | None) -> None:
    if output:
        write_whole(Path(output), report.read_text(encoding="utf-8", errors="replace"))
        return
    with report.open("rb") as file, contextlib.suppress(BrokenPipeError):
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
