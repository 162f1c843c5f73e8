"""A file's documents as cases; all complaints of the file at once."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..dialect.case import Case
from ..dialect.reading import Reading, locate, shown
from ..located import LocatedDict, LocatedList, Place
from .complaints import Complaint, SpecError
from .files import Reader

KeyPath = tuple[Any, ...]


def read_cases(path: Path, reader: Reader, reading: Reading) -> list[Case]:
    """Raises SpecError."""
    documents = reader.documents(path)
    if not documents:
        raise SpecError(
            [Complaint(place=Place(reader.shown(path), 1), message="the file is empty")]
        )
    cases: list[Case] = []
    complaints: list[Complaint] = []
    for document in documents:
        try:
            cases.append(_read_case(document, reading, reader.shown(path)))
        except SpecError as error:
            complaints += error.complaints
    complaints += _duplicates(cases)
    if complaints:
        raise SpecError(complaints)
    return cases


def _read_case(document: Any, reading: Reading, file: str) -> Case:
    if not isinstance(document, LocatedDict):
        place = getattr(document, "place", Place(file, 1))
        raise SpecError(
            [Complaint(place=place, message=f"a case is a mapping, not {shown(document)}")]
        )
    try:
        context = dataclasses.replace(reading, named_steps=[], named_databases=[])
        return Case.model_validate(document, context=context)
    except ValidationError as error:
        raise SpecError([_complaint(line, document) for line in error.errors()]) from error


def _complaint(line: Any, document: LocatedDict) -> Complaint:
    context: Mapping[str, Any] = line.get("ctx") or {}
    loc = tuple(one for one in line["loc"] if one != "[key]")
    known = locate(document, loc)
    place = context.get("place") or known or document.place
    return Complaint(
        place=place,
        message=context.get("message", line["msg"]),
        key_path=_key_path(loc if known == place else _path_to(place, document, loc)),
    )


def _path_to(place: Place, document: LocatedDict, loc: KeyPath) -> KeyPath:
    """The path of what begins at the place, or last before it; some complaints know no better."""
    if loc and locate(document, loc, key=True) == place:
        return loc
    before = [
        (there.line, there.column, path)
        for path, there in _placed(document, ())
        if there.file == place.file and (there.line, there.column) <= (place.line, place.column)
    ]
    return max(before, key=lambda one: one[:2])[2] if before else loc


def _placed(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Place]]:
    """Everything in the document with the places where its key and its value begin."""
    if isinstance(value, LocatedDict):
        for key, item in value.items():
            yield (*path, key), value.key_places[key]
            yield (*path, key), value.places[key]
            yield from _placed(item, (*path, key))
    elif isinstance(value, LocatedList):
        for index, item in enumerate(value):
            yield (*path, index), value.places[index]
            yield from _placed(item, (*path, index))


def _key_path(loc: KeyPath) -> str:
    parts = (f"[{one}]" if isinstance(one, int) else f".{one}" for one in loc)
    return "".join(parts).removeprefix(".")


def _duplicates(cases: list[Case]) -> list[Complaint]:
    first: dict[str, Case] = {}
    complaints = []
    for case in cases:
        earlier = first.setdefault(case.name, case)
        if earlier is not case:
            complaints.append(
                Complaint(
                    place=case.place_of("name"),
                    message=f"two cases are called {case.name!r}; "
                    f"the first stands at {earlier.place_of('name')}",
                )
            )
    return complaints
