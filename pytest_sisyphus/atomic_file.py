"""Files that appear complete or not at all."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from pytest_sisyphus.i18n import tr


class AtomicFile:
    """What is written stands in a file beside `path`, which replaces it on `commit`.

    Text becomes UTF-8; a lone surrogate becomes `\\udc80`, which JSON reads as what it was. A pipe
    or a device is written directly. Every method but `discard` may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part: Path | None = None
        self._file: BinaryIO | None = None

    def open(self) -> None:
        path = self.path.resolve()
        if path.is_dir():
            raise IsADirectoryError(21, tr("it is a folder"), str(self.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            self._file = _opened(path, os.O_WRONLY)
            return
        part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
        self._file = _opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self._part = part

    def write(self, content: str | bytes) -> None:
        assert self._file is not None, "a file is opened before it is written"  # noqa: S101 - a programmer's error
        if isinstance(content, str):
            content = content.encode("utf-8", "backslashreplace")
        self._file.write(content)

    def commit(self) -> None:
        """Sync it to the disk, then rename it to `path`."""
        if self._file is None:
            return
        self._file.flush()
        if self._part is not None:
            os.fsync(self._file.fileno())
        self._file.close()
        if self._part is not None:
            self._part.replace(self.path.resolve())
            with contextlib.suppress(OSError):  # not every file system can
                sync_folder(self.path.resolve().parent)
        self._file = self._part = None

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
        with contextlib.suppress(OSError):
            if self._part is not None:
                self._part.unlink(missing_ok=True)
        self._file = self._part = None


def write_atomically(path: Path, content: str | bytes) -> None:
    file = AtomicFile(path)
    file.open()
    try:
        file.write(content)
        file.commit()
    except BaseException:
        file.discard()
        raise


def check_folder(path: Path) -> None:
    """Make the folder if need be. Raises OSError, also where no file can be made in it."""
    path.mkdir(parents=True, exist_ok=True)
    probe = path / f".{secrets.token_hex(4)}.part"
    probe.touch(exist_ok=False)
    probe.unlink()


def _opened(path: Path, flags: int) -> BinaryIO:
    return os.fdopen(os.open(path, flags, 0o666), "wb")


def sync_folder(folder: Path) -> None:
    """So that a new name in the folder survives a power cut. Raises OSError."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
