"""Documents in the order of collection, in whatever order the workers bring them."""

from collections.abc import Iterable, Iterator

from .shelf import Shelf
from .sink import Document


class InOrder:
    """In a serial run everything passes straight on; what comes early waits on disk."""

    def __init__(self) -> None:
        self._positions: dict[str, int] = {}
        self._next = 0
        self._waiting: dict[int, int] = {}
        self._shelf: Shelf | None = None

    def expect(self, nodeids: Iterable[str]) -> None:
        """Only the first counts: xdist's workers collect the same."""
        if not self._positions:
            self._positions = {nodeid: number for number, nodeid in enumerate(nodeids)}

    def put(self, nodeid: str, document: Document) -> Iterator[Document]:
        """What may go on now."""
        position = self._positions.get(nodeid, -1)
        if position > self._next:
            self._wait(position, document)
            return
        yield document
        if position == self._next:
            self._next += 1
            yield from self._ripe()

    def rest(self) -> Iterator[Document]:
        """What still waits for documents that never came."""
        for position in sorted(self._waiting):
            yield self._taken(position)

    def close(self) -> None:
        if self._shelf is not None:
            self._shelf.close()

    def _wait(self, position: int, document: Document) -> None:
        if self._shelf is None:
            self._shelf = Shelf()
        self._waiting[position] = self._shelf.put(document)

    def _ripe(self) -> Iterator[Document]:
        while self._next in self._waiting:
            yield self._taken(self._next)
            self._next += 1

    def _taken(self, position: int) -> Document:
        assert self._shelf is not None, "what waits is on the shelf"  # noqa: S101 - a programmer's error
        return self._shelf.get(self._waiting.pop(position))
