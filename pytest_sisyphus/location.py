"""YAML values that remember where they stand in their file.

`LocatedDict`, `LocatedList` and `LocatedStr` are ordinary dict, list and str besides. The locations
of numbers, booleans and null are kept by the container that holds them.
"""

from collections.abc import Container, Iterator
from typing import Any, Final, NamedTuple


class Location(NamedTuple):
    """Line and column count from 1. As text it is `file:line`."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def exact(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


#: the location of values that were made while a case ran.
NOWHERE = Location("", 0, 0)


class LocatedStr(str):
    __slots__ = ("first_line", "is_plain", "location")

    location: Location
    #: the line of the text's first one, where its lines are lines of the file (`|`); else None.
    first_line: int | None
    #: written without quotes, `|` or `>`.
    is_plain: bool

    def __new__(
        cls, text: str, location: Location, first_line: int | None = None, *, is_plain: bool = False
    ) -> "LocatedStr":
        made = super().__new__(cls, text)
        made.location = location
        made.first_line = first_line
        made.is_plain = is_plain
        return made


class LocatedDict(dict[Any, Any]):
    """`locations[key]` is where the value stands, `key_locations[key]` where the key does."""

    __slots__ = ("key_locations", "location", "locations")

    def __init__(self, location: Location) -> None:
        super().__init__()
        self.location = location
        self.locations: dict[Any, Location] = {}
        self.key_locations: dict[Any, Location] = {}

    def put(self, key: Any, value: Any, *, location: Location, key_location: Location) -> None:
        self[key] = value
        self.locations[key] = location
        self.key_locations[key] = key_location

    def take(self, source: "LocatedDict", key: Any, *, new_key: Any = None) -> None:
        """Copies one entry of another mapping, with its locations."""
        name = key if new_key is None else new_key
        self[name] = source[key]
        self.locations[name] = source.locations[key]
        self.key_locations[name] = source.key_locations[key]

    def merge(self, source: "LocatedDict") -> "LocatedDict":
        """Takes all entries of another mapping, over its own. Returns itself."""
        self.update(source)
        self.locations.update(source.locations)
        self.key_locations.update(source.key_locations)
        return self

    def only(self, keys: Container[Any]) -> "LocatedDict":
        """A copy of the entries with these keys."""
        made = LocatedDict(self.location)
        for key in self:
            if key in keys:
                made.take(self, key)
        return made

    @classmethod
    def of(cls, values: dict[Any, Any], location: Location) -> "LocatedDict":
        """A mapping of which everything is at one location."""
        made = cls(location)
        for key, value in values.items():
            made.put(key, value, location=location, key_location=location)
        return made


class LocatedList(list[Any]):
    """`locations[i]` is where item i stands."""

    __slots__ = ("location", "locations")

    def __init__(self, location: Location) -> None:
        super().__init__()
        self.location = location
        self.locations: list[Location] = []

    def put(self, value: Any, location: Location) -> None:
        self.append(value)
        self.locations.append(location)


def texts(value: Any) -> Iterator[str]:
    """Every text in nested data, keys too."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend((*one.keys(), *one.values()))
        elif isinstance(one, (list, tuple)):
            stack.extend(one)
        elif isinstance(one, str):
            yield one


#: types that have no location.
_LEAVES: Final = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The same data as plain dict, list and str."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, LocatedStr) else value
