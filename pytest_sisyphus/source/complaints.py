"""What pydantic says of a document, in the dialect's words and with its places."""

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from pytest_sisyphus.extensions.registry import followed
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict, LocatedList
from pytest_sisyphus.source.diagnostics import Diagnostic
from pytest_sisyphus.source.key_paths import KeyPath, KeyPathIndex, format_key_path
from pytest_sisyphus.spec.context import ValidationContext, locate
from pytest_sisyphus.spec.key_hints import sections_allowing
from pytest_sisyphus.values.describe import either


def complaints_of(
    error: ValidationError,
    document: LocatedDict,
    paths: KeyPathIndex,
    validation: ValidationContext,
) -> list[Diagnostic]:
    """`paths`: of the document."""
    diagnostics = []
    for line in error.errors():
        context: Mapping[str, Any] = line.get("ctx") or {}
        loc = _written(tuple(one for one in line["loc"] if one != "[key]"), document)
        known = locate(document, loc)
        location = context.get("location") or known or document.location
        message, key = context.get("message", line["msg"]), context.get("unknown_key")
        # 'file' where there is 'file_path' is no key of another section
        if key is not None and f"'{key}_" not in message:
            sections = sections_allowing(key, validation)
            if sections:
                message = tr(
                    "unknown key {key!r} here; it belongs in {sections}",
                    key=key,
                    sections=either(sections),
                )
        if example := context.get("example"):
            message = followed(message, tr("; for example {form}", form=_in_one_line(example)))
        key_path = format_key_path(loc if known == location else paths.to(location, loc))
        diagnostics.append(Diagnostic(location=location, message=message, key_path=key_path))
    return diagnostics


def _in_one_line(example: str) -> str:
    """A key and its value."""
    if "\n" not in example:
        return example
    value = yaml.safe_load(example)
    flow = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000).strip()
    return flow.removeprefix("{").removesuffix("}")


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
