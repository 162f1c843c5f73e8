"""Documents on disk, so that a long run does not pile them up in memory."""

import pickle
import tempfile
from collections.abc import Iterator
from typing import Any

from pytest_sisyphus.reporters.reporter import Document


class DiskBuffer:
    """Iterating gives the documents in the order they were put, any number of times.

    Pickled, because a long text that stands in a document twice is written and read once.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._offsets: list[int] = []

    def __len__(self) -> int:
        return len(self._offsets)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self.get, range(len(self._offsets)))

    def put(self, document: Document) -> int:
        """The index by which `get` finds it."""
        start = self._file.seek(0, 2)
        pickle.dump(document, self._file)
        self._offsets.append(start)
        return len(self._offsets) - 1

    def get(self, index: int) -> dict[str, Any]:
        self._file.seek(self._offsets[index])
        document: dict[str, Any] = pickle.load(self._file)  # noqa: S301 - our own, a file without a name
        return document

    def close(self) -> None:
        self._file.close()
