"""What every source is made into, and the account of what became of it."""

import dataclasses
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.comments import Comment
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.record import record


class Fate(StrEnum):
    USED = "used"
    LEFT_OUT = "left out"
    NOT_CONVERTED = "not converted"


class Include(str):
    """The path of an `!include`, which is kept as it is."""

    __slots__ = ()


@record
class Note:
    """Something that a person should know of a place of the source."""

    location: Location
    fate: Fate
    #: `steps[1].poll_config: …`
    path: str
    reason: str
    #: what stood there, as JSON; only for the written file, never for a terminal.
    value: str = ""


class Account:
    """What became of each leaf of a source: a scalar, or an empty mapping or list."""

    def __init__(self, document: Any, location: Location) -> None:
        self.paths: dict[Location, str] = {}
        for at, path in leaves(document, location, ""):
            self.paths.setdefault(at, path)
        #: of containers, too.
        self._all_paths = {**dict(_containers(document, "")), **self.paths}
        self.fates: dict[Location, Fate] = {}
        self.notes: list[Note] = []

    def used(self, value: Any, location: Location) -> None:
        self._mark(value, location, Fate.USED)

    def left_out(self, value: Any, location: Location, reason: str) -> None:
        self._note(value, location, Fate.LEFT_OUT, reason)

    def not_converted(self, value: Any, location: Location, reason: str) -> None:
        self._note(value, location, Fate.NOT_CONVERTED, reason)

    def said(self, location: Location, reason: str) -> None:
        """Converted, but it means something else than it did."""
        path = self._all_paths.get(location, "")
        self.notes.append(Note(location=location, fate=Fate.USED, path=path, reason=reason))

    def close(self, document: LocatedDict) -> None:
        """Whatever no one asked for is not converted."""
        for key, value in document.items():
            self._close(value, document.locations[key])

    def count(self, fate: Fate) -> int:
        return sum(1 for one in self.fates.values() if one is fate)

    def _close(self, value: Any, location: Location) -> None:
        unasked = [at for at, _ in leaves(value, location, "") if at not in self.fates]
        if not unasked:
            return
        whole = len(unasked) == sum(1 for _ in leaves(value, location, ""))
        if whole or not isinstance(value, dict | list):
            self.not_converted(value, location, "the dialect has no such key")
            return
        if isinstance(value, LocatedDict):
            self.close(value)
        elif isinstance(value, LocatedList):
            for at, child in zip(value.locations, value, strict=True):
                self._close(child, at)

    def _note(self, value: Any, location: Location, fate: Fate, reason: str) -> None:
        self._mark(value, location, fate)
        self.notes.append(
            Note(
                location=location,
                fate=fate,
                path=self._all_paths.get(location, ""),
                reason=reason,
                value=exact_json.dumps(value, ensure_ascii=False, default=str),
            )
        )

    def _mark(self, value: Any, location: Location, fate: Fate) -> None:
        for at, _ in leaves(value, location, ""):
            if at in self.paths:
                self.fates[at] = fate


@dataclasses.dataclass
class Draft:
    """One file to be written."""

    #: in the words of the dialect; every value at the place of the source that it came from.
    case: LocatedDict
    account: Account
    comments: list[Comment]


def leaves(value: Any, location: Location, path: str) -> Iterator[tuple[Location, str]]:
    """The place and key path of every leaf."""
    if isinstance(value, LocatedDict) and value:
        for key, child in value.items():
            yield from leaves(child, value.locations[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, LocatedList) and value:
        for index, child in enumerate(value):
            yield from leaves(child, value.locations[index], f"{path}[{index}]")
    else:
        yield location, path


def _containers(value: Any, path: str) -> Iterator[tuple[Location, str]]:
    """The place and key path of what holds leaves; where two begin at one place, the outer last."""
    if isinstance(value, LocatedDict):
        for key, child in value.items():
            yield from _containers(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, LocatedList):
        for index, child in enumerate(value):
            yield from _containers(child, f"{path}[{index}]")
    if isinstance(value, LocatedDict | LocatedList):
        yield value.location, path
