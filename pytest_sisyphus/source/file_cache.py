"""Files as they were when they were first read: who reads a case again finds nothing else."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pytest_sisyphus.source.yaml_reader import decode, read_bytes

Find = Callable[[], Sequence[Path]]

#: bytes; packing less takes longer than it is worth.
_WORTH_PACKING: Final = 2048


class FileContent:
    """The bytes of a file, compressed while nobody needs them."""

    __slots__ = ("_bytes", "_is_packed", "size")

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._is_packed = len(content) >= _WORTH_PACKING
        self._bytes = zlib.compress(content, 1) if self._is_packed else content

    def bytes(self) -> bytes:
        return zlib.decompress(self._bytes) if self._is_packed else self._bytes


class FileCache:
    """What files hold, and what an include in them stands for."""

    def __init__(self) -> None:
        self._contents: dict[Path, FileContent] = {}
        self._included: dict[tuple[Path, str], Sequence[Path]] = {}

    def content(self, path: Path, display_name: str) -> bytes:
        """Raises SpecError."""
        if path not in self._contents:
            self._contents[path] = FileContent(read_bytes(path, display_name))
        return self._contents[path].bytes()

    def text(self, path: Path, display_name: str) -> str:
        """Raises SpecError."""
        return decode(self.content(path, display_name), display_name)

    def included(self, near: Path, text: str, find: Find) -> Sequence[Path]:
        """The files that an include in the file `near` stands for; `find` looks for them once."""
        key = near, text
        if key not in self._included:
            self._included[key] = find()
        return self._included[key]


class NotingFileCache(FileCache):
    """A cache over another one, which notes what is included meanwhile."""

    def __init__(self, file_cache: FileCache) -> None:
        super().__init__()
        self._file_cache = file_cache
        #: in which file an include stands, and what it says.
        self.includes: dict[tuple[Path, str], Sequence[Path]] = {}

    def text(self, path: Path, display_name: str) -> str:
        """Raises SpecError."""
        return self._file_cache.text(path, display_name)

    def included(self, near: Path, text: str, find: Find) -> Sequence[Path]:
        found = self.includes[near, text] = self._file_cache.included(near, text, find)
        return found


class OverlayFileCache(NotingFileCache):
    """A cache over another, with one file more; it notes what that file includes."""

    def __init__(self, file_cache: FileCache, path: Path, content: FileContent) -> None:
        super().__init__(file_cache)
        self._path = path
        self._content = content
        self._text: str | None = None

    def text(self, path: Path, display_name: str) -> str:
        """Raises SpecError."""
        if path != self._path:
            return super().text(path, display_name)
        if self._text is None:
            self._text = decode(self._content.bytes(), display_name)
        return self._text
