"""What a pytest that was started here left on the disk: its files, not what is in them."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final

#: where pytest's plugin keeps, below its root, what was not delivered.
FOLDER: Final = Path(".sisyphus") / "spool"
#: the first line, which says whose it is, is far shorter.
_LINE_BYTES: Final = 4096


def left_by(execution_id: int, root: Path) -> list[Path]:
    """Spools of our own pytest, whose root may be above the folder it was started in."""
    spools = []
    for folder in (root, *root.parents):
        for spool in sorted((folder / FOLDER).glob(f"{execution_id}-*.jsonl")):
            with contextlib.suppress(OSError):  # delivered and removed meanwhile
                if spool.stat().st_uid == os.getuid():
                    spools.append(spool)
    return spools


def is_in_use(spool: Path) -> bool:
    """Whether a living pytest, which holds a lock on it, writes it."""
    with contextlib.suppress(FileNotFoundError), spool.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def may_be_of(spool: Path, execution_no: str) -> bool:
    """False where it says itself that it is of another execution, which had this id before."""
    try:
        with spool.open("rb") as file:
            first = file.readline(_LINE_BYTES)
    except OSError:  # whoever replays it says so
        return True
    return b'"executionNo"' not in first or execution_no.encode() in first
