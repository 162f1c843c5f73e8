"""Where in a document something stands: `steps[2].validations[0].type`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter
from typing import Any

from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.spec.context import locate

KeyPath = tuple[Any, ...]


class KeyPathIndex:
    """The key paths of a document by location: some mistakes are only known by where they stand."""

    def __init__(self, document: LocatedDict) -> None:
        self._document = document

    @cached_property
    def _by_file(self) -> dict[str, list[tuple[tuple[int, int], KeyPath]]]:
        files: dict[str, list[tuple[tuple[int, int], KeyPath]]] = {}
        for path, there in _location_data(self._document, ()):
            files.setdefault(there.file, []).append(((there.line, there.column), path))
        for paths in files.values():
            paths.sort(key=itemgetter(0))
        return files

    def to(self, location: Location, loc: KeyPath = ()) -> KeyPath:
        """The path of what begins at the place, or last before it."""
        if loc and locate(self._document, loc, key=True) == location:
            return loc
        paths = self._by_file.get(location.file, [])
        after = bisect_right(paths, (location.line, location.column), key=itemgetter(0))
        if not after:
            return loc
        first = bisect_left(paths, paths[after - 1][0], key=itemgetter(0))
        return paths[first][1]


def _location_data(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Location]]:
    """Everything in the document with the places where its key and its value begin."""
    if isinstance(value, LocatedDict):
        for key, item in value.items():
            yield (*path, key), value.key_locations[key]
            yield (*path, key), value.locations[key]
            yield from _location_data(item, (*path, key))
    elif isinstance(value, LocatedList):
        for index, item in enumerate(value):
            yield (*path, index), value.locations[index]
            yield from _location_data(item, (*path, index))


def format_key_path(loc: KeyPath) -> str:
    """`steps[2].validations[0].type`."""
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in loc)
    return "".join(parts).removeprefix(".")
