"""A file's documents as cases; all mistakes of the file at once."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.node_ids import name_in_id
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.source.complaints import complaints_of
from pytest_sisyphus.source.detection import OLDER_DIALECT, OLDER_FILE, OLDER_STEPS
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.key_paths import KeyPathIndex, format_key_path
from pytest_sisyphus.source.project import InheritedConfig
from pytest_sisyphus.source.quote_masking import SecretMasker
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.source.reread import DocumentRef, reread_document
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.compat import are_of_older_files
from pytest_sisyphus.spec.construct import fast_constructor
from pytest_sisyphus.spec.context import ValidationContext, fast_only, warn
from pytest_sisyphus.spec.references import (
    duplicate_step_names,
    has_no_references,
    questionable,
    unresolved_references,
)
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json

_LIST_HINT: Final = marked(
    "; of a list of steps write name: … and steps: in the first two lines, and the list below; two "
    "cases in one file have '---' between them"
)


def read_cases(
    path: Path,
    reader: Reader,
    validation: ValidationContext,
    inherited: InheritedConfig | None = None,
) -> list[Case]:
    """Raises SpecError."""
    if inherited is not None:
        inherited.check()
    documents = reader.documents(path)
    if not documents:
        raise SpecError.at(Location(reader.display_path(path), 1), tr("the file is empty"))
    cases: list[Case] = []
    diagnostics: list[Diagnostic] = []
    for document in documents:
        try:
            cases.append(read_case(document, validation, reader.display_path(path), inherited))
        except SpecError as error:
            diagnostics += error.diagnostics
    diagnostics += _duplicate_case_names(documents)
    if diagnostics:
        raise SpecError(diagnostics)
    return cases


def _duplicate_case_names(documents: list[Any]) -> Iterator[Diagnostic]:
    first: dict[str, Location] = {}
    for document in documents:
        name = document.get("name") if isinstance(document, LocatedDict) else None
        if isinstance(name, str):
            location = document.locations["name"]
            known = first.setdefault(name_in_id(name), location)
            if known is not location:
                message = tr(
                    "two cases are called {name!r}; the first stands at {location}",
                    name=name,
                    location=known,
                )
                yield Diagnostic(location=location, message=message)


def reread_case(
    path: Path,
    reader: Reader,
    validation: ValidationContext,
    where: DocumentRef,
    inherited: InheritedConfig | None = None,
) -> Case:
    """One case of a file that was read before. Raises SpecError."""
    document = reread_document(path, reader, where)
    return read_case(document, validation, reader.display_path(path), inherited)


def read_case(
    document: Any, validation: ValidationContext, file: str, inherited: InheritedConfig | None
) -> Case:
    """One document of a file; `file`: its name in messages. Raises SpecError."""
    if not isinstance(document, LocatedDict):
        location = getattr(document, "location", Location(file, 1))
        hint = tr(_LIST_HINT) if isinstance(document, list) else ""
        said = tr("a case is a mapping, not {value}{hint}", value=short_json(document), hint=hint)
        raise SpecError.at(location, redact_text(said))
    if OLDER_STEPS in document and "steps" not in document:
        location = document.key_locations[OLDER_STEPS]
        raise SpecError.at(location, tr("the file {problem}", problem=tr(OLDER_DIALECT)))
    if inherited is not None:
        document = inherited.with_case(document)
    return _read_fast(document, validation) or _read_validated(document, validation)


def _read_fast(document: LocatedDict, validation: ValidationContext) -> Case | None:
    """The case, where pydantic is not needed to see that all of it is right."""
    context = validation.for_one_case()
    try:
        with fast_only():
            case: Case = fast_constructor(Case)(document, context)
        if not has_no_references(case, context) and any(unresolved_references(document, context)):
            return None
        if any(questionable(document, context, lambda: _columns_of_file(case, context))):
            return None
        names = [step.name for step in (*case.setup, *case.steps, *case.teardown)]
        if len({*names}) < len(names) and any(duplicate_step_names(document)):
            return None
    except Exception:  # noqa: BLE001 - whatever is wrong is found again, with its place
        return None
    return case


def _read_validated(document: LocatedDict, validation: ValidationContext) -> Case:
    context = validation.for_one_case()
    diagnostics: list[Diagnostic] = []
    paths = KeyPathIndex(document)
    try:
        case = Case.model_validate(document, context=context)
    except ValidationError as error:
        diagnostics += complaints_of(error, document, paths, validation)
    for one in unresolved_references(document, context):
        path = format_key_path(paths.to(one.location))
        diagnostics.append(Diagnostic(location=one.location, message=one.message, key_path=path))
    if are_of_older_files(one.message for one in diagnostics):
        message = tr(OLDER_FILE)
        diagnostics.append(Diagnostic(location=document.location, message=message))
    if diagnostics:
        raise SpecError([*map(SecretMasker(document).mask, diagnostics)])
    doubtful = questionable(document, context, lambda: _columns_of_file(case, context))
    for one in (*duplicate_step_names(document), *doubtful):
        warn(one.message, one.location)
    return case


def _columns_of_file(case: Case, context: ValidationContext) -> list[str]:
    """Of the CSV file that its rows are in; none where there is none or it cannot be read."""
    source = case.config.data_source if case.config is not None else None
    if source is None or source.type != "csv" or is_template(source.file_path):
        return []
    from pytest_sisyphus.source.rows import csv_columns  # noqa: PLC0415 - hardly any case needs it

    with contextlib.suppress(SpecError):
        path = context.resolve(source.file_path, source.location_of("file_path"))
        return csv_columns(source, path)
    return []
