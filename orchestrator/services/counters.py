"""Counters that are not what their rows give, put right when the service starts.

They move by the difference in the transaction that moves the rows, so they are right after every
crash; but a row that somebody changed by hand, or a restored table, would stay wrong for good.
"""

import logging

from sqlmodel import Session

from orchestrator.clock import Clock
from orchestrator.database import Database
from orchestrator.status import COUNTERS
from orchestrator.store import executions, moves
from orchestrator.writer import Writer

log = logging.getLogger("sisyphus.counters")


def repair(database: Database, writer: Writer, clock: Clock) -> None:
    """Of the unfinished executions; each that was wrong is logged."""
    with database.reading() as session:
        doubtful = moves.miscounted(session)
    for number in doubtful:
        writer.run(lambda session, number=number: _repair(session, number, clock))  # type: ignore[misc]  # mypy cannot type a default


def _repair(session: Session, number: int, clock: Clock) -> None:
    """Looked at again with the row held: a result may have come between the two looks."""
    execution = executions.lock(session, number)
    said = {status: getattr(execution, name) for status, name in COUNTERS.items()}
    found = moves.counts(session, number)
    if found != said or execution.total_count != sum(found.values()):
        moves.recount(session, number, clock.now())
        shown = {status.name.lower(): (said[status], found[status]) for status in found}
        wrong = {name: pair for name, pair in shown.items() if pair[0] != pair[1]}
        log.warning("execution %d: counters put right, (was, is): %s", number, wrong)
