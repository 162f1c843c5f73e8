"""Project configuration: what the files `sisyphus.yaml` say for the cases below them."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.source.complaints import complaints_of
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.file_cache import FileContent, OverlayFileCache
from pytest_sisyphus.source.key_paths import KeyPathIndex
from pytest_sisyphus.source.quote_masking import SecretMasker
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.config import ProjectConfig
from pytest_sisyphus.spec.construct import fast_constructor
from pytest_sisyphus.spec.context import ValidationContext, collect_warnings, fast_only
from pytest_sisyphus.values.describe import short_json

#: keys whose mappings are merged key by key; what is nearer replaces any other value.
_BY_KEY: Final = frozenset({"variables", "headers", "databases"})
#: the same of one profile.
_BY_KEY_IN_PROFILE: Final = frozenset({"variables", "headers", "overrides"})

_NOT_HERE: Final = {
    "config": marked(
        "the file is the config itself: write its keys at the top level, without 'config'"
    ),
    "steps": marked(
        "a file of this name is project configuration; a case needs a file of another name"
    ),
    "data_source": marked("rows belong to one case: write data_source in that case's config"),
}


class ToldBeforeError(SpecError):
    """The first mistake of a project file whose mistakes were all told for another file."""


class ProjectFile:
    """One `sisyphus.yaml`, as it was when it was first read."""

    def __init__(self, path: Path, reader: Reader, validation: ValidationContext) -> None:
        self.path = path
        self._validation = validation
        shown = reader.display_path(path)
        self._start = Location(shown, 1)
        self._base = reader
        #: what it says; empty if it is, or cannot be read.
        self.config = LocatedDict(self._start)
        #: it and the files that it includes, by their names in messages.
        self.sources: dict[str, Path] = {shown: path}
        #: the mistakes in it; None: nobody has looked for them yet.
        self._mistakes: list[Diagnostic] | None = None
        self._is_told = False
        try:
            self._read(reader)
        except SpecError as error:
            self._mistakes = error.diagnostics

    @property
    def content(self) -> bytes:
        """Changes with whatever it says."""
        cache = self._base.file_cache
        parts = [cache.content(path, shown) for shown, path in sorted(self.sources.items())]
        return b"\0".join([*map(str.encode, sorted(self.sources)), *parts])

    @property
    def is_wrong(self) -> bool:
        """Whether mistakes were found in it by now."""
        return bool(self._mistakes)

    def check(self) -> None:
        """Raises SpecError: at first with all mistakes, then, for each further file of cases that
        they keep from running, ToldBeforeError with the first one."""
        if self._mistakes is None:
            self._mistakes = SpecError([*self._find_mistakes()]).diagnostics
        if self._mistakes:
            if self._is_told:
                raise ToldBeforeError(self._mistakes[:1])
            self._is_told = True
            raise SpecError(self._mistakes)

    def _read(self, reader: Reader) -> None:
        """Raises SpecError."""
        content = FileContent(reader.file_cache.content(self.path, self._start.file))
        cache = OverlayFileCache(reader.file_cache, self.path, content)
        documents = dataclasses.replace(reader, file_cache=cache).documents(self.path)
        for paths in cache.includes.values():
            self.sources.update((reader.display_path(path), path) for path in paths)
        if len(documents) > 1:
            location = getattr(documents[1], "location", self._start)
            raise SpecError.at(
                location,
                tr("project configuration is one mapping: here a second YAML document begins"),
            )
        document = documents[0] if documents else None
        if isinstance(document, LocatedDict):
            self.config = document
        elif document is not None:
            location = getattr(document, "location", self._start)
            said = tr(
                "project configuration is a mapping with the keys of config, not {value}",
                value=short_json(document),
            )
            raise SpecError.at(location, redact_text(said))

    def _find_mistakes(self) -> Iterator[Diagnostic]:
        for key, message in _NOT_HERE.items():
            if key in self.config:
                yield Diagnostic(
                    location=self.config.key_locations[key], message=tr(message), key_path=key
                )
        written = self.config.only(self.config.keys() - _NOT_HERE.keys())
        context = dataclasses.replace(
            self._validation.for_one_case(),
            resolve=lambda text, location: self._base.resolve(
                text, self._base.file_of(location, self.path), location
            ),
        )
        yield from config_mistakes(written, context)


def config_mistakes(written: LocatedDict, context: ValidationContext) -> list[Diagnostic]:
    """What is wrong with a mapping of the keys of `config`."""
    try:
        with fast_only():
            fast_constructor(ProjectConfig)(written, context)
    except Exception:  # noqa: BLE001 - whatever is wrong is found again, with its place
        try:
            with collect_warnings([]):  # each case has them
                ProjectConfig.model_validate(written, context=context)
        except ValidationError as error:
            complaints = complaints_of(error, written, KeyPathIndex(written), context)
            return [*map(SecretMasker(written).mask, complaints)]
    return []


class InheritedConfig:
    """What the cases of one folder inherit: from the files between rootdir and it, the nearer ones
    over the farther."""

    def __init__(self, files: Sequence[ProjectFile]) -> None:
        """`files`: the farthest first; there is one at least."""
        self._files = files

    @functools.cached_property
    def digest(self) -> str:
        """Changes with whatever the files say."""
        return hashlib.blake2b(b"\0".join(one.content for one in self._files)).hexdigest()

    @property
    def sources(self) -> dict[str, Path]:
        """The files and what they include, by their names in messages."""
        return {shown: path for one in self._files for shown, path in one.sources.items()}

    def check(self) -> None:
        """Raises SpecError for what is wrong with one of the files."""
        for file in self._files:
            file.check()

    @property
    def is_wrong(self) -> bool:
        """Whether `check` has found mistakes."""
        return any(file.is_wrong for file in self._files)

    def with_case(self, document: Any) -> Any:
        """The case with all that holds for it in its `config`, each value with its own place."""
        if not isinstance(document, LocatedDict):
            return document
        own = document.get("config")
        if own is not None and not isinstance(own, LocatedDict):
            return document
        made = LocatedDict(document.location).merge(document)
        config = self._config if own is None else _merged(self._config, own)
        made.put("config", config, location=config.location, key_location=config.location)
        return made

    @functools.cached_property
    def _config(self) -> LocatedDict:
        merged, *nearer = [one.config for one in self._files]
        for config in nearer:
            merged = _merged(merged, config)
        return merged


class ProjectFiles:
    """The project configuration of one session's folders; each file is read once."""

    def __init__(self, root: Path, reader: Reader, validation: ValidationContext) -> None:
        self._root = root
        self._reader = reader
        self._validation = validation
        self._by_folder: dict[Path, InheritedConfig | None] = {}
        self._files: dict[Path, ProjectFile | None] = {}

    def of(self, folder: Path) -> InheritedConfig | None:
        """None: there is no file from the root down to this folder."""
        if folder not in self._by_folder:
            folders = [*reversed(folder.parents), folder]
            found = [self.file(one) for one in folders if one.is_relative_to(self._root)]
            files = [one for one in found if one is not None]
            self._by_folder[folder] = InheritedConfig(files) if files else None
        return self._by_folder[folder]

    def file(self, folder: Path) -> ProjectFile | None:
        """The folder's own."""
        if folder not in self._files:
            path = folder / PROJECT_FILE
            self._files[folder] = (
                ProjectFile(path, self._reader, self._validation) if path.is_file() else None
            )
        return self._files[folder]


def _merged(farther: LocatedDict, nearer: LocatedDict) -> LocatedDict:
    made = _over(farther, nearer)
    for key in farther.keys() & nearer.keys():
        one, other = farther[key], nearer[key]
        if key == "mask":  # what a project masks stays masked
            made[key] = _listed(one, other, made.locations[key])
        elif not isinstance(one, LocatedDict) or not isinstance(other, LocatedDict):
            continue
        elif key == "headers":
            made[key] = _headers_over(one, other)
        elif key in _BY_KEY:
            made[key] = _over(one, other)
        elif key == "profiles":
            made[key] = _profiles_over(one, other)
    return made


def _over(farther: LocatedDict, nearer: LocatedDict) -> LocatedDict:
    return LocatedDict(nearer.location).merge(farther).merge(nearer)


def _headers_over(farther: LocatedDict, nearer: LocatedDict) -> LocatedDict:
    """The names of headers are the same in any case."""
    names = {str(name).lower() for name in nearer}
    return _over(farther.only([one for one in farther if str(one).lower() not in names]), nearer)


def _profiles_over(farther: LocatedDict, nearer: LocatedDict) -> LocatedDict:
    made = _over(farther, nearer)
    for name in farther.keys() & nearer.keys():
        one, other = farther[name], nearer[name]
        if isinstance(one, LocatedDict) and isinstance(other, LocatedDict):
            made[name] = profile = _over(one, other)
            for key in _BY_KEY_IN_PROFILE & one.keys() & other.keys():
                if isinstance(one[key], LocatedDict) and isinstance(other[key], LocatedDict):
                    over = _headers_over if key == "headers" else _over
                    profile[key] = over(one[key], other[key])
    return made


def _listed(farther: Any, nearer: Any, location: Location) -> LocatedList:
    made = LocatedList(location)
    for value in (farther, nearer):
        for one in value if isinstance(value, list) else [value]:
            made.put(one, getattr(one, "location", location))
    return made
