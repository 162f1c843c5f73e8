"""A file's documents as cases; all complaints of the file at once."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..dialect.case import Case
from ..dialect.homes import homes_of
from ..dialect.reading import Reading, locate, shown, warn
from ..dialect.references import namesakes, unmet_references
from ..located import LocatedDict, LocatedList, Place
from ..models.naming import name_in_id
from ..redact import redact_text
from .complaints import Complaint, SpecError
from .files import Reader
from .keypaths import KeyPath, Paths, spelled
from .secrecy import Secrecy
from .sniffing import OLDER_DIALECT, OLDER_STEPS


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
    complaints += _duplicates(documents)
    if complaints:
        raise SpecError(complaints)
    return cases


def _read_case(document: Any, reading: Reading, file: str) -> Case:
    if not isinstance(document, LocatedDict):
        place = getattr(document, "place", Place(file, 1))
        raise SpecError(
            [
                Complaint(
                    place=place, message=redact_text(f"a case is a mapping, not {shown(document)}")
                )
            ]
        )
    if OLDER_STEPS in document and "steps" not in document:
        place = document.key_places[OLDER_STEPS]
        raise SpecError([Complaint(place=place, message=f"the file {OLDER_DIALECT}")])
    context = dataclasses.replace(reading, named_steps=[], queried_databases=[], named_databases=[])
    complaints: list[Complaint] = []
    paths = Paths(document)
    try:
        case = Case.model_validate(document, context=context)
    except ValidationError as error:
        complaints += [_complaint(line, document, paths, reading) for line in error.errors()]
    for one in unmet_references(document, context):
        path = spelled(paths.to(one.place))
        complaints.append(Complaint(place=one.place, message=one.message, key_path=path))
    if complaints:
        raise SpecError([*map(Secrecy(document).hushed, complaints)])
    for one in namesakes(document):
        warn(one.message, one.place)
    return case


def _complaint(line: Any, document: LocatedDict, paths: Paths, reading: Reading) -> Complaint:
    context: Mapping[str, Any] = line.get("ctx") or {}
    loc = _written(tuple(one for one in line["loc"] if one != "[key]"), document)
    known = locate(document, loc)
    place = context.get("place") or known or document.place
    homes = homes_of(context["unknown_key"], reading) if "unknown_key" in context else ()
    elsewhere = f"unknown key {context.get('unknown_key')!r} here; it belongs in "
    return Complaint(
        place=place,
        message=elsewhere + " or ".join(homes) if homes else context.get("message", line["msg"]),
        key_path=spelled(loc if known == place else paths.to(place, loc)),
    )


def _written(loc: KeyPath, document: LocatedDict) -> KeyPath:
    """Without what a short form stands for: no key is looked for inside a number or a text."""
    value: Any = document
    for depth, step in enumerate(loc):
        if not isinstance(value, LocatedDict | LocatedList):
            return loc[:depth]
        try:
            value = value[step]
        except (LookupError, TypeError):
            return loc
    return loc


def _duplicates(documents: list[Any]) -> list[Complaint]:
    first: dict[str, Place] = {}
    complaints = []
    for document in documents:
        name = document.get("name") if isinstance(document, LocatedDict) else None
        if not isinstance(name, str):
            continue
        place = document.places["name"]
        known = first.setdefault(name_in_id(name), place)
        if known is not place:
            message = f"two cases are called {name!r}; the first stands at {known}"
            complaints.append(Complaint(place=place, message=message))
    return complaints
