"""`json` and `json-compact`: the output protocol itself.

One line for each part of a document and for each step: to be read by people as by programs, and
written by the fast encoder, which does not indent.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ..protocol import without_meta
from .brief import entries
from .sink import Document, RunFacts
from .target import Target, check_folder, write_whole

Texts = Callable[[Document], list[str]]


def verbose(document: Document) -> list[str]:
    """The document as one text."""
    return ["".join(_object(without_meta(document)))]


def compact(document: Document) -> list[str]:
    """Each entry of the compact form as a text."""
    return [_text(entry) for entry in entries(document)]


class JsonFile:
    """A list, or, of a run of one case in verbose form, the only document."""

    ordered = True
    only_cases = True

    def __init__(self, path: Path, texts: Texts = verbose) -> None:
        self._target = Target(path)
        self._texts = texts
        self._count = 0
        #: the first text, until it is known whether others follow.
        self._first: str | None = None

    def open(self) -> None:
        self._target.open()

    def add(self, document: Document) -> None:
        for text in self._texts(document):
            self._count += 1
            if self._count == 1:
                self._first = text
                continue
            self._begin_list()
            self._target.write(",\n" + text)

    def close(self, facts: RunFacts) -> None:
        single = self._texts is verbose and self._count == 1 and facts.cases <= 1
        if single:
            self._target.write(f"{self._first}\n")
        else:
            self._begin_list()
            self._target.write("\n]\n" if self._count else "[]\n")
        self._target.commit()

    def discard(self) -> None:
        self._target.discard()

    def _begin_list(self) -> None:
        if self._first is not None:
            self._target.write(f"[\n{self._first}")
            self._first = None


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
        texts = self._texts(document)
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


def _object(document: dict[str, Any]) -> Iterator[str]:
    for number, (key, value) in enumerate(document.items()):
        yield "," if number else "{"
        yield f"\n{_text(key)}: "
        yield _steps(value) if key == "steps" and value else _text(value)
    yield "\n}"


def _steps(steps: list[Any]) -> str:
    return "[\n" + ",\n".join(map(_text, steps)) + "\n]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
