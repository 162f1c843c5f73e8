"""Documents in the order of collection, in whatever order the workers bring them."""

from collections.abc import Iterable, Iterator

from pytest_sisyphus.reporters.disk_buffer import DiskBuffer
from pytest_sisyphus.reporters.reporter import Document


class ReorderBuffer:
    """Passes documents on in the order of collection; one that comes early waits on disk.

    In a serial run none ever waits."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._next = 0
        self._waiting: dict[int, int] = {}
        self._buffer: DiskBuffer | None = None

    def expect(self, nodeids: Iterable[str]) -> None:
        """`nodeids` in the order of collection. Only the first call counts: xdist's workers collect
        the same."""
        if not self._positions:
            self._positions = {nodeid: number for number, nodeid in enumerate(nodeids)}

    def put(self, nodeid: str, document: Document) -> Iterator[Document]:
        """The documents whose turn it is now."""
        position = self._positions.get(nodeid, -1)
        if position > self._next:
            if self._buffer is None:
                self._buffer = DiskBuffer()
            self._waiting[position] = self._buffer.put(document)
            return
        yield document
        if position == self._next:
            self._next += 1
            while self._next in self._waiting:
                yield self._pop(self._next)
                self._next += 1

    def rest(self) -> Iterator[Document]:
        """The documents that still wait for others, which never came."""
        for position in sorted(self._waiting):
            yield self._pop(position)

    def close(self) -> None:
        if self._buffer is not None:
            self._buffer.close()

    def _pop(self, position: int) -> Document:
        assert self._buffer is not None, "what waits is in the buffer"  # noqa: S101 - a programmer's error
        return self._buffer.get(self._waiting.pop(position))
