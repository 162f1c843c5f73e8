"""Results on disk before they are on the network.

A spool is one file per run, JSON lines, each `{"crc": "8 hex digits", "record": {…}}`, where crc
is that of the record's canonical text. Records: `run` (first; which execution, which runner),
`result` (`body`), `sent` (the `ids` that the orchestrator confirmed), `end` (how the run ended:
the path and body of its last call). Secrets are never written.

Only our own results are synced to the disk one by one; losing a `sent` record means sending again,
which is harmless.
"""

import dataclasses
import fcntl
import json
import os
import threading
import zlib
from collections.abc import Iterable, Mapping
from io import FileIO
from pathlib import Path
from typing import Any, Final

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

    def open(self) -> None:
        """Its name is there only with its first line: who is killed between leaves no riddle."""
        unnamed = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _hide_from_git(self.path.parent.parent)
            # unbuffered: what a full disk refused must not be written again with the next record
            self._file = unnamed.open("xb", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._append({"kind": "run", **self._run}, sync=True)
            unnamed.rename(self.path)
            for folder in self.path.parents[: len(FOLDER.parts) + 1]:
                _sync(folder)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"

    def result(self, body: Record) -> bool:
        """Whether it is safe on the disk."""
        return self._append({"kind": "result", "body": body}, sync=True)

    def sent(self, ids: Iterable[str]) -> None:
        self._append({"kind": "sent", "ids": list(ids)}, sync=False)

    def end(self, path: str, body: Record) -> None:
        self._append({"kind": "end", "path": path, "body": body}, sync=True)

    def close(self, *, keep: bool) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
            if not keep:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"{self.path}: {error.strerror}"
        self._file = None

    def _append(self, record: Record, *, sync: bool) -> bool:
        """Called by the session and by the sender's thread."""
        with self._lock:
            if self._file is None:
                return False
            try:
                self._write(self._file, encode(record))
                if sync:
                    os.fsync(self._file.fileno())
            except OSError as error:
                self.problem = f"{self.path}: {error.strerror}"
                return False
            return True

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
    runner_id: str
    url: str
    unsent: tuple[Record, ...]
    #: path and body of the run's last call; None where it was killed before.
    end: tuple[str, Record] | None
    damaged_lines: int


class SpoolUnreadableError(ValueError):
    """the file is no spool"""


def read_spool(path: Path) -> LeftSpool:
    """Raises SpoolUnreadableError, or OSError."""
    lines = path.read_bytes().split(b"\n")
    records = [decode(line) for line in lines if line.strip()]
    whole = [record for record in records if record is not None]
    run = next((record for record in whole if record.get("kind") == "run"), None)
    if run is None:
        raise SpoolUnreadableError(f"{path}: not a spool, or its first line is damaged")
    sent = {one for record in whole if record["kind"] == "sent" for one in record["ids"]}
    bodies = [record["body"] for record in whole if record["kind"] == "result"]
    ends = [(record["path"], record["body"]) for record in whole if record["kind"] == "end"]
    return LeftSpool(
        path=path,
        execution_id=run["executionId"],
        runner_id=run["runnerId"],
        url=run["url"],
        unsent=tuple(body for body in bodies if body["resultId"] not in sent),
        end=ends[-1] if ends else None,
        damaged_lines=len(records) - len(whole),
    )


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
    return json.dumps({"crc": _crc(record), "record": record}).encode() + b"\n"


def decode(line: bytes) -> Record | None:
    """None for a line that is not, byte for byte in meaning, what was written."""
    try:
        stored = json.loads(line)
        record = stored["record"]
        return record if stored["crc"] == _crc(record) and "kind" in record else None
    except (ValueError, KeyError, TypeError):
        return None


def _crc(record: Record) -> str:
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return f"{zlib.crc32(canonical.encode()):08x}"


def _hide_from_git(folder: Path) -> None:
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
