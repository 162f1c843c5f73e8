"""`db prune`: old executions go, in small batches, so that nobody waits for it."""

import datetime as dt
import shutil
from collections.abc import Callable
from typing import Final

from .artifacts import Artifacts
from .clock import Clock
from .database import Database
from .store import pruning
from .writer import Writer

_BATCH: Final = 50


def prune(
    database: Database,
    artifacts: Artifacts,
    clock: Clock,
    *,
    older_than: float,
    keep: int,
    say: Callable[[str], None],
) -> int:
    """Remove what ended and is older than so many days, but never of the newest `keep`.

    Rows first, then the console and the report: a file without a row is found by nobody.
    """
    cutoff = clock.now() - dt.timedelta(days=older_than)
    writer, removed = Writer(database), 0
    try:
        with database.reading() as session:
            before = pruning.boundary(session, keep)
        while before is not None and (batch := _batch(database, before, cutoff)):
            writer.run(lambda session, ids=tuple(batch): pruning.remove(session, ids))  # type: ignore[misc]  # mypy cannot type a default
            for number in batch:
                shutil.rmtree(artifacts.folder(number), ignore_errors=True)
            removed += len(batch)
            say(f"{removed} executions removed, up to {batch[-1]}")
    finally:
        writer.close()
    return removed


def _batch(database: Database, before: int, cutoff: dt.datetime) -> list[int]:
    with database.reading() as session:
        return pruning.over(session, before=before, created_before=cutoff, limit=_BATCH)
