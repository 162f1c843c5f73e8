"""Counters that are not what their rows give, put right when the service starts.

They move by the difference in the transaction that moves the rows, so they are right after every
crash; but a row that somebody changed by hand, or a restored table, would stay wrong for good.
"""

import logging
from functools import partial

from orchestrator.clock import Clock
from orchestrator.db.engine import Database
from orchestrator.status import COUNTERS
from orchestrator.store import executions, transitions
from orchestrator.store.session import WriteSession
from orchestrator.store.writer import Writer

log = logging.getLogger("sisyphus.counters")


def repair(database: Database, writer: Writer, clock: Clock) -> None:
    """Recount the unfinished executions whose counters differ; each that was wrong is logged."""
    with database.reading() as session:
        doubtful = transitions.miscounted(session)
    for number in doubtful:
        writer.run(partial(_repair, number=number, clock=clock))


def _repair(session: WriteSession, number: int, clock: Clock) -> None:
    """Looked at again with the row held: a result may have come between the two looks."""
    execution = executions.lock(session, number)
    stored = {status: getattr(execution, name) for status, name in COUNTERS.items()}
    found = transitions.counts(session, number)
    if found != stored or execution.total_count != sum(found.values()):
        transitions.recount(session, number, clock.now())
        shown = {status.name.lower(): (stored[status], found[status]) for status in found}
        wrong = {name: pair for name, pair in shown.items() if pair[0] != pair[1]}
        log.warning("execution %d: counters put right, (was, is): %s", number, wrong)
