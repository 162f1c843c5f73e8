"""A file of the older engine, of either dialect, as drafts."""

import os
from pathlib import Path
from typing import Final

from pytest_sisyphus import builtin
from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.convert import older_steps
from pytest_sisyphus.convert.draft import Account, Draft, Include
from pytest_sisyphus.convert.editing import drop_what_is_refused, holds_includes, put
from pytest_sisyphus.convert.older_teststeps import Scenario
from pytest_sisyphus.extensions.loader import hooks_of, load_extensions
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.comments import comments
from pytest_sisyphus.source.detection import OLDER_STEPS, TOP_LEVEL_KEY, looks_like_a_case
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.yaml_reader import decode, read_bytes, read_documents
from pytest_sisyphus.spec.context import ValidationContext

#: of a case in which something could not be converted.
UNCONVERTED: Final = "unconverted"


def is_of_the_older_engine(content: bytes) -> bool:
    """By its top-level keys, without parsing."""
    keys = {found[1].decode() for found in TOP_LEVEL_KEY.finditer(content)}
    return looks_like_a_case(content) or {OLDER_STEPS, "config"} <= keys


def drafts(path: Path, shown: str) -> list[Draft]:
    """One for each YAML document of a file. Raises SpecError for what cannot be converted."""
    text = decode(read_bytes(path, shown), shown)
    documents = read_documents(text, shown, lambda name, _: Include(name), ValueBudget())
    # what is changed must not change what was there
    originals = read_documents(text, shown, lambda name, _: Include(name), ValueBudget())
    if not documents:
        raise SpecError.at(Location(shown, 1), "the file is empty")
    made: list[Draft] = []
    remarks = comments(text)
    starts = [document.location.line for document in documents[1:] if hasattr(document, "location")]
    for number, (document, original) in enumerate(zip(documents, originals, strict=True)):
        first = starts[number - 1] if number else 0
        last = starts[number] if number < len(starts) else None
        mine = [one for one in remarks if first <= one.line and (last is None or one.line < last)]
        if not isinstance(document, LocatedDict):
            raise SpecError.at(Location(shown, 1), "this is no file of the older engine")
        account = Account(original, original.location)
        case = _case(document, account, path, shown)
        account.close(original)
        if any(note.fate == "not converted" for note in account.notes):
            tags = case.get("tags")
            if not isinstance(tags, LocatedList):
                tags = LocatedList(case.location)
                put(case, "tags", tags, case.location)
            if UNCONVERTED not in tags:
                tags.put(UNCONVERTED, case.location)
        made.append(Draft(case=case, account=account, comments=mine))
    return made


def _case(document: LocatedDict, account: Account, path: Path, shown: str) -> LocatedDict:
    if OLDER_STEPS in document:
        case = Scenario(document, account, path).convert()
        drop_what_is_refused(case, account, _validation(path), shown)
        return case
    if "name" not in document or "steps" not in document:
        message = (
            "no file of the older engine: neither 'teststeps' nor 'name' and 'steps' are there"
        )
        raise SpecError.at(document.location, message)
    older_steps.convert(document, account, path)
    case = document
    if holds_includes(case):
        reason = "!include is kept; convert the file it names too, and validate the result"
        account.said(case.location, reason)
    else:
        drop_what_is_refused(case, account, _validation(path), shown)
    return case


def _validation(path: Path) -> ValidationContext:
    root = path.parent
    extensions = load_extensions(hooks_of([builtin]), SystemClock(), dict(os.environ))
    reader = Reader(roots=(Path.cwd(), root.resolve()), base=Path.cwd())
    return ValidationContext(
        steps=extensions.steps,
        checks=extensions.checks,
        extractors=extensions.extractors,
        functions=extensions.functions,
        auth_types=extensions.auth_types,
        resolve=lambda text, location: reader.resolve(text, path, location),
    )
