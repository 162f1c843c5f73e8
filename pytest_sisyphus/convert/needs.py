"""Files that a case reads besides, and that stay as they are."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.convert.draft import Draft, Include
from pytest_sisyphus.convert.reading import find_rows
from pytest_sisyphus.location import LocatedDict, LocatedList

_PATHS: Final = frozenset({"file_path", "files", "body_file", "env_file", "cert", "verify_ssl"})


def needed_files(draft: Draft, source: Path) -> dict[str, Path]:
    """As they are written, and where they are for `source`: they belong beside what is made."""
    named = [*_named(draft.case, is_path=False)]
    found = {one: source.parent / one for one in named if (source.parent / one).is_file()}
    for text, part in draft.parts:
        if part.draft is None:
            # a pattern names several
            name = Path(os.path.relpath(part.path, source.parent)).as_posix()
            found[name if glob.has_magic(text) else text] = part.path
    rows = _rows(draft)
    if rows and (path := find_rows(rows, source)):
        found.setdefault(rows, path)
    return dict(sorted(found.items()))


def missing_rows(draft: Draft, source: Path) -> str:
    """The file of its rows, if it is not found; validation reads none."""
    rows = _rows(draft)
    return rows if rows and find_rows(rows, source) is None else ""


def _rows(draft: Draft) -> str:
    value: Any = draft.case
    for key in ("config", "data_source", "file_path"):
        value = value.get(key) if isinstance(value, LocatedDict) else None
    return str(value) if isinstance(value, str) and "${" not in value else ""


def _named(value: Any, *, is_path: bool) -> Iterator[str]:
    if isinstance(value, LocatedDict):
        for key, child in value.items():
            yield from _named(child, is_path=is_path or key in _PATHS)
    elif isinstance(value, LocatedList):
        for child in value:
            yield from _named(child, is_path=is_path)
    elif is_path and isinstance(value, str) and not isinstance(value, Include) and len(value) < 255:
        yield str(value)
