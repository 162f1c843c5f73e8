"""The files of local executions: where they are, and reading them while they grow."""

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.errors import StartupError
from orchestrator.i18n import tr
from orchestrator.runners.protocol import RunKey

_BLOCK: Final = 64 * 1024
_PROBE: Final = 4096


@dataclasses.dataclass(frozen=True)
class Artifacts:
    root: Path

    def folder(self, run: RunKey | int) -> Path:
        """Of an execution, below which those of its legs are, or of one leg."""
        key = RunKey.of(run)
        folder = self.root / "executions" / str(key.execution_id)
        return folder / "shards" / key.leg if key.leg else folder

    def console(self, run: RunKey | int) -> Path:
        return self.folder(run) / "console.log"

    def report(self, run: RunKey | int) -> Path:
        return self.folder(run) / "report.html"

    def prepare(self, run: RunKey | int) -> Path:
        """The run's folder, which nobody but this user may enter, nor those above it that
        are not there yet: `parents=True` would leave them open to all."""
        folder = self.folder(run)
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
        return folder

    def begin_console(self, run: RunKey | int) -> None:
        """OSError where nothing can be written into it: a full disk opens a file, and then has
        pytest fail at its first line, without a word."""
        path = self.console(run)
        try:
            with open(path, "ab", opener=private) as console:
                there = console.tell()
                console.write(b" " * _PROBE)
                console.flush()
                console.truncate(there)
        except OSError as error:
            if error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, str(path)) from error  # as of a full disk

    def keep_private(self, run: RunKey | int) -> None:
        """What the tests wrote there, too; whatever cannot be changed is behind its folder."""
        for path in self.folder(run).iterdir():
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    path.chmod(0o600)


def check_writable(root: Path) -> None:
    """`StartupError` where no run's folder could be made; the root is made at the first run."""
    if there := unwritable(root):
        raise StartupError(
            tr("{folder} cannot be written; give --data-dir a folder that can", folder=there)
        )


def unwritable(root: Path) -> Path | None:
    """What is in the way of files in this folder, which may have to be made; None: nothing."""
    there = root.absolute()
    while not _is_looked_at(there):
        there = there.parent
    try:
        Path(tempfile.mkdtemp(prefix=".sisyphus-", dir=there)).rmdir()
    except OSError:  # also what no permission tells: a file system that is read only, /proc
        return there
    return None


def _is_looked_at(path: Path) -> bool:
    """Whether it is there, or cannot be looked at: behind a closed folder, with a long name."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def private(path: str, flags: int) -> int:
    """For `open`: a new file is its owner's only."""
    return os.open(path, flags, 0o600)


def size_of(path: Path) -> int:
    """Bytes that are there now; 0 when there is no file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def blocks(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes: what was announced, though the file may have grown since."""
    if not size:
        return
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(_BLOCK, size))):
            size -= len(block)
            yield block


def part(path: Path, begin: int, end: int) -> bytes:
    """These bytes of it, as far as there are any."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(end - begin)
    except FileNotFoundError:
        return b""


def tail(path: Path, size: int) -> str:
    """The last `size` bytes as text."""
    there = size_of(path)
    if not there:
        return ""
    with path.open("rb") as file:
        file.seek(max(0, there - size))
        return file.read(size).decode("utf-8", "replace")
