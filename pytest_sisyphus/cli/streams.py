"""Redirecting output: a command's result goes to standard output, everything else elsewhere."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pytest_sisyphus.atomic_file import write_atomically


@contextlib.contextmanager
def stdout_to_file(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8", errors="replace") as file, stdout_to(file):
        yield


@contextlib.contextmanager
def stdout_to(stream: TextIO) -> Iterator[None]:
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


def write_result(report: Path, output: str | None) -> None:
    if output:
        write_atomically(Path(output), report.read_text(encoding="utf-8", errors="replace"))
        return
    with report.open("rb") as file, contextlib.suppress(BrokenPipeError):
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
