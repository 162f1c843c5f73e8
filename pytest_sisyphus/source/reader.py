"""Reading a file and what it includes, inside the root folders only."""

import dataclasses
import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedList, Location
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.file_cache import FileCache
from pytest_sisyphus.source.json_reader import read_json
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.yaml_reader import read_documents
from pytest_sisyphus.spec.files import near_file
from pytest_sisyphus.values.describe import listed
from pytest_sisyphus.values.record import record


@record
class Reader:
    #: files outside these folders are refused.
    roots: tuple[Path, ...]
    #: paths are shown relative to it.
    base: Path
    #: what files hold, and which they include.
    file_cache: FileCache = dataclasses.field(default_factory=FileCache)

    def documents(self, path: Path) -> list[Any]:
        """The YAML documents of a file, includes resolved. Raises SpecError."""
        return _FileReader(self).read(path, ())

    def part(self, path: Path, text: str, lines_before: int) -> list[Any]:
        """The documents of a part of the file. Raises SpecError."""
        return _FileReader(self).documents(path, text, (), lines_before)

    def text(self, path: Path) -> str:
        """Raises SpecError."""
        return self.file_cache.text(path, self.display_path(path))

    def display_path(self, path: Path) -> str:
        try:
            return path.relative_to(self.base).as_posix()
        except ValueError:
            return str(path)

    def included(self, text: str, near: Path, location: Location) -> Sequence[Path]:
        """The files that an include in the file `near` stands for. Raises SpecError."""

        def find() -> list[Path]:
            if glob.has_magic(text):
                found = sorted(glob.glob(text, root_dir=near.parent, recursive=True))  # noqa: PTH207 - Path.glob refuses ".." and absolute patterns
                if not found:
                    raise SpecError.at(location, tr("no file matches {pattern!r}", pattern=text))
                paths = [self.resolve(one, near, location) for one in found]
            else:
                paths = [self.resolve(text, near, location)]
            for path in paths:
                if not path.is_file():
                    shown = self.display_path(path)
                    hint = near_file(path)
                    said = tr(
                        "there is no file {file!r} ({path}){hint}", file=text, path=shown, hint=hint
                    )
                    raise SpecError.at(location, said)
            return paths

        return self.file_cache.included(near, text, find)

    def file_of(self, location: Location, otherwise: Path) -> Path:
        """The file that a location is in; `otherwise` for what was made while a case ran."""
        return self.base / location.file if location.file else otherwise

    def resolve(self, text: str, near: Path, location: Location) -> Path:
        """A path written in the file `near`. Raises SpecError when it leaves the roots."""
        path = (near.parent / text).resolve()
        if not any(path.is_relative_to(root) for root in self.roots):
            said = tr(
                "{file!r} lies outside of {folders} (ini sisyphus_include_roots)",
                file=text,
                folders=listed(self.roots),
            )
            raise SpecError.at(location, said)
        return path


class _FileReader:
    """One case file with all that it includes: no file is read twice."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._budget = ValueBudget()
        #: what a file holds, and for how many values it stands; None: complaints, already told.
        self._held: dict[Path, tuple[list[Any], int] | None] = {}

    def read(self, path: Path, including: tuple[Path, ...]) -> list[Any]:
        before = self._budget.values
        self._held[path] = None
        text = self._reader.text(path)
        if including and path.suffix.lower() == ".json":
            documents = [read_json(text, self._reader.display_path(path), self._budget)]
        else:
            documents = self.documents(path, text, including)
        self._held[path] = documents, self._budget.values - before
        return documents

    def documents(
        self, path: Path, text: str, including: tuple[Path, ...], lines_before: int = 0
    ) -> list[Any]:
        def include(text: str, location: Location) -> Any:
            return self._include(text, location, (*including, path))

        shown = self._reader.display_path(path)
        return read_documents(text, shown, include, self._budget, lines_before=lines_before)

    def _include(self, text: str, location: Location, including: tuple[Path, ...]) -> Any:
        pattern = glob.has_magic(text)
        near = including[-1]
        paths = self._reader.included(text, near, location)
        documents: list[Any] = []
        for path in paths:
            if path in including:
                chain = " -> ".join(self._reader.display_path(one) for one in (*including, path))
                raise SpecError.at(location, tr("files include each other: {chain}", chain=chain))
            if path not in self._held:
                documents += self.read(path, including)
            elif (held := self._held[path]) is None:
                documents.append(None)
            else:  # what was read before counts as often as it is included
                if problem := self._budget.exceeded(0, held[1]):
                    raise SpecError.at(location, problem)
                documents += held[0]
        if len(documents) == 1 and not pattern:
            return documents[0]
        made = LocatedList(location)
        for document in documents:
            made.put(document, getattr(document, "location", location))
        return made
