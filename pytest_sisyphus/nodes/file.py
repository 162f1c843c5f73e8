"""One YAML file, and its cases by their names."""

import functools
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pytest_sisyphus.compiled.variables import missing_profile
from pytest_sisyphus.config.stash import OPTIONS, SEED
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.node_ids import name_in_id, name_parts
from pytest_sisyphus.nodes.cache import cache_of
from pytest_sisyphus.nodes.case_source import CaseSource, recent_cases
from pytest_sisyphus.nodes.collected_case import CollectedCase, SharedInfos
from pytest_sisyphus.nodes.context import collection_contexts
from pytest_sisyphus.nodes.display_path import with_local_paths
from pytest_sisyphus.nodes.gc_pause import gc_paused
from pytest_sisyphus.nodes.item import CaseItem
from pytest_sisyphus.nodes.metadata import CaseMetadata
from pytest_sisyphus.nodes.suite_warnings import warn_of_repeating, warn_of_shared_identities
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.file_cache import FileContent
from pytest_sisyphus.source.project import ToldBeforeError
from pytest_sisyphus.source.yaml_reader import read_bytes
from pytest_sisyphus.spec.context import SisyphusWarning
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from pytest_sisyphus.compiled.data_rows import Rows

#: where a warning's text says that it belongs.
_PLACE: Final = lazy_pattern(r"([^\n]+?):(\d+)(?::\d+)?: ")
#: above what is wrong with the project configuration of a file.
NOT_READ: Final = marked("not read, as the project configuration that it inherits is wrong:")
TOLD_BEFORE: Final = marked("not read either, for this mistake (it is shown once, above)")


class CaseFile(pytest.Module):
    """One YAML file. A `pytest.Module`, for fixtures of that scope; nothing is imported for it."""

    #: as `case_text` read it; None: not read yet.
    content: FileContent | None

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, text: bytes) -> "CaseFile":
        """`text`: NOT_LOOKED_AT, or what was found in the file."""
        file: CaseFile = cls.from_parent(parent, path=path)
        file.content = FileContent(text) if text else None
        return file

    @functools.cached_property
    def obj(self) -> types.ModuleType:
        return types.ModuleType(self.path.stem)

    @gc_paused()
    def collect(self) -> "Iterator[CaseItem | NamePart]":
        contexts = collection_contexts(self.config)
        try:
            context = contexts.of(self)
        except SisyphusError as error:
            raise self.CollectError(f"{self.nodeid}: {error}") from error
        try:
            content = self.content
            if content is None:
                content = FileContent(read_bytes(self.path, context.reader.display_path(self.path)))
            source = CaseSource(self.path, content, context, recent_cases(self.config))
            cases = self._metadata(source)
            contexts.markers.register({tag for case in cases for tag in case.tags})
            warn_of_shared_identities(cases, self.config)
            warn_of_repeating(cases, self.config)
            expanded = self._with_rows(source, cases)
        except SpecError as error:
            files = {one.location.file for one in error.diagnostics}
            message = with_local_paths(str(error), files, self.config)
            if source.inherited is not None and source.inherited.is_wrong:
                # for xdist, one text is one error, of whatever file
                message = f"{self.nodeid}: {self._not_read(error, message)}"
            raise self.CollectError(message) from error
        shared: SharedInfos = {}
        splits = any(arg.count("::") > 1 for arg in self.config.args)
        items = [
            _nested(self, name_parts(name) if splits else [name], collected.item, number)
            for case, rows, names in expanded
            for collected in [
                CollectedCase(source, case, rows, contexts.markers.function_of(case), shared)
            ]
            for number, name in enumerate(names)
        ]
        return iter(items)

    def _not_read(self, error: SpecError, message: str) -> str:
        """Who reads what the platform shows of one case sees no other file's message."""
        options = self.config.stash[OPTIONS]
        if isinstance(error, ToldBeforeError) and options.execution is None and not options.sync:
            return f"{message.partition(': ')[0]}: {tr(TOLD_BEFORE)}"
        return f"{tr(NOT_READ)}\n{message}"

    def _metadata(self, source: CaseSource) -> list[CaseMetadata]:
        messages: list[str] = []
        try:
            return source.metadata(cache_of(self.config), messages)
        finally:
            for text in messages:
                place = _PLACE.match(text)
                file = self.config.rootpath / place[1] if place else self.path
                line = int(place[2]) if place else 1
                warnings.warn_explicit(text, SisyphusWarning, str(file), line)

    def _with_rows(
        self, source: CaseSource, cases: list[CaseMetadata]
    ) -> "list[tuple[CaseMetadata, Rows | None, list[str]]]":
        """Each with its data rows and what its items are called. Raises SpecError."""
        expanded: list[tuple[CaseMetadata, Rows | None, list[str]]] = []
        diagnostics: list[Diagnostic] = []
        for case in cases:
            name = name_in_id(case.name)
            try:
                found = self._rows(source, case)
            except SpecError as error:
                diagnostics += error.diagnostics
            else:
                rows, ids = found or (None, ())
                names = [f"{name}[{name_in_id(one)}]" for one in ids] if rows else [name]
                expanded.append((case, rows, names))
        if diagnostics:
            raise SpecError(diagnostics)
        return expanded

    def _rows(self, source: CaseSource, case: CaseMetadata) -> "tuple[Rows, Sequence[str]] | None":
        options = self.config.stash[OPTIONS]
        if not case.has_rows or missing_profile(case.profiles, case.profiles_location, options):
            return None  # rows may hang on the profile
        from pytest_sisyphus.compiled.data_rows import rows_of  # noqa: PLC0415 - 3 ms; only with rows
        from pytest_sisyphus.compiled.explain import is_written  # noqa: PLC0415
        from pytest_sisyphus.nodes.session_cache import session_cache  # noqa: PLC0415

        seed = f"{self.config.stash[SEED]}/{self.nodeid}::{case.name}"
        inputs = source.inputs(options, fixtures={}, seed=seed)
        read = source.case(case)
        if options.explain and read.config is not None and not is_written(read.config.data_source):
            return None  # the case is explained without its rows
        try:
            return rows_of(read, inputs, session_cache(self.config))
        except SpecError as error:
            if not options.explain:
                raise
            # what it hangs on may be what only a run can know
            text = tr("explained without its rows: {error}", error=error)
            warnings.warn_explicit(text, SisyphusWarning, str(self.path), case.location.line)
            return None


class NamePart(pytest.Collector):
    """`GET a` of a case called `GET a::b`: pytest takes the ids that it is given apart there.

    Node ids are the same with and without it, so it is there only where such an id is given.
    """

    _make: Callable[[], "CaseItem | NamePart"]

    def collect(self) -> "list[CaseItem | NamePart]":
        return [self._make()]


_Make = Callable[[pytest.Collector, str, int], CaseItem]


def _nested(
    parent: pytest.Collector, names: list[str], make: _Make, number: int
) -> CaseItem | NamePart:
    first, *rest = names
    if not rest:
        return make(parent, first, number)
    part: NamePart = NamePart.from_parent(parent, name=first)
    part._make = lambda: _nested(part, rest, make, number)
    return part
