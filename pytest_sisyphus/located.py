"""YAML values that remember where they stand in their file.

They are ordinary dict, list and str to everyone else; numbers, booleans and null have their place
kept by the container that holds them.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def exact(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


#: of values that were made while a case ran.
NOWHERE = Place("", 0, 0)


class LocatedStr(str):
    __slots__ = ("first_line", "is_plain", "place")

    place: Place
    #: of a text whose lines are lines of the file (`|`): where its first one stands; else None.
    first_line: int | None
    #: no quotes, `|` or `>` say that it is text.
    is_plain: bool

    def __new__(
        cls, text: str, place: Place, first_line: int | None = None, *, is_plain: bool = False
    ) -> "LocatedStr":
        made = super().__new__(cls, text)
        made.place = place
        made.first_line = first_line
        made.is_plain = is_plain
        return made


class LocatedDict(dict[Any, Any]):
    """`places[key]` is the value's place, `key_places[key]` the key's."""

    __slots__ = ("key_places", "place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[Any, Place] = {}
        self.key_places: dict[Any, Place] = {}

    def put(self, key: Any, value: Any, *, place: Place, key_place: Place) -> None:
        self[key] = value
        self.places[key] = place
        self.key_places[key] = key_place

    @classmethod
    def of(cls, values: dict[Any, Any], place: Place) -> "LocatedDict":
        """A mapping that stands as a whole at one place."""
        made = cls(place)
        for key, value in values.items():
            made.put(key, value, place=place, key_place=place)
        return made


class LocatedList(list[Any]):
    """`places[i]` is the place of item i."""

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []

    def put(self, value: Any, place: Place) -> None:
        self.append(value)
        self.places.append(place)


def texts(value: Any) -> Iterator[str]:
    """Every text in nested data, keys too."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack.extend((*one.keys(), *one.values()))
        elif isinstance(one, list | tuple):
            stack.extend(one)
        elif isinstance(one, str):
            yield one


def plain(value: Any) -> Any:
    """The same data without places: what leaves the dialect's rooms."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, LocatedStr) else value
