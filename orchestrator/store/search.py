"""Executions by what people remember of them: names, times, who started them.

`execution_pages` counts a plain list whole at no cost; a search counts up to a limit.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlmodel import Session

from orchestrator.db.models import Execution
from orchestrator.store.paging import Page, offset_of

#: what is counted of those that are found.
MOST: Final = 10_000
_TABLE: Final = Execution.__table__  # type: ignore[attr-defined]  # SQLModel makes it
_ID: Final = _TABLE.c.id


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """What executions have to meet; None and nothing: all do."""

    #: columns and the values of which a row has to have one.
    among: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)
    #: in the number, the names of plan and case, the remark.
    keyword: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        for name, values in self.among.items():
            yield _TABLE.c[name].in_(values)
        if self.since is not None:
            yield _TABLE.c.created_time >= self.since
        if self.until is not None:
            yield _TABLE.c.created_time <= self.until
        if self.keyword:
            texts = [_TABLE.c[name] for name in ("execution_no", "plan_name", "case_title")]
            texts.append(_TABLE.c.ext["remark"].as_string())
            yield or_(*(text.icontains(self.keyword, autoescape=True) for text in texts))


def page(
    session: Session, search: Search, page: Page, before: int | None
) -> tuple[Sequence[Row[Any]], int, bool]:
    """Newest first (`before`: those with smaller ids), how many there are, and whether exactly."""
    wanted = list(search.conditions())
    ids = select(_ID).where(*wanted)
    counted = select(func.count()).select_from(ids.limit(MOST + 1).subquery())
    total = session.execute(counted).scalar() or 0
    shown = ids.offset(offset_of(page)) if before is None else ids.where(before > _ID)
    found = shown.order_by(_ID.desc()).limit(page.page_size).subquery()
    rows = session.execute(select(_TABLE).join(found, found.c.id == _ID)).all()
    newest_first = sorted(rows, key=lambda row: row.id, reverse=True)
    return newest_first, min(total, MOST), total <= MOST
