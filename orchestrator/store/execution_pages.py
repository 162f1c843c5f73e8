"""Pages and totals of the list of executions, at a cost that does not grow with the list.

Below the executions that are open nothing changes any more: what ended keeps its status, and ids
only grow. So what was counted up to some id stays counted, and the id found at every thousandth
place stays there. Asked again, only what is newer is looked at, and what was open when it was
counted; a deep page begins at the nearest known place. Removals are written down (`removal`): after
one it is counted anew. Nothing here is an estimate.
"""

import dataclasses
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlmodel import Session

from orchestrator.db.models import Execution, Removal
from orchestrator.status import OPEN
from orchestrator.store.paging import Page, offset_of

_TABLE: Final = Execution.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_ID: Final = _TABLE.c.id
#: rows that are skipped, or counted, without a second thought.
_STEP: Final = 1000
_FEW: Final = 2000
#: ids below the newest that may not be there yet: their transaction is slower than later ones.
_MARGIN: Final = 500
_MOST_OPEN: Final = 500
#: filters that are remembered, and for how many seconds: rows that somebody removed by hand are
#: not missed for longer.
_FILTERS: Final = 256
_SECONDS: Final = 300.0

Filters = tuple[tuple[str, int], ...]
_Wanted = Sequence[ColumnElement[bool]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Counted:
    """What is known of the executions of a filter with ids up to `limit`."""

    limit: int
    #: how many there are, without those that were open.
    number: int
    #: the ids at the places 0, `_STEP`, 2 × `_STEP`, … from the oldest, without them too.
    posts: Sequence[int]
    #: those that were open, whatever the filter.
    open_ids: Sequence[int]
    removals: int
    until: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Now:
    """Counts that are queried for every page."""

    total: int
    #: of those that were open when it was counted: which the filter takes in now.
    reopened: Sequence[int] = ()


class Ranks:
    """Pages of the list of executions; counts of earlier pages are kept in this process only."""

    def __init__(self, few: int = _FEW, step: int = _STEP, margin: int = _MARGIN) -> None:
        self._few, self._step, self._margin = few, step, margin
        self._counted: OrderedDict[Filters, _Counted] = OrderedDict()
        self._lock = threading.Lock()

    def page(
        self, session: Session, filters: Mapping[str, int], page: Page
    ) -> tuple[Sequence[Row[Any]], int]:
        """Newest first, and how many there are in all."""
        key = tuple(sorted(filters.items()))
        wanted = [_TABLE.c[name] == value for name, value in key]
        counted = self._known(session, key)
        if counted is None:
            total = _number(session, select(_ID).where(*wanted).limit(self._few + 1))
            if total <= self._few:
                return _newest(session, wanted, page), total
            counted = self._count(session, wanted)
            with self._lock:
                self._counted[key] = counted
                self._counted.move_to_end(key)
                while len(self._counted) > _FILTERS:
                    self._counted.popitem(last=False)
        now = _now(session, wanted, counted)
        if now.total - counted.number > 4 * self._few:  # for the next who asks
            with self._lock:
                self._counted.pop(key, None)
        return self._rows(session, wanted, page, counted, now), now.total

    def _known(self, session: Session, key: Filters) -> _Counted | None:
        with self._lock:
            counted = self._counted.get(key)
        if counted is None or counted.until < time.monotonic():
            return None
        return counted if counted.removals == _removals(session) else None

    def _count(self, session: Session, wanted: _Wanted) -> _Counted:
        """Removals first: one that happens meanwhile makes this too old, not wrong for long."""
        removals = _removals(session)
        newest = session.execute(select(func.max(_ID))).scalar() or 0
        limit = newest - self._margin
        still_open = select(_ID).where(_TABLE.c.status.in_(OPEN), limit >= _ID).order_by(_ID)
        open_ids = list(session.execute(still_open.limit(_MOST_OPEN + 1)).scalars())
        if len(open_ids) > _MOST_OPEN:
            limit = open_ids.pop() - 1
        place = func.row_number().over(order_by=_ID).label("place")
        ended = select(_ID, place).where(*wanted, limit >= _ID, _ID.not_in(open_ids)).subquery()
        posts = select(ended.c.id).where(ended.c.place % self._step == 1).order_by(ended.c.id)
        return _Counted(
            limit=limit,
            number=_number(session, select(ended.c.id)),
            posts=list(session.execute(posts).scalars()),
            open_ids=open_ids,
            removals=removals,
            until=time.monotonic() + _SECONDS,
        )

    def _rows(
        self, session: Session, wanted: _Wanted, page: Page, counted: _Counted, now: _Now
    ) -> Sequence[Row[Any]]:
        offset = offset_of(page)
        end = now.total - offset  # places from the oldest: the page is those before this one
        if offset <= self._step or end <= 0:
            return _newest(session, wanted, page) if end > 0 else []
        begin = max(0, end - page.page_size)
        post, place = self._nearest(begin, counted, now)
        ids = select(_ID).where(*wanted, post <= _ID).order_by(_ID)
        return _of(session, ids.offset(begin - place).limit(end - begin))

    def _nearest(self, begin: int, counted: _Counted, now: _Now) -> tuple[int, int]:
        """The last known id at or before that place, and its place."""
        for index in range(min(begin // self._step, len(counted.posts) - 1), -1, -1):
            post = counted.posts[index]
            place = index * self._step + bisect_left(now.reopened, post)
            if place <= begin:
                return post, place
        return 0, 0


def _now(session: Session, wanted: _Wanted, counted: _Counted) -> _Now:
    newer = _number(session, select(_ID).where(*wanted, counted.limit < _ID))
    reopened: Sequence[int] = ()
    if counted.open_ids:
        those = select(_ID).where(*wanted, _ID.in_(counted.open_ids)).order_by(_ID)
        reopened = list(session.execute(those).scalars())
    return _Now(total=counted.number + len(reopened) + newer, reopened=reopened)


def _newest(session: Session, wanted: _Wanted, page: Page) -> Sequence[Row[Any]]:
    ids = select(_ID).where(*wanted).order_by(_ID.desc())
    return _of(session, ids.offset(offset_of(page)).limit(page.page_size))


def _of(session: Session, ids: Select[Any]) -> Sequence[Row[Any]]:
    """Their rows, the newest first. Ids alone come from the filter's own index; asked for rows,
    PostgreSQL rather walks the primary key and drops what the filter does not take."""
    page = ids.subquery()
    rows = session.execute(select(_TABLE).join(page, page.c.id == _ID)).all()
    return sorted(rows, key=lambda row: row.id, reverse=True)


def _number(session: Session, rows: Select[Any]) -> int:
    counted = session.execute(select(func.count()).select_from(rows.subquery())).scalar()
    return int(counted or 0)


def _removals(session: Session) -> int:
    return session.execute(select(func.max(Removal.__table__.c.id))).scalar() or 0  # type: ignore[attr-defined]
