"""Results on disk before they are on the network.

A spool is one file per run, JSON lines, each `{"crc": "8 hex digits", "record": {…}}`, where crc
is that of the record's canonical text. Records:

* `run`, the first: which execution, which runner;
* `start` (`body`) where the orchestrator could not be told at once, `started` when it was;
* `begun` (`body`: what the orchestrator would be told of a case that its pytest took along) for
  each test of a case, `over` (`nodeid`) for one that ended before its case did;
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

from .. import jsontext
from ..numerals import number

FOLDER: Final = Path(".sisyphus") / "spool"

Record = Mapping[str, Any]


class Spool:
    """Never raises: a full disk costs the safety net, not the run. `problem` says what is wrong."""

    def __init__(self, path: Path, run: Record) -> None:
        self.path = path
        self.problem = ""
        self._file: FileIO | None = None
        self._lock = threading.Lock()
        self._torn = False
        self._run = run
        self._is_named = False
        #: where there is room to say that the disk had none.
        self._room: int | None = None

    def open(self) -> None:
        try:
            with contextlib.suppress(FileExistsError):
                self.path.parent.parent.mkdir(mode=0o700, parents=True)
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            _hide_from_git(self.path.parent.parent)
            # unbuffered: what a full disk refused must not be written again with the next record
            self._file = open(self._unnamed, "xb", buffering=0, opener=_private)  # noqa: SIM115
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"
        self._append()

    @property
    def _unnamed(self) -> Path:
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
            self._unnamed.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"
        self._file = None

    def _append(self, *records: Record, sync: bool = False) -> bool:
        """Called by the session and by the sender's thread."""
        with self._lock:
            if self._file is None:
                return False
            try:
                self._name(self._file)
                for record in records:
                    self._write(self._file, encode(record))
                if sync:
                    os.fsync(self._file.fileno())
            except OSError as error:
                self.problem = f"{self.path}: {error.strerror}"
                self._say_so(self._file)
                return False
            return True

    def _say_so(self, file: FileIO) -> None:
        if self._room is not None:
            with contextlib.suppress(OSError):
                os.pwrite(file.fileno(), encode({"kind": "incomplete"}), self._room)
                self._room = None

    def _name(self, file: FileIO) -> None:
        """Its name is there only with its first line: who is killed between leaves no riddle. On a
        disk that was full then, it is tried again with each record."""
        if self._is_named:
            return
        file.truncate(0)  # of an attempt that the disk had no room for
        file.seek(0)
        self._torn = False
        first = encode({"kind": "run", **self._run})
        self._write(file, first + b" " * (len(encode({"kind": "incomplete"})) - 1) + b"\n")
        self._room = len(first)
        os.fsync(file.fileno())
        self._unnamed.rename(self.path)
        self._is_named = True
        for folder in self.path.parents[: len(FOLDER.parts) + 1]:
            _sync(folder)

    def _write(self, file: FileIO, line: bytes) -> None:
        # after a write that failed half way, a new line keeps the next record readable
        rest = memoryview(b"\n" + line if self._torn else line)
        self._torn = True
        while rest:
            rest = rest[file.write(rest) :]
        self._torn = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeftSpool:
    """What an earlier run left, as far as it can be read."""

    path: Path
    execution_id: int
    #: empty: the spool does not say.
    execution_no: str
    runner_id: str
    #: what the orchestrator could not be told of the run's beginning.
    start: Record | None
    #: every outcome that the run had, oldest first.
    results: tuple[Record, ...]
    #: ids of those that the orchestrator confirmed.
    sent: frozenset[str]
    #: of the tests that ran when their pytest ended: what is to be told of their cases.
    taken_along: tuple[Record, ...]
    #: path and body of the run's last call; None where it was killed before.
    end: tuple[str, Record] | None
    #: the disk was full: records are missing, and nothing follows from that.
    is_incomplete: bool
    damaged_lines: int

    @property
    def unsent(self) -> tuple[Record, ...]:
        return tuple(body for body in self.results if body["resultId"] not in self.sent)


class SpoolUnreadableError(ValueError):
    """the file is no spool"""


def read_spool(path: Path) -> LeftSpool:
    """Raises SpoolUnreadableError, or OSError."""
    lines = path.read_bytes().split(b"\n")
    records = [decode(line) for line in lines if line.strip()]
    whole = [record for record in records if record is not None]
    run = next((one for one in whole if one["kind"] == "run"), None) or _run_by_name(path, whole)
    ends = [(one["path"], one["body"]) for one in whole if one["kind"] == "end"]
    is_started = any(one["kind"] == "started" for one in whole)
    is_incomplete = any(one["kind"] == "incomplete" for one in whole)
    starts = [one["body"] for one in whole if one["kind"] == "start" and not is_started]
    return LeftSpool(
        path=path,
        execution_id=run["executionId"],
        execution_no=str(run.get("executionNo") or ""),
        runner_id=run["runnerId"],
        start=starts[-1] if starts else None,
        results=tuple(one["body"] for one in whole if one["kind"] == "result"),
        sent=frozenset(id_ for one in whole if one["kind"] == "sent" for id_ in one["ids"]),
        taken_along=() if ends or is_incomplete else tuple(_taken_along(whole)),
        end=ends[-1] if ends else None,
        is_incomplete=is_incomplete,
        damaged_lines=len(records) - len(whole),
    )


_NAME: Final = re.compile(r"(\d{1,18})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl")


def _run_by_name(path: Path, whole: Sequence[Record]) -> Record:
    """Where the first line is damaged: the file's name says which execution and which runner."""
    named = _NAME.match(path.name)
    if not whole or named is None:
        raise SpoolUnreadableError(f"{path}: not a spool, or its first line is damaged")
    return {"executionId": int(named[1]), "runnerId": named[2]}


def _taken_along(whole: Sequence[Record]) -> Iterable[Record]:
    """One a case, of the test that began first."""
    running: dict[str, list[Record]] = {}
    for record in whole:
        if record["kind"] == "begun":
            running.setdefault(record["body"]["pytestNodeid"], []).append(record["body"])
        elif record["kind"] == "over":
            running.pop(record["nodeid"], None)
    decided = {one["body"]["executionCaseId"] for one in whole if one["kind"] == "result"}
    for body in chain.from_iterable(running.values()):
        if body["executionCaseId"] not in decided:
            decided.add(body["executionCaseId"])
            yield body


def _private(path: str, flags: int) -> int:
    """It holds what failed, and why."""
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    """A new file outlives a power cut only when the folders to it are on the disk as well."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def is_in_use(path: Path) -> bool:
    """Whether a living session writes it."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def encode(record: Record) -> bytes:
    return jsontext.dumps({"crc": _crc(record), "record": record}).encode() + b"\n"


def decode(line: bytes) -> Record | None:
    """None for a line that is not, byte for byte in meaning, what was written."""
    try:
        stored = json.loads(line, parse_float=number)
        record = stored["record"]
        is_whole = stored["crc"] == _crc(record) and _is_readable(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return record if is_whole else None


def _is_readable(record: Any) -> bool:
    """Raises KeyError, TypeError."""
    return _READABLE.get(record["kind"], lambda _: True)(record)


def _is_body(body: Any) -> bool:
    numbers = body["executionCaseId"], body["status"]
    return isinstance(body["resultId"], str) and all(isinstance(one, int) for one in numbers)


#: what is read of a record; one of a kind that a later version wrote is passed over.
_READABLE: Final[Mapping[str, Callable[[Any], bool]]] = {
    "run": lambda one: isinstance(one["executionId"], int) and isinstance(one["runnerId"], str),
    "start": lambda one: isinstance(one["body"], dict),
    "begun": lambda one: _is_body(one["body"]) and isinstance(one["body"]["pytestNodeid"], str),
    "over": lambda one: isinstance(one["nodeid"], str),
    "result": lambda one: _is_body(one["body"]),
    "sent": lambda one: all(isinstance(id_, str) for id_ in one["ids"]),
    "end": lambda one: isinstance(one["path"], str) and isinstance(one["body"], dict),
}


def _crc(record: Record) -> str:
    canonical = jsontext.dumps(record, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(canonical.encode()):08x}"


def _hide_from_git(folder: Path) -> None:
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
