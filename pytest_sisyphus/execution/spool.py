"""Results on disk before they are on the network.

A spool is one file per run, JSON lines, each `{"crc": "8 hex digits", "record": {…}}`, where crc
is that of the record's canonical text. Records:

* `run`, the first: which execution, which runner;
* `start` (`body`) of a `start` call that did not get through at once, `started` when it did;
* `begun` (`body`: the result of its case if pytest is killed while the test runs) for each test of
  a case, `over` (`nodeid`) for one that ended before its case did;
* `result` (`body`), `sent` (the `ids` that the orchestrator confirmed);
* `end`: how the run ended, the path and body of its last call;
* `incomplete`: the disk did not take some record. Room for this one is kept behind the first line.

Secrets are never written, and nobody else may read it. Only our own results are synced to the disk
one by one: losing a `sent` record means sending again, which is harmless, and the others outlive
the end of a process without it.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import sync_folder
from pytest_sisyphus.i18n import of_library, tr
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.numbers import number

FOLDER: Final = Path(".sisyphus") / "spool"
#: a spool is named after its execution and its runner.
_NAME: Final = re.compile(r"(\d{1,18})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl")

Record = Mapping[str, Any]


class Spool:
    """The spool of this run. Its methods never raise; `problem`: what went wrong, if anything."""

    def __init__(self, path: Path, run: Record) -> None:
        self.path = path
        self.problem = ""
        self._file: FileIO | None = None
        self._lock = threading.Lock()
        self._is_torn = False
        self._run = run
        self._is_published = False
        #: offset at which an `incomplete` record fits; None once it is written.
        self._incomplete_at: int | None = None

    def open(self) -> None:
        try:
            with contextlib.suppress(FileExistsError):
                self.path.parent.parent.mkdir(mode=0o700, parents=True)
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            ignore = self.path.parent.parent / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            # unbuffered: what a full disk refused must not be written again with the next record
            self._file = open(  # noqa: SIM115
                self._new_path,
                "xb",
                buffering=0,
                # it holds what failed and why: only its owner may read it
                opener=lambda path, flags: os.open(path, flags, 0o600),
            )
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.problem = f"{self.path}: {of_library(error.strerror or str(error))}"
        self._append()

    @property
    def _new_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new")

    def start(self, body: Record) -> None:
        self._append({"kind": "start", "body": body})

    def started(self) -> None:
        self._append({"kind": "started"})

    def begun(self, body: Record) -> None:
        self._append({"kind": "begun", "body": body})

    def over(self, nodeid: str) -> None:
        self._append({"kind": "over", "nodeid": nodeid})

    def result(self, body: Record) -> bool:
        """Whether it is safe on the disk."""
        return self._append({"kind": "result", "body": body}, sync=True)

    def sent(self, ids: Iterable[str]) -> None:
        self._append({"kind": "sent", "ids": list(ids)})

    def end(self, path: str, body: Record) -> None:
        self._append({"kind": "end", "path": path, "body": body}, sync=True)

    def close(self, *, keep: bool) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
            if not keep:
                self.path.unlink(missing_ok=True)
            self._new_path.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"{self.path}: {of_library(error.strerror or str(error))}"
        self._file = None

    def _append(self, *records: Record, sync: bool = False) -> bool:
        """Called by the session and by the sender's thread."""
        with self._lock:
            if self._file is None:
                return False
            try:
                self._publish(self._file)
                for record in records:
                    self._write(self._file, encode(record))
                if sync:
                    os.fsync(self._file.fileno())
            except OSError as error:
                self.problem = f"{self.path}: {of_library(error.strerror or str(error))}"
                if self._incomplete_at is not None:
                    with contextlib.suppress(OSError):
                        line = encode({"kind": "incomplete"})
                        os.pwrite(self._file.fileno(), line, self._incomplete_at)
                        self._incomplete_at = None
                return False
            return True

    def _publish(self, file: FileIO) -> None:
        """Write the first line, and only then give the file its name: a killed process leaves no
        spool without one. On a disk that was full then, it is tried again with each record."""
        if self._is_published:
            return
        file.truncate(0)  # of an attempt that the disk had no room for
        file.seek(0)
        self._is_torn = False
        first = encode({"kind": "run", **self._run})
        self._write(file, first + b" " * (len(encode({"kind": "incomplete"})) - 1) + b"\n")
        self._incomplete_at = len(first)
        os.fsync(file.fileno())
        self._new_path.rename(self.path)
        self._is_published = True
        # a new file outlives a power cut only when the folders to it are on the disk as well
        for folder in self.path.parents[: len(FOLDER.parts) + 1]:
            sync_folder(folder)

    def _write(self, file: FileIO, line: bytes) -> None:
        # after a write that failed half way, a new line keeps the next record readable
        rest = memoryview(b"\n" + line if self._is_torn else line)
        self._is_torn = True
        while rest:
            rest = rest[file.write(rest) :]
        self._is_torn = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeftSpool:
    """What an earlier run left, as far as it can be read."""

    path: Path
    execution_id: int
    #: empty: the spool does not say.
    execution_no: str
    runner_id: str
    #: body of a `start` call that did not get through.
    start: Record | None
    #: every outcome that the run had, oldest first.
    results: tuple[Record, ...]
    #: ids of those that the orchestrator confirmed.
    sent: frozenset[str]
    #: results of the cases whose tests ran when their pytest was killed.
    in_flight: tuple[Record, ...]
    #: path and body of the run's last call; None where it was killed before.
    end: tuple[str, Record] | None
    #: the disk was full: records are missing, and nothing follows from that.
    is_incomplete: bool
    damaged_lines: int


class SpoolUnreadableError(ValueError):
    """the file is no spool"""


def read_spool(path: Path) -> LeftSpool:
    """Damaged lines are counted and skipped. Raises SpoolUnreadableError where nothing names the
    execution, or OSError."""
    lines = path.read_bytes().split(b"\n")
    records = [decode(line) for line in lines if line.strip()]
    readable = [record for record in records if record is not None]
    run = next((one for one in readable if one["kind"] == "run"), None)
    if run is None:  # the first line is damaged, but the name says the same
        named = _NAME.match(path.name)
        if not readable or named is None:
            raise SpoolUnreadableError(
                tr("{path}: not a spool, or its first line is damaged", path=path)
            )
        run = {"executionId": int(named[1]), "runnerId": named[2]}
    ends = [(one["path"], one["body"]) for one in readable if one["kind"] == "end"]
    is_started = any(one["kind"] == "started" for one in readable)
    is_incomplete = any(one["kind"] == "incomplete" for one in readable)
    starts = [one["body"] for one in readable if one["kind"] == "start" and not is_started]
    return LeftSpool(
        path=path,
        execution_id=run["executionId"],
        execution_no=str(run.get("executionNo") or ""),
        runner_id=run["runnerId"],
        start=starts[-1] if starts else None,
        results=tuple(one["body"] for one in readable if one["kind"] == "result"),
        sent=frozenset(id_ for one in readable if one["kind"] == "sent" for id_ in one["ids"]),
        in_flight=() if ends or is_incomplete else tuple(_in_flight(readable)),
        end=ends[-1] if ends else None,
        is_incomplete=is_incomplete,
        damaged_lines=len(records) - len(readable),
    )


def _in_flight(readable: Sequence[Record]) -> Iterable[Record]:
    """One a case, of the test that began first."""
    running: dict[str, list[Record]] = {}
    for record in readable:
        if record["kind"] == "begun":
            running.setdefault(record["body"]["pytestNodeid"], []).append(record["body"])
        elif record["kind"] == "over":
            running.pop(record["nodeid"], None)
    decided = {one["body"]["executionCaseId"] for one in readable if one["kind"] == "result"}
    for body in chain.from_iterable(running.values()):
        if body["executionCaseId"] not in decided:
            decided.add(body["executionCaseId"])
            yield body


def is_in_use(path: Path) -> bool:
    """Whether a living session writes it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def encode(record: Record) -> bytes:
    return exact_json.dumps({"crc": _crc(record), "record": record}).encode() + b"\n"


def decode(line: bytes) -> Record | None:
    """The record; None for a damaged line."""
    try:
        stored = json.loads(line, parse_float=number)
        record = stored["record"]
        is_whole = stored["crc"] == _crc(record)
        is_whole = is_whole and _CHECKS.get(record["kind"], lambda _: True)(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if is_whole else None


def _is_body(body: Any) -> bool:
    numbers = body["executionCaseId"], body["status"]
    return isinstance(body["resultId"], str) and all(isinstance(one, int) for one in numbers)


#: what is read of a record; one of a kind that a later version wrote is passed over.
_CHECKS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "run": lambda one: isinstance(one["executionId"], int) and isinstance(one["runnerId"], str),
    "start": lambda one: isinstance(one["body"], dict),
    "begun": lambda one: _is_body(one["body"]) and isinstance(one["body"]["pytestNodeid"], str),
    "over": lambda one: isinstance(one["nodeid"], str),
    "result": lambda one: _is_body(one["body"]),
    "sent": lambda one: all(isinstance(id_, str) for id_ in one["ids"]),
    "end": lambda one: isinstance(one["path"], str) and isinstance(one["body"], dict),
}


def _crc(record: Record) -> str:
    canonical = exact_json.dumps(record, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(canonical.encode()):08x}"
