"""Where the wanted cases live, found without importing anything.

1. The stored node id names a file; if the file says the case's id or key, that is the place.
2. For the rest the texts of the suite's files are searched for `case_id … 1001` and
   `case_key … order-create`, in Python as in YAML.
3. What is written nowhere may still be computed. A stored node id whose file and function exist is
   believed; otherwise every file whose marks are not plain literals is a candidate, and where
   marks are made outside the test files (a conftest, a shared module), every file is.

So a case is called *not found* only when nothing that could carry it was left out.
"""

import dataclasses
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from .pulled import WantedCase

YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})

#: a mark whose one argument is a literal: what the text search can read.
_LITERAL_MARK: Final = re.compile(
    r"""mark\.sisyphus\(\s*case_(?:id|key)\s*=\s*(?:\d+|"[^"\n]*"|'[^'\n]*')\s*"""
    r"""(?:,\s*case_(?:id|key)\s*=\s*(?:\d+|"[^"\n]*"|'[^'\n]*')\s*)?,?\s*\)"""
)
_ANY_MARK: Final = re.compile(r"\bsisyphus\b")
_WRITTEN: Final = re.compile(
    r"""\bcase_(id|key)["']?[ \t]*[:=][ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"',)}\]#]+))"""
)
_COMMENT: Final = re.compile(r"#[^\n]*")
_INCLUDE: Final = "!include"

Identity = tuple[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
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
                yield from (here / name for name in sorted(files) if _is_text_of_interest(name))

    def holds_tests(self, path: Path) -> bool:
        if path.suffix in YAML_SUFFIXES:
            return True
        return any(_fits(path, pattern) for pattern in self.python_files)

    def _is_ignored(self, folder: Path) -> bool:
        if (folder / "pyvenv.cfg").is_file() or folder.name == "__pycache__":
            return True
        return any(_fits(folder, pattern) for pattern in self.ignored_folders)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Files to collect. None: every file of the suite."""

    files: frozenset[Path] | None
    #: by execution case id: the files whose failing to import would explain its absence.
    of_case: Mapping[int, frozenset[Path]]


def find(cases: Sequence[WantedCase], suite: Suite, *, beside: Path) -> Places:
    """`beside`: where node ids start if not at the root (pytest's invocation directory)."""
    texts = _Texts()
    stored = {case.execution_case_id: _stored(case, suite.root, beside) for case in cases}
    of_case = {key: _if_written(case, stored[key], texts) for key, case in _by_key(cases)}
    files: frozenset[Path] | None = frozenset()
    missing = [case for key, case in _by_key(cases) if not of_case[key]]
    if missing:
        scan = _Scan(suite, missing)
        scan.run(texts)
        for key, case in _by_key(missing):
            of_case[key] = scan.found(key) | _if_named(case, stored[key], texts)
        if not all(of_case.values()):
            files = None if scan.marks_elsewhere else frozenset(scan.computed)
    if files is not None:
        files = files.union(*of_case.values())
    expected = {key: of_case[key] or _only(stored[key]) for key in of_case}
    return Places(files=files, of_case=expected)


def _by_key(cases: Iterable[WantedCase]) -> Iterator[tuple[int, WantedCase]]:
    return ((case.execution_case_id, case) for case in cases)


def _only(path: Path | None) -> frozenset[Path]:
    return frozenset() if path is None else frozenset({path})


class _Texts:
    """Each file is read once by the first step, and only what was found in it is kept."""

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
    """What a file says of cases: ("id", "1001"), ("key", "order-create")."""
    if "case_id" not in text and "case_key" not in text:
        return frozenset()
    found = _WRITTEN.findall(text)
    return frozenset((kind, double or single or bare) for kind, double, single, bare in found)


def computes_marks(text: str) -> bool:
    return "sisyphus" in text and bool(_ANY_MARK.search(_LITERAL_MARK.sub("", text)))


def _wanted_identities(case: WantedCase) -> set[Identity]:
    wanted = {("key", case.case_key)} if case.case_key else set()
    return wanted | ({("id", str(case.case_id))} if case.case_id is not None else set())


def _stored(case: WantedCase, root: Path, beside: Path) -> Path | None:
    """The file of the stored node id, whether or not it is there."""
    name = case.nodeid.partition("::")[0]
    if not name:
        return None
    candidates = [root / name, beside / name]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _if_written(case: WantedCase, path: Path | None, texts: _Texts) -> frozenset[Path]:
    if path is None or not path.is_file():
        return frozenset()
    written = texts.identities(path) & _wanted_identities(case)
    return frozenset({path}) if written else frozenset()


def _if_named(case: WantedCase, path: Path | None, texts: _Texts) -> frozenset[Path]:
    """The stored node id, believed: its file is there, and in it a function of that name."""
    if path is None or not path.is_file():
        return frozenset()
    name = case.nodeid.partition("[")[0].rpartition("::")[2]
    return frozenset({path}) if name and name in texts.read(path) else frozenset()


class _Scan:
    """One pass over the texts of the suite."""

    def __init__(self, suite: Suite, missing: Iterable[WantedCase]) -> None:
        self._suite = suite
        self._wanted: dict[Identity, list[int]] = {}
        for case in missing:
            for identity in _wanted_identities(case):
                self._wanted.setdefault(identity, []).append(case.execution_case_id)
        self._includers: list[tuple[Path, str]] = []
        self.of_case: dict[int, set[Path]] = {}
        #: test files whose marks the text search cannot read.
        self.computed: set[Path] = set()
        #: marks are made outside of the test files.
        self.marks_elsewhere = False

    def run(self, texts: _Texts) -> None:
        for path in self._suite.files():
            self._look(path, texts.read(path))
        for found in self.of_case.values():
            found.update(*map(self._including, tuple(found)))

    def found(self, key: int) -> frozenset[Path]:
        return frozenset(self.of_case.get(key, ()))

    def _look(self, path: Path, text: str) -> None:
        if path.suffix in YAML_SUFFIXES and _INCLUDE in text:
            self._includers.append((path, text))
        if not self._suite.holds_tests(path):
            self.marks_elsewhere |= bool(_ANY_MARK.search(text))
            return
        for identity in identities(text) & self._wanted.keys():
            for key in self._wanted[identity]:
                self.of_case.setdefault(key, set()).add(path)
        if path.suffix == ".py" and computes_marks(text):
            self.computed.add(path)

    def _including(self, part: Path) -> set[Path]:
        """A case's identity may stand in a file that the case file includes."""
        return {path for path, text in self._includers if part.name in text or "*" in text}


def _is_text_of_interest(name: str) -> bool:
    return name.endswith((".py", ".yaml", ".yml"))


def _fits(path: Path, pattern: str) -> bool:
    """As pytest matches: a pattern without a slash is one of the name."""
    if "/" not in pattern:
        return fnmatch.fnmatch(path.name, pattern)
    return fnmatch.fnmatch(str(path), pattern if pattern.startswith("/") else f"*/{pattern}")
