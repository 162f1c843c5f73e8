"""A digest of whatever the reading of case files depends on besides the files."""

import dataclasses
import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_sisyphus.extensions.loader import Extensions
from pytest_sisyphus.i18n import language
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.steps.builtin import BuiltinStepType

_OUR_FOLDER: Final = Path(__file__).parent.parent
#: modules that the versions tell apart.
_KNOWN: Final = (__name__.partition(".")[0], "pydantic", "pydantic_core", *sys.stdlib_module_names)


class UnknownFingerprintError(Exception):
    """Raised where it cannot be told whether something is the same as before."""


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def fingerprint(
    extensions: Extensions,
    hooks: Iterable[Callable[..., Any]],
    validation: ValidationContext,
    reader: Reader,
) -> str | None:
    """`hooks`: the functions that gave the extensions. None where it cannot be computed."""
    try:
        sources = [digest(Path(file).read_bytes()) for file in sorted(_files(hooks, extensions))]
    except (UnknownFingerprintError, OSError):
        return None
    parts = [
        _our_code(),
        [sys.version, pytest.__version__, version("pydantic")],
        sources,
        [kind.names for kind in _kinds(extensions)],
        [validation.unknown_keys, sorted(validation.given), validation.profile],
        [validation.has_env_file],
        [validation.strict_marks, bool(validation.marks)],
        [language()],  # of the warnings
        [*map(str, reader.roots), str(reader.base)],
    ]
    return digest(json.dumps(parts).encode())


@functools.cache
def _our_code() -> list[Any]:
    """Our version, and our files' stamps: it says too little of what is still worked on."""
    return [version("pytest-sisyphus"), *sorted(_stamps(_OUR_FOLDER))]


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _stamps(Path(entry.path))
        elif entry.name.endswith(".py"):
            found = entry.stat()
            yield entry.path, found.st_size, found.st_mtime_ns


def _kinds(extensions: Extensions) -> tuple[Any, ...]:
    return (
        extensions.steps,
        extensions.checks,
        extensions.extractors,
        extensions.functions,
        extensions.auth_types,
    )


def _files(hooks: Iterable[Callable[..., Any]], extensions: Extensions) -> set[str]:
    """That the extensions' own code stands in."""
    parts = (kind[name] for kind in _kinds(extensions) for name in kind.names)
    fields = [
        getattr(part, field.name)
        for part in parts
        if not isinstance(part, BuiltinStepType)  # its fields are imported when they are asked for
        for field in dataclasses.fields(part)
    ]
    values = [_unwrapped(one) for one in (*hooks, *filter(callable, fields))]
    functions = [one for one in values if not isinstance(one, type) and not _is_known(one)]
    files = {str(_globals(one).get("__file__")) for one in functions}
    named = {one.__module__ for one in functions}
    classes = [base for one in values if isinstance(one, type) for base in one.__mro__]
    others = {one.__module__ for one in classes if not _is_known(one)} - named
    return files | {str(getattr(sys.modules.get(name), "__file__", None)) for name in others}


def _is_known(value: Any) -> bool:
    module = getattr(value, "__module__", None) or ""
    return module.partition(".")[0] in _KNOWN


def _unwrapped(value: Any) -> Any:
    """The function of a `functools.partial`, whose arguments stand in the code that makes it."""
    return _unwrapped(value.func) if isinstance(value, functools.partial) else value


def _globals(function: Any) -> dict[str, Any]:
    """Not by the name of its module: every conftest.py may be called the same."""
    found = getattr(getattr(function, "__func__", function), "__globals__", None)
    if found is None:
        raise UnknownFingerprintError
    made: dict[str, Any] = found
    return made
