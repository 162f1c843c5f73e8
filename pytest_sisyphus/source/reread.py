"""One document of a file that was read before."""

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.location import Location
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

#: a document may hang on what stands before it, or lines are not what they seem.
_NOT_APART: Final = lazy_pattern("^%|[\x85\u2028\u2029]", re.MULTILINE)


@record(kw_only=False)
class DocumentRef:
    """One document in its file."""

    number: int
    location: Location
    #: which part of the file's text it is alone; None: whoever wants it reads the whole file.
    span: tuple[int, int] | None


def document_spans(
    text: str, locations: Sequence[Location], display_name: str
) -> list[tuple[int, int] | None]:
    """Start and end in the text of the documents that begin at these locations of one file.

    None for each where they cannot be read alone.
    """
    if _NOT_APART.search(text) or any(location.file != display_name for location in locations):
        return [None] * len(locations)
    starts: list[int] = []
    start, line = 0, 1
    for location in locations:
        for _ in range(location.line - line):
            start = text.index("\n", start) + 1
        line = location.line
        starts.append(start + location.column - 1)
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def reread_document(path: Path, reader: Reader, where: DocumentRef) -> Any:
    """The document; read alone, if it can be. Raises SpecError."""
    if where.span is not None:
        start, end = where.span
        before = " " * (where.location.column - 1)
        span = before + reader.text(path)[start:end]
        with contextlib.suppress(SpecError):
            return reader.part(path, span, where.location.line - 1)[0]
    return reader.documents(path)[where.number]
