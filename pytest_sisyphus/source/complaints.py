"""What pydantic says of a document, in the dialect's words and with its places."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.source.diagnostics import Diagnostic
from pytest_sisyphus.source.key_paths import KeyPath, KeyPathIndex, format_key_path
from pytest_sisyphus.spec.context import ValidationContext, locate
from pytest_sisyphus.spec.key_hints import sections_allowing


def complaints_of(
    error: ValidationError,
    document: LocatedDict,
    paths: KeyPathIndex,
    validation: ValidationContext,
) -> list[Diagnostic]:
    """`paths`: of the document."""
    return [_diagnostic(line, document, paths, validation) for line in error.errors()]


def _diagnostic(
    line: Any, document: LocatedDict, paths: KeyPathIndex, validation: ValidationContext
) -> Diagnostic:
    context: Mapping[str, Any] = line.get("ctx") or {}
    loc = _written(tuple(one for one in line["loc"] if one != "[key]"), document)
    known = locate(document, loc)
    location = context.get("location") or known or document.location
    message, key = context.get("message", line["msg"]), context.get("unknown_key")
    # 'file' where there is 'file_path' is no key of another section
    if key is not None and f"did you mean '{key}_" not in message:
        sections = sections_allowing(key, validation)
        if sections:
            message = f"unknown key {key!r} here; it belongs in {' or '.join(sections)}"
    return Diagnostic(
        location=location,
        message=message,
        key_path=format_key_path(loc if known == location else paths.to(location, loc)),
    )


def _written(loc: KeyPath, document: LocatedDict) -> KeyPath:
    """The key path up to where the document has it: short forms stand for keys that it has not."""
    value: Any = document
    for depth, step in enumerate(loc):
        if not isinstance(value, LocatedDict | LocatedList):
            return loc[:depth]
        try:
            value = value[step]
        except (LookupError, TypeError):
            return loc
    return loc
