"""Reading a file and what it includes, inside the root folders only."""

import dataclasses
import glob
from pathlib import Path
from typing import Any

from ..located import LocatedList, Place
from .bounds import Bounds
from .complaints import Complaint, SpecError
from .jsonfile import read_json
from .text import read_documents, read_text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reader:
    #: files outside these folders are refused.
    roots: tuple[Path, ...]
    #: paths are shown relative to it.
    base: Path

    def documents(self, path: Path) -> list[Any]:
        """The YAML documents of a file, includes resolved. Raises SpecError."""
        return _Whole(self).read(path, ())

    def shown(self, path: Path) -> str:
        try:
            return path.relative_to(self.base).as_posix()
        except ValueError:
            return str(path)

    def resolve(self, text: str, near: Path, place: Place) -> Path:
        """A path written in the file `near`. Raises SpecError when it leaves the roots."""
        path = (near.parent / text).resolve()
        if not any(path.is_relative_to(root) for root in self.roots):
            allowed = ", ".join(map(str, self.roots))
            raise _refused(
                place, f"{text!r} lies outside of {allowed} (ini sisyphus_include_roots)"
            )
        return path


class _Whole:
    """One case file with all that it includes: no file is read twice."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._bounds = Bounds()
        #: what a file holds, and for how many values it stands; None: complaints, already told.
        self._held: dict[Path, tuple[list[Any], int] | None] = {}

    def read(self, path: Path, including: tuple[Path, ...]) -> list[Any]:
        before = self._bounds.values
        self._held[path] = None
        documents = self._read(path, including)
        self._held[path] = documents, self._bounds.values - before
        return documents

    def _read(self, path: Path, including: tuple[Path, ...]) -> list[Any]:
        def include(text: str, place: Place) -> Any:
            return self._include(text, place, (*including, path))

        shown = self._reader.shown(path)
        text = read_text(path, shown)
        if including and path.suffix.lower() == ".json":
            return [read_json(text, shown, self._bounds)]
        return read_documents(text, shown, include, self._bounds)

    def _again(self, path: Path, place: Place) -> list[Any]:
        """What was read before counts as often as it is included."""
        held = self._held[path]
        if held is None:
            return [None]
        documents, values = held
        if complaint := self._bounds.exceeded(0, values):
            raise _refused(place, complaint)
        return documents

    def _include(self, text: str, place: Place, including: tuple[Path, ...]) -> Any:
        pattern = glob.has_magic(text)
        paths = (
            self._matching(text, place, including[-1])
            if pattern
            else [self._reader.resolve(text, including[-1], place)]
        )
        documents: list[Any] = []
        for path in paths:
            self._refuse_missing_or_cyclic(path, text, place, including)
            again = path in self._held
            documents += self._again(path, place) if again else self.read(path, including)
        if len(documents) == 1 and not pattern:
            return documents[0]
        made = LocatedList(place)
        for document in documents:
            made.put(document, getattr(document, "place", place))
        return made

    def _matching(self, text: str, place: Place, near: Path) -> list[Path]:
        found = sorted(glob.glob(text, root_dir=near.parent, recursive=True))  # noqa: PTH207 - Path.glob refuses ".." and absolute patterns
        if not found:
            raise _refused(place, f"no file matches {text!r}")
        return [self._reader.resolve(one, near, place) for one in found]

    def _refuse_missing_or_cyclic(
        self, path: Path, text: str, place: Place, including: tuple[Path, ...]
    ) -> None:
        if path in including:
            chain = " -> ".join(self._reader.shown(one) for one in (*including, path))
            raise _refused(place, f"files include each other: {chain}")
        if not path.is_file():
            raise _refused(place, f"there is no file {text!r} ({self._reader.shown(path)})")


def _refused(place: Place, message: str) -> SpecError:
    return SpecError([Complaint(place=place, message=message)])
