"""What every source is made into, and the account of what became of it."""

import dataclasses
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.comments import Comment
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.record import record


class Fate(StrEnum):
    USED = marked("used")
    LEFT_OUT = marked("left out")
    NOT_CONVERTED = marked("not converted")


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
        self._add(Note(location=location, fate=Fate.USED, path=path, reason=reason))

    def close(self, document: Any, case: Any) -> None:
        """What stands in the case is used; what no one asked for is not converted."""
        for at, _ in leaves(case, case.location, ""):
            if at in self.paths:
                self.fates.setdefault(at, Fate.USED)
        if isinstance(document, LocatedDict):
            self._close_entries(document)
        else:
            self._close(document, document.location)

    def _close_entries(self, document: LocatedDict) -> None:
        for key, value in document.items():
            self._close(value, document.locations[key])

    @property
    def sorted_notes(self) -> list[Note]:
        """In the order of the source."""
        return sorted(self.notes, key=lambda note: note.location)

    def count(self, fate: Fate) -> int:
        return sum(1 for one in self.fates.values() if one is fate)

    def _close(self, value: Any, location: Location) -> None:
        unasked = [at for at, _ in leaves(value, location, "") if at not in self.fates]
        if not unasked:
            return
        whole = len(unasked) == sum(1 for _ in leaves(value, location, ""))
        if whole or not isinstance(value, dict | list):
            self.not_converted(
                value, location, tr("files of the older engine have no such key here")
            )
            return
        if isinstance(value, LocatedDict):
            self._close_entries(value)
        elif isinstance(value, LocatedList):
            for at, child in zip(value.locations, value, strict=True):
                self._close(child, at)

    def _note(self, value: Any, location: Location, fate: Fate, reason: str) -> None:
        self._mark(value, location, fate)
        note = Note(
            location=location,
            fate=fate,
            path=self._all_paths.get(location, ""),
            reason=reason,
            value=exact_json.dumps(value, ensure_ascii=False, default=str),
        )
        self._add(note)

    def _add(self, note: Note) -> None:
        if note not in self.notes:  # of what is included, each case may say it
            self.notes.append(note)

    def _mark(self, value: Any, location: Location, fate: Fate) -> None:
        # the place itself, too: a value that is included has its leaves elsewhere
        for at in (location, *(at for at, _ in leaves(value, location, ""))):
            if at in self.paths and (fate is not Fate.USED or at not in self.fates):
                self.fates[at] = fate


@dataclasses.dataclass
class Draft:
    """One file to be written."""

    #: in the words of the dialect; every value at the place of the source that it came from. Of an
    #: included file, it may be a list.
    case: Any
    account: Account
    comments: list[Comment]
    #: (the text of an `!include` in it, what that names)
    parts: list[tuple[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def is_unconverted(self) -> bool:
        """Something of it, or of what it includes, could not be converted."""
        return any(note.fate is Fate.NOT_CONVERTED for note in self.account.notes) or any(
            part.draft is not None and part.draft.is_unconverted for _, part in self.parts
        )


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
