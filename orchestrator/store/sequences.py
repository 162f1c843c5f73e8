"""Numbers that this service gives out, each once, whatever was removed or named by others."""

from typing import Final

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from orchestrator.db.models import IdCounter, Plan, PlanCase
from orchestrator.store.session import affected_rows

#: a number that somebody names moves the counter on; a larger one is foreign, and never met.
_OURS: Final = 2**52

PLAN: Final = "plan"
PLAN_CASE: Final = "plan_case"
#: what was given out before there were counters.
_COLUMNS: Final = {PLAN: Plan.plan_id, PLAN_CASE: PlanCase.plan_case_id}


def fresh(session: Session, name: str, count: int = 1) -> range:
    """So many numbers that nobody had before. Others wait until this transaction ends."""
    if not count:
        return range(0)
    more = update(IdCounter).where(col(IdCounter.name) == name)
    if not affected_rows(session, more.values(value=col(IdCounter.value) + count)):
        _begin(session, name, count)
    last = session.exec(select(IdCounter.value).where(IdCounter.name == name)).one()
    return range(last - count + 1, last + 1)


def named(session: Session, name: str, numbers: set[int]) -> None:
    """Somebody gave these numbers: they are not given out any more."""
    highest = max((number for number in numbers if number < _OURS), default=0)
    if not highest:
        return
    known = session.exec(select(IdCounter.value).where(IdCounter.name == name)).first()
    if known is None:
        _begin(session, name, 0)
    guarded = update(IdCounter).where(col(IdCounter.name) == name, col(IdCounter.value) < highest)
    session.execute(guarded.values(value=highest))


def _begin(session: Session, name: str, count: int) -> None:
    """Another process that does so, too, is quicker or slower: the loser looks again."""
    column = col(_COLUMNS[name])
    there = session.exec(select(func.max(column)).where(column < _OURS)).one() or 0
    session.add(IdCounter(name=name, value=there + count))
    session.flush()
