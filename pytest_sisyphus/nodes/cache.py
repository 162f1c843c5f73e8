"""Metadata of cases that earlier sessions collected, in pytest's cache.

For a run nothing of it is believed: what runs is read, and compared with its metadata. It may be
deleted, half-written or of another project: then it counts as empty.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.location import NOWHERE
from pytest_sisyphus.nodes.discovery import is_reporting_worker
from pytest_sisyphus.nodes.fingerprint import digest
from pytest_sisyphus.nodes.marks import marker_line
from pytest_sisyphus.nodes.metadata import CaseMetadata, from_plain, to_plain

if TYPE_CHECKING:
    from pytest_sisyphus.nodes.case_source import CaseSource

Entry = dict[str, Any]
#: a file that names another one, and how it names it.
Reference = tuple[Path, str]


class CollectionCache:
    """A plugin object: the cache is written when all is collected."""

    def __init__(self, folder: Path, *, writes: bool) -> None:
        self._folder = folder
        self._writes = writes
        self._folders: dict[Path, _FolderEntries] = {}

    def metadata(self, source: "CaseSource", messages: list[str]) -> list[CaseMetadata] | None:
        """That of a file that has not changed since it was read, else None. Its warnings are added
        to `messages`."""
        entry = self._entries(source).entry(source.path.name)
        try:
            if entry["identity"] != _identity(source):
                return None
            if entry["states"] != _states(source, entry["dependencies"]):
                return None
            cases = [*map(from_plain, entry["cases"])]
            messages += entry["warnings"]
        except (LookupError, TypeError, ValueError, OSError, SisyphusError):
            return None
        return cases

    def store(
        self,
        source: "CaseSource",
        cases: Sequence[CaseMetadata],
        references: Sequence[Reference],
        messages: Sequence[str],
    ) -> None:
        """`references`: other files that it needs; `messages`: the warnings."""
        dependencies = {
            "includes": [[str(near), text] for near, text in source.file_cache().includes],
            "files": [[str(near), str(text)] for near, text in dict.fromkeys(references)],
            "tags": sorted({tag for case in cases for tag in case.tags}),
            "marks": sorted({mark.name for case in cases for mark in case.marks}),
        }
        try:
            states = _states(source, dependencies)
        except (OSError, SisyphusError):
            return
        plain = [*map(to_plain, cases)]
        if None in plain or None in states["marks"]:
            return  # an unknown mark: its hint depends on all that are registered
        entry = {
            "identity": _identity(source),
            "dependencies": dependencies,
            "states": states,
            "cases": plain,
            "warnings": [*messages],
        }
        self._entries(source).put(source.path.name, entry)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        for entries in self._folders.values() if self._writes else ():
            entries.write()
        self._folders.clear()

    def _entries(self, source: "CaseSource") -> "_FolderEntries":
        folder = source.path.parent
        if folder not in self._folders:
            name = f"{digest(os.fsencode(folder))}.txt"
            self._folders[folder] = _FolderEntries(self._folder / name, folder)
        return self._folders[folder]


def _identity(source: "CaseSource") -> str:
    inherited = source.inherited
    outside = f"{source.context.fingerprint}{inherited.digest if inherited else ''}"
    return digest(outside.encode() + source.content.bytes())


def _states(source: "CaseSource", dependencies: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What the file depends on, as it is now, in JSON's types: included and called files by their
    content and that of their project configuration, others by size and time, tags and marks by
    their registered lines.

    Raises SisyphusError, OSError.
    """
    reader, marks = source.reader(), source.context.validation.marks
    projects = source.context.projects

    def state(path: Path) -> list[str]:
        inherited = projects.of(path.parent)
        content = reader.file_cache.content(path, reader.display_path(path))
        return [str(path), digest(content), inherited.digest if inherited else ""]

    return {
        "includes": [
            [state(path) for path in reader.included(text, Path(near), NOWHERE)]
            for near, text in dependencies["includes"]
        ],
        "files": [
            [str(path), path.stat().st_size, path.stat().st_mtime_ns]
            for near, text in dependencies["files"]
            for path in [reader.resolve(text, Path(near), NOWHERE)]
        ],
        # tags are registered when they are first seen
        "tags": [
            None if (line := marks.get(tag)) == marker_line(tag) else line
            for tag in dependencies["tags"]
        ],
        "marks": [marks.get(name) for name in dependencies["marks"]],
    }


class _FolderEntries:
    """The entries of one folder of case files, a line each: the rest stays as it is."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._lines: dict[str, bytes] = {}
        self._seen: set[str] = set()
        self._is_changed = False
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            checksum, _, lines = path.read_bytes().partition(b"\n")
            if checksum.decode() == digest(lines):
                self._lines = {
                    _DECODER.raw_decode(line.decode(), 1)[0]: line for line in lines.splitlines()
                }

    def entry(self, name: str) -> Entry:
        self._seen.add(name)
        line = self._lines.get(name, b"")
        with contextlib.suppress(ValueError, RecursionError):
            entry: Entry = json.loads(line)[1]
            return entry
        return {}

    def put(self, name: str, entry: Entry) -> None:
        self._lines[name] = json.dumps([name, entry]).encode()
        self._is_changed = True

    def write(self) -> None:
        """Whole or not at all."""
        if not self._is_changed:
            return
        known = [
            line
            for name, line in self._lines.items()
            if name in self._seen or (self._folder / name).exists()
        ]
        lines = b"\n".join(known)
        with contextlib.suppress(OSError):
            place, name = tempfile.mkstemp(dir=self._path.parent)
            try:
                with open(place, "wb") as file:  # noqa: PTH123 - an open file's number
                    file.write(digest(lines).encode() + b"\n" + lines)
                os.replace(name, self._path)  # noqa: PTH105
            except OSError:
                os.unlink(name)  # noqa: PTH108


_DECODER: Final = json.JSONDecoder()
_NAME: Final = "sisyphus-collected"
_CACHE: Final = pytest.StashKey[CollectionCache | None]()


def cache_of(config: pytest.Config) -> CollectionCache | None:
    """None with `-p no:cacheprovider`, or where nothing can be written."""
    if _CACHE not in config.stash:
        cache = None
        if (pytests := getattr(config, "cache", None)) is not None:
            with contextlib.suppress(OSError):
                folder = pytests.mkdir(_NAME)
                cache = CollectionCache(folder, writes=is_reporting_worker(config))
        config.stash[_CACHE] = cache
        if cache is not None:
            config.pluginmanager.register(cache, _NAME)
    return config.stash[_CACHE]
