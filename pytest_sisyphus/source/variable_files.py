"""The files of `--sisyphus-vars`: variables for all cases of a run, in YAML or JSON."""

import os
from collections.abc import Sequence
from pathlib import Path

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.json_reader import read_json
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.variable_names import unusable_name
from pytest_sisyphus.values.describe import short_json


def read_variable_files(paths: Sequence[Path]) -> LocatedDict:
    """What the files say by name, later ones over earlier ones. Raises SpecError."""
    found = LocatedDict(Location("", 1))
    for path in paths:
        found.merge(_read(path))
    return found


def _read(path: Path) -> LocatedDict:
    folder = Path.cwd()
    shown = os.path.relpath(path, folder) if path.is_relative_to(folder) else str(path)
    reader = Reader(roots=(path.parent.resolve(),), base=folder)
    if path.suffix.lower() == ".json":
        documents = [read_json(reader.text(path), shown, ValueBudget())]
    else:
        documents = reader.documents(path)
    start = Location(shown, 1)
    if not documents or documents == [None]:
        return LocatedDict(start)
    if len(documents) > 1:
        location = getattr(documents[1], "location", start)
        raise SpecError.at(
            location, tr("a file of variables is one mapping: here a second YAML document begins")
        )
    variables = documents[0]
    if not isinstance(variables, LocatedDict):
        said = tr(
            "a file of variables is a mapping of their names, not {value}",
            value=short_json(variables),
        )
        raise SpecError.at(getattr(variables, "location", start), redact_text(said))
    diagnostics = [
        Diagnostic(location=location, message=message)
        for name, location in variables.key_locations.items()
        if (message := unusable_name(name))
    ]
    if diagnostics:
        raise SpecError(diagnostics)
    return variables
