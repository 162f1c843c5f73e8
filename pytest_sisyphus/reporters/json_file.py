"""`json` and `json-compact`: the output protocol itself.

One line for each part of a document and for each step: to be read by people as by programs, and
written by the fast encoder, which does not indent.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import AtomicFile, check_folder, write_atomically
from pytest_sisyphus.documents.build import without_meta
from pytest_sisyphus.reporters.compact import compact_entries
from pytest_sisyphus.reporters.json_stream import json_chunks
from pytest_sisyphus.reporters.reporter import Document, RunInfo
from pytest_sisyphus.values import exact_json

#: (document, whether it is one of several) → its entries, each as pieces of JSON.
Entries = Callable[[Document, bool], Iterable[Iterable[str]]]


def verbose(document: Document, _among_others: bool) -> Iterator[Iterable[str]]:
    """The document as one entry, which names its case in any case."""
    yield json_chunks(without_meta(document), _text, line="\n")


def compact(document: Document, among_others: bool) -> Iterator[Iterable[str]]:
    return ([_text(entry)] for entry in compact_entries(document, named=among_others))


class JsonFile:
    """A list of entries; of a run of one case the document itself, or compact entries unnamed."""

    ordered = True
    only_cases = True

    def __init__(self, path: Path, entries: Entries = verbose) -> None:
        self._file = AtomicFile(path)
        self._entries_of = entries
        self._count = 0
        #: the first document, until it is known whether others follow.
        self._first: Document | None = None
        self._is_first = True

    def open(self) -> None:
        self._file.open()

    def add(self, document: Document) -> None:
        if self._is_first:
            self._first, self._is_first = document, False
            return
        self._write_first(among_others=True)
        self._write_entries(document, among_others=True)

    def close(self, info: RunInfo) -> None:
        is_alone = info.cases <= 1
        if self._first is not None and is_alone and self._entries_of is verbose:
            for text in self._entries_of(self._first, False):
                self._write(text)
            self._file.write("\n")
        else:
            self._write_first(among_others=not is_alone)
            self._file.write("\n]\n" if self._count else "[]\n")
        self._file.commit()

    def discard(self) -> None:
        self._file.discard()

    def _write_first(self, *, among_others: bool) -> None:
        first, self._first = self._first, None
        if first is not None:
            self._write_entries(first, among_others=among_others)

    def _write_entries(self, document: Document, *, among_others: bool) -> None:
        for text in self._entries_of(document, among_others):
            self._file.write(",\n" if self._count else "[\n")
            self._count += 1
            self._write(text)

    def _write(self, text: Iterable[str]) -> None:
        for piece in text:
            self._file.write(piece)


class JsonFolder:
    """One file for each case, written as soon as the case is over; other files stay."""

    ordered = False
    only_cases = True

    def __init__(self, path: Path, entries: Entries = verbose) -> None:
        self._path = path
        self._entries_of = entries

    def open(self) -> None:
        check_folder(self._path)

    def add(self, document: Document) -> None:
        entries = ["".join(text) for text in self._entries_of(document, False)]
        text = entries[0] if self._entries_of is verbose else "[\n" + ",\n".join(entries) + "\n]"
        write_atomically(self._path / file_name(document), text + "\n")

    def close(self, _info: RunInfo) -> None:
        """Nothing to do: every file is complete."""

    def discard(self) -> None:
        """Nothing to do: each file is the complete report of its case."""


_UNSAFE: Final = re.compile(r"[^\w.-]+")


def file_name(document: Document) -> str:
    """Safe on every file system; unique, and the same in every run, by the case's node id."""
    nodeid = document["test_case"]["meta"]["nodeid"]
    digest = hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:8]
    readable = _UNSAFE.sub("-", nodeid).strip("-.")
    return f"{readable.encode()[:120].decode(errors='ignore')}-{digest}.json"


def _text(value: Any) -> str:
    return exact_json.dumps(value, ensure_ascii=False, allow_nan=False)
