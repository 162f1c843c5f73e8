"""Cases that steps of other cases run (`type: case`): each is read once, with what it calls."""

import dataclasses
import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.source.case_file import read_case
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.file_cache import Find, NotingFileCache
from pytest_sisyphus.source.project import ProjectFiles
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.called_case import Call, CalledCase
from pytest_sisyphus.spec.context import ValidationContext, fast_only
from pytest_sisyphus.spec.files import near_file
from pytest_sisyphus.values.describe import listed
from pytest_sisyphus.values.record import record

#: calls inside each other.
MAX_DEPTH: Final = 20
_CIRCLE: Final = marked("cases call each other in a circle: ")
_SHOWN: Final = 3


@record
class _Known:
    """A called case, and the files that whoever calls it depends on."""

    called: CalledCase
    includes: dict[tuple[Path, str], Sequence[Path]]
    files: list[tuple[str, Location]]


class CalledCases:
    """Those of files that see the same hooks."""

    def __init__(self) -> None:
        #: by file, and by name or None as calls have it -> by file and name.
        self._keys: dict[tuple[Path, str | None], tuple[Path, str]] = {}
        self._known: dict[tuple[Path, str], _Known] = {}
        #: by the calls that lead to it: what is wrong.
        self._refused: dict[tuple[Any, ...], str] = {}

    def find(
        self,
        call: Call,
        validation: ValidationContext,
        calling: Path,
        reader: Reader,
        projects: ProjectFiles | None,
    ) -> CalledCase:
        """`calling`: the file of the case that calls; `reader` and `validation` are its own, and
        note what it depends on. `projects`: the project configuration, if there is any. Raises
        ConfigError that says what is wrong with the call, or with the called case."""
        path = _path(call, calling, reader)
        reading = _Reading(path, reader, projects, self)
        if (path, call.case) not in self._keys:
            name = str(_document(reading.documents(call), call, reading.shown)["name"])
            self._keys[path, call.case] = path, name
        key = self._keys[path, call.case]
        calls = (*validation.calls, dataclasses.replace(call, key=key))
        chain = tuple((one.key, one.location) for one in calls)
        if chain in self._refused:  # each case is read twice to say what is wrong with it
            raise ConfigError(self._refused[chain])
        try:
            _refuse_circle(calls)
            if key not in self._known:
                self._known[key] = reading.read(call, calls, validation)
        except ConfigError as error:
            self._refused[chain] = str(error)
            raise
        known = self._known[key]
        for (including, text), paths in known.includes.items():
            reader.file_cache.included(including, text, _found(paths))
        for text, place in known.files:
            validation.resolve(text, place)
        own = dataclasses.replace(known.called.validation, calls=calls)
        return dataclasses.replace(known.called, validation=own)


class _Reading:
    """One file of called cases while it is read."""

    def __init__(
        self,
        path: Path,
        reader: Reader,
        projects: ProjectFiles | None,
        called_cases: CalledCases,
    ) -> None:
        self._path = path
        self._cache = NotingFileCache(reader.file_cache)
        self._reader = dataclasses.replace(reader, file_cache=self._cache)
        self._projects, self._called_cases = projects, called_cases
        self.shown = reader.display_path(path)

    def documents(self, call: Call) -> list[Any]:
        """Raises ConfigError."""
        try:
            return self._reader.documents(self._path)
        except SpecError as error:
            raise ConfigError(_mistakes(error, call.case or self.shown)) from error

    def read(self, call: Call, calls: tuple[Call, ...], validation: ValidationContext) -> _Known:
        """Raises ConfigError."""
        files: list[tuple[str, Location]] = []

        def resolve(text: str, location: Location) -> Path:
            return self._reader.resolve(text, self._reader.file_of(location, self._path), location)

        def noting_resolve(text: str, location: Location) -> Path:
            files.append((text, location))
            return resolve(text, location)

        def find(call: Call, validation: ValidationContext) -> CalledCase:
            return self._called_cases.find(
                call, validation, self._path, self._reader, self._projects
            )

        document = _document(self.documents(call), call, self.shown)
        projects = self._projects
        inherited = None if projects is None else projects.of(self._path.parent)
        own = dataclasses.replace(validation, calls=calls, resolve=resolve, find_called=find)
        try:
            reading = dataclasses.replace(own, resolve=noting_resolve)
            if inherited is not None:
                inherited.check()
            with fast_only(on=False):
                case = read_case(document, reading, self.shown, inherited)
        except SpecError as error:
            raise ConfigError(_mistakes(error, str(document["name"]))) from error
        return _Known(
            called=CalledCase(case=case, validation=own.for_one_case(), file=self.shown),
            includes=self._cache.includes,
            files=files,
        )


def _path(call: Call, calling: Path, reader: Reader) -> Path:
    """Raises ConfigError."""
    location = call.location
    if glob.has_magic(call.file):
        raise ConfigError(tr("file names one case file, got the pattern {file!r}", file=call.file))
    including = reader.file_of(location, calling)
    try:
        path = reader.resolve(call.file, including, location)
        if not path.is_file():
            raise ConfigError(
                tr(
                    "there is no file {file!r} ({path}){hint}",
                    file=call.file,
                    path=reader.display_path(path),
                    hint=near_file(path),
                )
            )
        reader.included(call.file, including, location)
    except SpecError as error:
        raise ConfigError(str(error).removeprefix(f"{location.exact}: ")) from error
    return path


def _refuse_circle(calls: Sequence[Call]) -> None:
    """Raises ConfigError. `calls`: inside each other, the last one is about to be made."""
    *before, last = calls
    if any(one.key == last.key for one in before):
        name = last.key[1] if last.key else last.case
        chain = " → ".join(str(one.location) for one in calls)
        raise ConfigError(tr(_CIRCLE) + f"{chain} ({name!r})")
    if len(calls) > MAX_DEPTH:
        chain = " → ".join(str(one.location) for one in calls[:_SHOWN])
        raise ConfigError(
            tr(
                "cases call each other more than {most} deep: {chain} → …",
                most=MAX_DEPTH,
                chain=chain,
            )
        )


def _found(paths: Sequence[Path]) -> Find:
    return lambda: paths


def _document(documents: Sequence[Any], call: Call, shown: str) -> LocatedDict:
    """The document of the case that is called. Raises ConfigError."""
    cases = {
        str(one["name"]): one
        for one in documents
        if isinstance(one, LocatedDict) and isinstance(one.get("name"), str)
    }
    if not cases:
        raise ConfigError(tr("{file} holds no case: none of its documents has a name", file=shown))
    if call.case is None and len(documents) > 1:
        names = listed(map(repr, list(cases)[:_SHOWN]))
        more = len(cases) - _SHOWN
        message = tr(
            "{file} holds several cases; say which: case: {names} and {more} more"
            if more > 0
            else "{file} holds several cases; say which: case: {names}",
            file=shown,
            names=names,
            **({"more": more} if more > 0 else {}),
        )
        raise ConfigError(message)
    if call.case is not None and call.case not in cases:
        hint = near(call.case, cases)
        raise ConfigError(
            tr("{file} holds no case {name!r}{hint}", file=shown, name=call.case, hint=hint)
        )
    return cases[call.case] if call.case is not None else next(iter(cases.values()))


def _mistakes(error: SpecError, name: str) -> str:
    """A circle is told as it is: that it is found deep inside it does not matter."""
    first, *others = error.diagnostics
    if first.message.startswith(tr(_CIRCLE)):
        return first.message
    if not others:
        return tr("the called case {name!r} is not right: {mistake}", name=name, mistake=first)
    return tr(
        "the called case {name!r} is not right: {mistake}, and {more} more",
        name=name,
        mistake=first,
        more=len(others),
    )
