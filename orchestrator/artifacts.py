"""The files of local executions: where they are, and reading them while they grow."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_BLOCK: Final = 64 * 1024


@dataclasses.dataclass(frozen=True)
class Artifacts:
    root: Path

    def folder(self, execution_id: int) -> Path:
        return self.root / "executions" / str(execution_id)

    def console(self, execution_id: int) -> Path:
        return self.folder(execution_id) / "console.log"

    def report(self, execution_id: int) -> Path:
        return self.folder(execution_id) / "report.html"

    def prepare(self, execution_id: int) -> Path:
        """The execution's folder, which nobody but this user may enter."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self.folder(execution_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


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


def tail(path: Path, size: int) -> str:
    """The last `size` bytes as text."""
    there = size_of(path)
    if not there:
        return ""
    with path.open("rb") as file:
        file.seek(max(0, there - size))
        return file.read(size).decode("utf-8", "replace")
