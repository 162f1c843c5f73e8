"""What collecting needs of a case. What its run needs is read when it runs."""

import sys
from collections.abc import Mapping
from typing import Any

from pytest_sisyphus.location import Location, plain
from pytest_sisyphus.source.reread import DocumentRef
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.values.record import record


@record
class CollectedMark:
    """A mark with arguments; of its conditions what they say."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    conditions: tuple[str, ...]


@record
class CaseMetadata:
    document: DocumentRef
    name: str
    description: str
    identity: Mapping[str, int | str]
    tags: tuple[str, ...]
    marks: tuple[CollectedMark, ...]
    enabled: bool
    usefixtures: tuple[str, ...]
    #: `config.profiles`: their names, and where the key stands.
    profiles: tuple[str, ...]
    profiles_location: Location
    #: `config.mask`
    mask: tuple[str, ...]
    has_rows: bool

    @property
    def location(self) -> Location:
        return self.document.location


def metadata_of(case: Case, document: DocumentRef) -> CaseMetadata:
    config = case.config
    profiles = tuple(map(str, config.profiles)) if config else ()
    return CaseMetadata(
        document=document,
        name=str(case.name),
        description=str(case.description),
        identity=plain(case.identity),
        tags=tuple(map(str, case.tags)),
        marks=tuple(
            CollectedMark(
                name=one.name,
                args=tuple(one.args),
                kwargs=dict(one.kwargs),
                conditions=tuple(condition.text for condition in one.conditions),
            )
            for one in case.marks
        ),
        enabled=case.enabled,
        usefixtures=tuple(map(str, case.usefixtures)),
        profiles=profiles,
        profiles_location=config.raw.key_locations["profiles"]
        if config and profiles
        else case.location,
        mask=tuple(map(str, config.mask)) if config else (),
        has_rows=config is not None and config.data_source is not None,
    )


def to_plain(metadata: CaseMetadata) -> list[Any] | None:
    """For JSON; None where JSON would give back something else."""
    marks = [[one.name, [*one.args], one.kwargs, [*one.conditions]] for one in metadata.marks]
    if not _is_plain(marks):
        return None
    document = metadata.document
    return [
        [document.number, _location_data(document.location), document.span],
        [metadata.name, metadata.description, metadata.identity],
        [metadata.tags, marks, metadata.enabled, metadata.usefixtures],
        [metadata.profiles, _location_data(metadata.profiles_location)],
        [metadata.mask, metadata.has_rows],
    ]


def from_plain(plain: list[Any]) -> CaseMetadata:
    document, named, marked, profiled, rest = plain
    number, location, span = document
    name, description, identity = named
    tags, marks, enabled, usefixtures = marked
    profiles, profiles_location = profiled
    mask, has_rows = rest
    return CaseMetadata(
        document=DocumentRef(
            number, Location(*location), None if span is None else (span[0], span[1])
        ),
        name=name,
        description=description,
        identity=identity,
        tags=tuple(map(sys.intern, tags)),
        marks=tuple(
            CollectedMark(name=name, args=tuple(args), kwargs=kwargs, conditions=tuple(conditions))
            for name, args, kwargs, conditions in marks
        ),
        enabled=enabled,
        usefixtures=tuple(usefixtures),
        profiles=tuple(profiles),
        profiles_location=Location(*profiles_location),
        mask=tuple(mask),
        has_rows=has_rows,
    )


def _location_data(location: Location) -> list[Any]:
    return [location.file, location.line, location.column]


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and _is_plain(one) for key, one in value.items())
    if type(value) is list:
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, bool)
