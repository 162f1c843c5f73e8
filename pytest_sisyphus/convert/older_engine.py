"""A file of the older engine, of either dialect, as drafts."""

import os
from collections.abc import Iterator
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Final

from pytest_sisyphus import builtin
from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.convert import older_steps, older_teststeps
from pytest_sisyphus.convert.columns import columns_of
from pytest_sisyphus.convert.draft import Account, Draft, Include
from pytest_sisyphus.convert.editing import drop_what_is_refused, leave_out_anchors, put
from pytest_sisyphus.convert.included import ConvertPart, Inclusions, Parts
from pytest_sisyphus.convert.older_project import (
    convert_project,
    keep_over_profiles,
    lay_over_active_profile,
    read_project,
)
from pytest_sisyphus.convert.older_teststeps import Scenario
from pytest_sisyphus.convert.older_words import say_of_encoding, say_what_was_read_otherwise
from pytest_sisyphus.convert.reading import read_text
from pytest_sisyphus.extensions.loader import Extensions, hooks_of, load_extensions
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList, Location
from pytest_sisyphus.source.case_file import read_case
from pytest_sisyphus.source.comments import Comment, comments
from pytest_sisyphus.source.detection import OLDER_STEPS, TOP_LEVEL_KEY, looks_like_a_case
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.yaml_reader import read_documents
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.context import ValidationContext

#: of a case in which something could not be converted.
UNCONVERTED: Final = "unconverted"


def is_of_the_older_engine(content: bytes) -> bool:
    """Whether its top-level keys are those of the older engine; nothing is parsed."""
    keys = {found[1].decode() for found in TOP_LEVEL_KEY.finditer(content)}
    return looks_like_a_case(content) or {OLDER_STEPS, "config"} <= keys


def drafts(
    path: Path,
    shown: str,
    project: Draft | None = None,
    parts: Parts | None = None,
    folder: Path | None = None,
) -> list[Draft]:
    """One for each YAML document of a file, whose other files lie in the `folder`, too. Raises
    SpecError for what cannot be converted."""
    text, encoding = read_text(path, shown)
    made = drafts_of(text, path, shown, project, parts, folder=folder)
    say_of_encoding(made[0], encoding)
    return made


def drafts_of(
    text: str,
    path: Path,
    shown: str,
    project: Draft | None = None,
    parts: Parts | None = None,
    *,
    folder: Path | None = None,
) -> list[Draft]:
    """As `drafts`, of a file with this text."""
    parts = Parts() if parts is None else parts
    roots = [Path.cwd(), path.parent.resolve(), *([folder.resolve()] if folder else [])]
    made: list[Draft] = []
    for document, original, remarks in _documents(text, shown):
        account = Account(original, original.location)
        reader = Reader(roots=tuple(roots), base=Path.cwd())
        case, convert_part = _converted(document, account, path, reader)
        if project is not None:
            columns = _columns(case, path)
            keep_over_profiles(case, columns, project.case, account)
            if OLDER_STEPS in original:
                lay_over_active_profile(case, columns, project.case, account)
        inclusions = Inclusions(parts, path, reader, account, convert_part)
        inclusions.put_in(case)
        validation = _validation(path, shown, reader)
        read = partial(read_case, validation=validation, file=shown, inherited=None)
        drop_what_is_refused(case, account, read, tell=parts.tell, kept=("name", "steps"))
        inclusions.take_out()
        account.close(original, case)
        say_what_was_read_otherwise(original, original.location, text.split("\n"), account)
        made.append(Draft(case=case, account=account, comments=remarks, parts=inclusions.parts))
    _unique_case_names(made)
    return made


def _unique_case_names(made: list[Draft]) -> None:
    taken: set[str] = set()
    for draft in made:
        name = str(draft.case.get("name"))
        if name in taken:
            at = draft.case.locations["name"]
            number = next(n for n in count(2) if f"{name} ({n})" not in taken)
            draft.case["name"] = unique = f"{name} ({number})"
            reason = tr("a case before it has this name; it is now {name!r}", name=unique)
            draft.account.said(at, reason)
        taken.add(str(draft.case.get("name")))


def project_draft(path: Path, shown: str) -> Draft | None:
    """The project file, as a `sisyphus.yaml`; None: it says nothing. Raises SpecError."""
    text, encoding = read_text(path, shown)
    if not read_documents(text, shown, lambda name, _: Include(name), ValueBudget()):
        return None
    (document, original, remarks), *_ = _documents(text, shown)
    account = Account(original, original.location)
    convert_project(document, account)
    reader = Reader(roots=(Path.cwd(), path.parent.resolve()), base=Path.cwd())
    validation = _validation(path, shown, reader)
    drop_what_is_refused(document, account, partial(read_project, validation=validation))
    account.close(original, document)
    say_what_was_read_otherwise(original, original.location, text.split("\n"), account)
    draft = Draft(case=document, account=account, comments=remarks)
    say_of_encoding(draft, encoding)
    return draft


def tag_unconverted(draft: Draft) -> None:
    """If something of it, or of what it includes, could not be converted."""
    tags = draft.case.get("tags")
    if draft.is_unconverted and UNCONVERTED not in (tags or ()):
        if not isinstance(tags, LocatedList):
            tags = LocatedList(draft.case.location)
            put(draft.case, "tags", tags, draft.case.location)
        tags.put(UNCONVERTED, draft.case.location)


def _documents(text: str, shown: str) -> Iterator[tuple[LocatedDict, LocatedDict, list[Comment]]]:
    """Each twice, for what is changed must not change what was there; and its comments."""
    documents = read_documents(text, shown, lambda name, _: Include(name), ValueBudget())
    originals = read_documents(text, shown, lambda name, _: Include(name), ValueBudget())
    if not documents:
        raise SpecError.at(Location(shown, 1), tr("the file is empty"))
    remarks = comments(text)
    starts = [document.location.line for document in documents[1:] if hasattr(document, "location")]
    for number, (document, original) in enumerate(zip(documents, originals, strict=True)):
        first = starts[number - 1] if number else 0
        last = starts[number] if number < len(starts) else None
        mine = [one for one in remarks if first <= one.line and (last is None or one.line < last)]
        if not isinstance(document, LocatedDict):
            raise SpecError.at(Location(shown, 1), tr("this is no file of the older engine"))
        yield document, original, mine


def _converted(
    document: LocatedDict, account: Account, path: Path, reader: Reader
) -> tuple[LocatedDict, ConvertPart]:
    """The case, and what converts the files that it includes."""
    if OLDER_STEPS in document:
        leave_out_anchors(document, ("config", "ddts", OLDER_STEPS), account)
        return Scenario(document, account, path).convert(), older_teststeps.convert_part
    if "name" not in document or "steps" not in document:
        message = tr(
            "no file of the older engine: neither 'teststeps' nor 'name' and 'steps' are there"
        )
        raise SpecError.at(document.location, message)
    for key in leave_out_anchors(document, Case.keys(), account):
        del document[key]
    older_steps.convert(document, account, path, reader)
    return document, partial(older_steps.convert_part, reader=reader)


def _columns(case: LocatedDict, path: Path) -> frozenset[str]:
    config = case.get("config")
    if not isinstance(config, LocatedDict):
        return frozenset()
    return columns_of(config.get("data_source"), path, str(config.get("variable_prefix", "")))


@cache
def _builtin() -> Extensions:
    return load_extensions(hooks_of([builtin]), SystemClock(), dict(os.environ))


def _validation(path: Path, shown: str, reader: Reader) -> ValidationContext:
    """`shown`: the file's name in messages; what it includes is named by the reader."""
    extensions = _builtin()
    return ValidationContext(
        steps=extensions.steps,
        checks=extensions.checks,
        extractors=extensions.extractors,
        functions=extensions.functions,
        auth_types=extensions.auth_types,
        resolve=lambda text, location: reader.resolve(
            text, path if location.file == shown else reader.file_of(location, path), location
        ),
    )
