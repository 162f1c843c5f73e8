"""Where the case of an item comes from: its file as it was collected, read again when it runs."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_sisyphus.compiled.variables import CaseInputs, MakeFunctions, Row
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.nodes.cache import CollectionCache, Reference
from pytest_sisyphus.nodes.context import CollectionContext
from pytest_sisyphus.nodes.metadata import CaseMetadata, metadata_of
from pytest_sisyphus.source.case_file import read_cases, reread_case
from pytest_sisyphus.source.file_cache import FileContent, OverlayFileCache
from pytest_sisyphus.source.project import InheritedConfig
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.reread import DocumentRef, document_spans
from pytest_sisyphus.spec.called_case import Call, CalledCase
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.context import ValidationContext, collect_warnings

#: bytes of the case files whose cases are kept until they run: those of a small suite, or the
#: first ones of a large suite.
_CAPACITY: Final = 250_000


class CaseSource:
    """One case file as it was collected, whatever became of it on the disk."""

    __slots__ = ("_recent", "content", "context", "path")

    def __init__(
        self, path: Path, content: FileContent, context: CollectionContext, recent: "RecentCases"
    ) -> None:
        self.path = path
        self.context = context
        self.content = content
        self._recent = recent

    def metadata(self, cache: CollectionCache | None, messages: list[str]) -> list[CaseMetadata]:
        """Of all its cases. Warnings are added to `messages`. Raises SpecError."""
        if cache is None or self._recent.fits(self) or self.context.fingerprint is None:
            return self._read(messages)
        metadata = cache.metadata(self, messages)
        if metadata is None:
            references: list[Reference] = []
            metadata = self._read(messages, references)
            cache.store(self, metadata, references, messages)
        return metadata

    def _read(
        self, messages: list[str], references: list[Reference] | None = None
    ) -> list[CaseMetadata]:
        """The other files that the file needs are added to `references`."""
        reader = self.reader()
        with collect_warnings(messages):
            cases = read_cases(self.path, reader, self.validation(references), self.inherited)
        locations = [case.location for case in cases]
        parts = document_spans(reader.text(self.path), locations, reader.display_path(self.path))
        metadata = [
            metadata_of(case, DocumentRef(number, case.location, part))
            for number, (case, part) in enumerate(zip(cases, parts, strict=True))
        ]
        self._recent.add(self, cases)
        return metadata

    def case(self, metadata: CaseMetadata) -> Case:
        """As it was collected. Raises SisyphusError."""
        return self._recent.case(self, metadata)

    def read(self, metadata: CaseMetadata) -> Case:
        """Reads the case again. Raises SisyphusError, also if it is not what was collected."""
        with collect_warnings([]):  # they came when it was collected
            case = reread_case(
                self.path, self.reader(), self.validation(), metadata.document, self.inherited
            )
        if metadata_of(case, metadata.document) != metadata:
            raise ConfigError(
                tr(
                    "{location}: this is another case than was collected",
                    location=metadata.location,
                )
            )
        return case

    def inputs(
        self, options: Options, fixtures: Mapping[str, Any], seed: str, row: Row | None = None
    ) -> CaseInputs:
        """What a case of the file is run with, besides what the file says."""
        extensions = self.context.extensions
        functions: MakeFunctions = extensions.functions_for
        if options.explain:
            from pytest_sisyphus.compiled.explain import without_side_effects  # noqa: PLC0415 - only when asked for

            functions = without_side_effects(functions)
        return CaseInputs(
            validation=self.validation(),
            options=options,
            functions=functions,
            clock=extensions.clock,
            environ=extensions.environ,
            fixtures=fixtures,
            seed=seed,
            row=row,
        )

    def reader(self) -> Reader:
        return dataclasses.replace(self.context.reader, file_cache=self.file_cache())

    def file_cache(self) -> OverlayFileCache:
        return self._recent.file_cache(self)

    @property
    def inherited(self) -> InheritedConfig | None:
        """The project configuration that holds for its cases."""
        return self.context.projects.of(self.path.parent)

    def validation(self, references: list[Reference] | None = None) -> ValidationContext:
        reader, path = self.context.reader, self.path

        def resolve(text: str, location: Location) -> Path:
            near = reader.file_of(location, path)
            if references is not None:
                references.append((near, text))
            return reader.resolve(text, near, location)

        def find_called(call: Call, validation: ValidationContext) -> CalledCase:
            context = self.context
            return context.called_cases.find(
                call, validation, path, self.reader(), context.projects
            )

        return dataclasses.replace(
            self.context.validation, resolve=resolve, find_called=find_called
        )


class RecentCases:
    """A cache of read cases: the last file, the last case, and cases that are yet to run, up to a
    size of their files."""

    def __init__(self) -> None:
        self._pending: dict[tuple[CaseSource, int], Case] = {}
        self._free = _CAPACITY
        self._last: tuple[tuple[CaseSource, int], Case] | None = None
        self._file_cache: tuple[CaseSource, OverlayFileCache] | None = None

    def fits(self, source: CaseSource) -> bool:
        return source.content.size <= self._free

    def add(self, source: CaseSource, cases: Sequence[Case]) -> None:
        if self.fits(source):
            self._free -= source.content.size
            self._pending.update({(source, number): case for number, case in enumerate(cases)})

    def case(self, source: CaseSource, metadata: CaseMetadata) -> Case:
        key = source, metadata.document.number
        if self._last is None or self._last[0] != key:
            if self._last is not None:
                self._pending.pop(self._last[0], None)
            self._last = key, self._pending.get(key) or source.read(metadata)
        return self._last[1]

    def file_cache(self, source: CaseSource) -> OverlayFileCache:
        if self._file_cache is None or self._file_cache[0] is not source:
            file_cache = OverlayFileCache(
                source.context.reader.file_cache, source.path, source.content
            )
            self._file_cache = source, file_cache
        return self._file_cache[1]


_RECENT: Final = pytest.StashKey[RecentCases]()


def recent_cases(config: pytest.Config) -> RecentCases:
    """The one of the session that `config` belongs to."""
    return config.stash.setdefault(_RECENT, RecentCases())
