"""Where in a document something stands: `steps[2].validations[0].type`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter
from typing import Any

from ..dialect.reading import locate
from ..located import LocatedDict, LocatedList, Place

KeyPath = tuple[Any, ...]


class Paths:
    """Of everything in a document, by where it begins: some complaints know no more."""

    def __init__(self, document: LocatedDict) -> None:
        self._document = document

    @cached_property
    def _by_file(self) -> dict[str, list[tuple[tuple[int, int], KeyPath]]]:
        files: dict[str, list[tuple[tuple[int, int], KeyPath]]] = {}
        for path, there in _placed(self._document, ()):
            files.setdefault(there.file, []).append(((there.line, there.column), path))
        for paths in files.values():
            paths.sort(key=itemgetter(0))
        return files

    def to(self, place: Place, loc: KeyPath = ()) -> KeyPath:
        """The path of what begins at the place, or last before it."""
        if loc and locate(self._document, loc, key=True) == place:
            return loc
        paths = self._by_file.get(place.file, [])
        after = bisect_right(paths, (place.line, place.column), key=itemgetter(0))
        if not after:
            return loc
        first = bisect_left(paths, paths[after - 1][0], key=itemgetter(0))
        return paths[first][1]


def _placed(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Place]]:
    """Everything in the document with the places where its key and its value begin."""
    if isinstance(value, LocatedDict):
        for key, item in value.items():
            yield (*path, key), value.key_places[key]
            yield (*path, key), value.places[key]
            yield from _placed(item, (*path, key))
    elif isinstance(value, LocatedList):
        for index, item in enumerate(value):
            yield (*path, index), value.places[index]
            yield from _placed(item, (*path, index))


def spelled(loc: KeyPath) -> str:
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in loc)
    return "".join(parts).removeprefix(".")
