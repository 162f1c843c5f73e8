"""Which files the wanted cases are in, found without importing anything.

1. The stored node id names a file; where its text has the case's id or key, it is that file.
2. For the rest the texts of the suite's files are searched for `case_id … 1001` and
   `case_key … order-create`, in Python as in YAML.
3. What is written nowhere may still be computed. A stored node id whose file and function exist is
   believed; otherwise every file whose marks are not plain literals is a candidate, and where
   marks are made outside the test files (a conftest, a shared module), every file is.

So a case is called *not found* only when nothing that could carry it was left out.
"""

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.values.record import record

YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})

#: a mark whose one argument is a literal: what the text search can read.
_LITERAL_MARK: Final = re.compile(
    r"""mark\.sisyphus\(\s*case_(?:id|key)\s*=\s*(?:\d+|"[^"\n]*"|'[^'\n]*')\s*"""
    r"""(?:,\s*case_(?:id|key)\s*=\s*(?:\d+|"[^"\n]*"|'[^'\n]*')\s*)?,?\s*\)"""
)
_ANY_MARK: Final = re.compile(r"\bsisyphus\b")
_IDENTITY: Final = re.compile(
    r"""\bcase_(id|key)["']?[ \t]*[:=][ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"',)}\]#]+))"""
)
_COMMENT: Final = re.compile(r"#[^\n]*")
_INCLUDE: Final = "!include"

Identity = tuple[str, str]


@record
class Suite:
    """Which files pytest would look at, without the options that belong to one run."""

    root: Path
    #: where to search.
    paths: tuple[Path, ...]
    python_files: tuple[str, ...]
    ignored_folders: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        for path in self.paths:
            if path.is_file():
                yield path
                continue
            for folder, names, files in os.walk(path):
                here = Path(folder)
                names[:] = sorted(name for name in names if not self._is_ignored(here / name))
                texts = sorted(name for name in files if name.endswith((".py", ".yaml", ".yml")))
                yield from (here / name for name in texts)

    def is_test_file(self, path: Path) -> bool:
        if path.suffix in YAML_SUFFIXES:
            return True
        return any(_matches(path, pattern) for pattern in self.python_files)

    def _is_ignored(self, folder: Path) -> bool:
        if (folder / "pyvenv.cfg").is_file() or folder.name == "__pycache__":
            return True
        return any(_matches(folder, pattern) for pattern in self.ignored_folders)


@record
class CaseLocations:
    """Files to collect. None: every file of the suite."""

    files: frozenset[Path] | None
    #: by execution case id: the files whose failing to import would explain its absence.
    files_of_case: Mapping[int, frozenset[Path]]


def locate_cases(
    cases: Sequence[WantedCase], suite: Suite, *, invocation_dir: Path
) -> CaseLocations:
    """`invocation_dir`: where node ids start if not at the root (pytest's invocation directory)."""
    texts = _FileTexts()
    by_row = {case.execution_case_id: case for case in cases}
    stored = {row: _stored_file(case, suite.root, invocation_dir) for row, case in by_row.items()}
    existing = {row: path for row, path in stored.items() if path is not None and path.is_file()}
    found: dict[int, frozenset[Path]] = dict.fromkeys(by_row, frozenset())
    for row, path in existing.items():
        if texts.identities(path) & _wanted_identities(by_row[row]):
            found[row] = frozenset({path})
    files: frozenset[Path] | None = frozenset()
    missing = {row: case for row, case in by_row.items() if not found[row]}
    if missing:
        scan = _Scan(suite, missing.values())
        scan.run(texts)
        for row, case in missing.items():
            found[row] = frozenset(scan.files_of_case.get(row, ()))
            # the stored node id is believed where its file has a function of that name
            name = case.nodeid.partition("[")[0].rpartition("::")[2]
            if row in existing and name and name in texts.read(existing[row]):
                found[row] |= {existing[row]}
        if not all(found.values()):
            files = None if scan.marks_elsewhere else frozenset(scan.computed)
    if files is not None:
        files = files.union(*found.values())
    expected = {
        row: paths or frozenset(filter(None, (stored[row],))) for row, paths in found.items()
    }
    return CaseLocations(files=files, files_of_case=expected)


class _FileTexts:
    """Reads files; keeps the identities that it found in them, not their texts."""

    def __init__(self) -> None:
        self._identities: dict[Path, frozenset[Identity]] = {}

    def read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def identities(self, path: Path) -> frozenset[Identity]:
        """Comments aside: a case that is only mentioned must still be searched for."""
        if path not in self._identities:
            self._identities[path] = identities(_COMMENT.sub("", self.read(path)))
        return self._identities[path]


def identities(text: str) -> frozenset[Identity]:
    """The ids and keys of cases in a text: {("id", "1001"), ("key", "order-create")}."""
    if "case_id" not in text and "case_key" not in text:
        return frozenset()
    found = _IDENTITY.findall(text)
    return frozenset((kind, double or single or bare) for kind, double, single, bare in found)


def computes_marks(text: str) -> bool:
    return "sisyphus" in text and bool(_ANY_MARK.search(_LITERAL_MARK.sub("", text)))


def _wanted_identities(case: WantedCase) -> set[Identity]:
    wanted = {("key", case.case_key)} if case.case_key else set()
    return wanted | ({("id", str(case.case_id))} if case.case_id is not None else set())


def _stored_file(case: WantedCase, root: Path, invocation_dir: Path) -> Path | None:
    """The file of the stored node id, whether or not it is there."""
    name = case.nodeid.partition("::")[0]
    if not name:
        return None
    candidates = [root / name, invocation_dir / name]
    return next((path for path in candidates if path.is_file()), candidates[0])


class _Scan:
    """One pass over the texts of the suite, for the cases whose stored file does not name them."""

    def __init__(self, suite: Suite, missing: Iterable[WantedCase]) -> None:
        self._suite = suite
        self._wanted: dict[Identity, list[int]] = {}
        for case in missing:
            for identity in _wanted_identities(case):
                self._wanted.setdefault(identity, []).append(case.execution_case_id)
        self._includers: list[tuple[Path, str]] = []
        self.files_of_case: dict[int, set[Path]] = {}
        #: test files whose marks the text search cannot read.
        self.computed: set[Path] = set()
        #: marks are made outside of the test files.
        self.marks_elsewhere = False

    def run(self, texts: _FileTexts) -> None:
        for path in self._suite.files():
            text = texts.read(path)
            if path.suffix in YAML_SUFFIXES and _INCLUDE in text:
                self._includers.append((path, text))
            if not self._suite.is_test_file(path):
                self.marks_elsewhere |= bool(_ANY_MARK.search(text))
                continue
            for identity in identities(text) & self._wanted.keys():
                for row in self._wanted[identity]:
                    self.files_of_case.setdefault(row, set()).add(path)
            if path.suffix == ".py" and computes_marks(text):
                self.computed.add(path)
        self._add_including_files()

    def _add_including_files(self) -> None:
        """A case's identity may stand in a file that the case file includes."""
        for found in self.files_of_case.values():
            for part in tuple(found):
                found.update(
                    path for path, text in self._includers if part.name in text or "*" in text
                )


def _matches(path: Path, pattern: str) -> bool:
    """As pytest matches: a pattern without a slash is one of the name."""
    if "/" not in pattern:
        return fnmatch.fnmatch(path.name, pattern)
    return fnmatch.fnmatch(str(path), pattern if pattern.startswith("/") else f"*/{pattern}")
