"""`json` and `json-compact`: the output protocol itself.

One line for each part of a document and for each step: to be read by people as by programs, and
written by the fast encoder, which does not indent.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from .. import jsontext
from ..protocol import without_meta
from .brief import entries
from .pieces import pieces
from .sink import Document, RunFacts
from .target import Target, check_folder, write_whole

#: the entries that a document makes, each in pieces; whether others stand beside them.
Texts = Callable[[Document, bool], Iterable[Iterable[str]]]


def verbose(document: Document, _among_others: bool) -> Iterator[Iterable[str]]:
    """The document as one entry, which names its case anyway."""
    yield pieces(without_meta(document), _text, line="\n")


def compact(document: Document, among_others: bool) -> Iterator[Iterable[str]]:
    """Each entry of the compact form."""
    return ([_text(entry)] for entry in entries(document, named=among_others))


class JsonFile:
    """A list; of a run of one case verbose is its document, and compact does not name it."""

    ordered = True
    only_cases = True

    def __init__(self, path: Path, texts: Texts = verbose) -> None:
        self._target = Target(path)
        self._texts = texts
        self._count = 0
        #: the first document, until it is known whether others follow.
        self._held: Document | None = None
        self._is_first = True

    def open(self) -> None:
        self._target.open()

    def add(self, document: Document) -> None:
        if self._is_first:
            self._held, self._is_first = document, False
            return
        self._release(among_others=True)
        self._list(document, among_others=True)

    def close(self, facts: RunFacts) -> None:
        is_alone = facts.cases <= 1
        if self._held is not None and is_alone and self._texts is verbose:
            for text in self._texts(self._held, False):
                self._write(text)
            self._target.write("\n")
        else:
            self._release(among_others=not is_alone)
            self._target.write("\n]\n" if self._count else "[]\n")
        self._target.commit()

    def discard(self) -> None:
        self._target.discard()

    def _release(self, *, among_others: bool) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._list(held, among_others=among_others)

    def _list(self, document: Document, *, among_others: bool) -> None:
        for text in self._texts(document, among_others):
            self._target.write(",\n" if self._count else "[\n")
            self._count += 1
            self._write(text)

    def _write(self, text: Iterable[str]) -> None:
        for piece in text:
            self._target.write(piece)


class JsonFolder:
    """One file for each case, written as soon as the case is over; other files stay."""

    ordered = False
    only_cases = True

    def __init__(self, path: Path, texts: Texts = verbose) -> None:
        self._path = path
        self._texts = texts

    def open(self) -> None:
        check_folder(self._path)

    def add(self, document: Document) -> None:
        texts = ["".join(text) for text in self._texts(document, False)]
        text = texts[0] if self._texts is verbose else "[\n" + ",\n".join(texts) + "\n]"
        write_whole(self._path / file_name(document), text + "\n")

    def close(self, _facts: RunFacts) -> None:
        """Every file is complete already."""

    def discard(self) -> None:
        """What is there stays: each file is the whole truth of its case."""


_UNSAFE: Final = re.compile(r"[^\w.-]+")


def file_name(document: Document) -> str:
    """Safe on every file system; unique, and the same in every run, by the case's node id."""
    nodeid = document["test_case"]["meta"]["nodeid"]
    digest = hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:8]
    readable = _UNSAFE.sub("-", nodeid).strip("-.")
    return f"{readable.encode()[:120].decode(errors='ignore')}-{digest}.json"


def _text(value: Any) -> str:
    return jsontext.dumps(value, ensure_ascii=False, allow_nan=False)
