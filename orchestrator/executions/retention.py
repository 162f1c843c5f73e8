"""`db prune`: old executions go, in small batches, so that nobody waits for it."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable
from functools import partial
from typing import Final

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.i18n import tr
from orchestrator.runners.artifacts import Artifacts
from orchestrator.store import pruning
from orchestrator.store.writer import Writer

#: executions, and cases of theirs, that are removed in one transaction.
_BATCH: Final = 50
_CASES: Final = 5000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pruned:
    """What went. `folders` hold console and report; `missing` ran beside a service, but have none
    here: on another host, under another data directory, or removed by somebody."""

    executions: int = 0
    folders: int = 0
    missing: int = 0

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(
            executions=self.executions + other.executions,
            folders=self.folders + other.folders,
            missing=self.missing + other.missing,
        )


def count(database: Database, clock: Clock, *, older_than: float, keep: int) -> int:
    """How many `prune` would remove."""
    with database.reading() as session:
        before = pruning.boundary(session, keep)
        if before is None:
            return 0
        return pruning.number_over(
            session, before=before, created_before=_cutoff(clock, older_than)
        )


def _cutoff(clock: Clock, days: float) -> dt.datetime:
    return clock.now() - dt.timedelta(days=days)


def prune(
    database: Database,
    artifacts: Artifacts,
    clock: Clock,
    *,
    older_than: float,
    keep: int,
    say: Callable[[str], None],
) -> Pruned:
    """Remove what ended and is older than so many days, but never of the newest `keep`.

    Rows first, then the console and the report: a file without a row is found by nobody.
    """
    cutoff = _cutoff(clock, older_than)
    writer, pruned = Writer(database), Pruned()
    try:
        with database.reading() as session:
            before = pruning.boundary(session, keep)
        while before is not None:
            with database.reading() as session:
                batch = pruning.over(
                    session, before=before, created_before=cutoff, limit=_BATCH, cases=_CASES
                )
                local = set(pruning.launched(session, batch))
            if not batch:
                break
            writer.run(partial(pruning.remove, execution_ids=tuple(batch), now=clock.now()))
            folders = {number for number in batch if artifacts.folder(number).is_dir()}
            for number in folders:
                shutil.rmtree(artifacts.folder(number), ignore_errors=True)
            missing = len(local - folders)
            pruned += Pruned(executions=len(batch), folders=len(folders), missing=missing)
            say(
                tr(
                    "removed so far: {number}, up to execution {last}",
                    number=pruned.executions,
                    last=batch[-1],
                )
            )
    finally:
        writer.close()
    return pruned
