"""Reading a file and what it includes, inside the root folders only."""

import dataclasses
import glob
from pathlib import Path
from typing import Any

from ..located import LocatedList, Place
from .complaints import Complaint, SpecError
from .text import read_documents, read_text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reader:
    #: files outside these folders are refused.
    roots: tuple[Path, ...]
    #: paths are shown relative to it.
    base: Path

    def documents(self, path: Path) -> list[Any]:
        """The YAML documents of a file, includes resolved. Raises SpecError."""
        return self._read(path, ())

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

    def _read(self, path: Path, including: tuple[Path, ...]) -> list[Any]:
        def include(text: str, place: Place) -> Any:
            return self._include(text, place, (*including, path))

        shown = self.shown(path)
        return read_documents(read_text(path, shown), shown, include)

    def _include(self, text: str, place: Place, including: tuple[Path, ...]) -> Any:
        pattern = glob.has_magic(text)
        paths = (
            self._matching(text, place, including[-1])
            if pattern
            else [self.resolve(text, including[-1], place)]
        )
        documents: list[Any] = []
        for path in paths:
            self._refuse_missing_or_cyclic(path, text, place, including)
            documents += self._read(path, including)
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
        return [self.resolve(one, near, place) for one in found]

    def _refuse_missing_or_cyclic(
        self, path: Path, text: str, place: Place, including: tuple[Path, ...]
    ) -> None:
        if path in including:
            chain = " -> ".join(self.shown(one) for one in (*including, path))
            raise _refused(place, f"files include each other: {chain}")
        if not path.is_file():
            raise _refused(place, f"there is no file {text!r} ({self.shown(path)})")


def _refused(place: Place, message: str) -> SpecError:
    return SpecError([Complaint(place=place, message=message)])
