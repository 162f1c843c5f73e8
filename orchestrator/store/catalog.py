"""The catalogue: which functional cases automation carries, and where."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from orchestrator.db.models import CatalogCase
from orchestrator.store.paging import Page, offset_of
from orchestrator.store.session import affected_rows

_IN_CHUNK: Final = 500


class Entry(Protocol):
    """One case as a project tells it (`schemas.catalog_requests.SyncedCase`)."""

    case_id: int | None
    case_key: str | None
    case_title: str | None
    pytest_nodeid: str | None
    enabled: bool
    tags: list[str] | None


def found(session: Session, case_ids: Collection[int]) -> dict[int, CatalogCase]:
    wanted, rows = sorted(set(case_ids)), {}
    for i in range(0, len(wanted), _IN_CHUNK):
        chunk = wanted[i : i + _IN_CHUNK]
        for row in session.exec(select(CatalogCase).where(col(CatalogCase.case_id).in_(chunk))):
            rows[row.case_id] = row
    return rows


def owners(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """The project of each case that is known."""
    wanted = sorted(set(case_ids))
    projects: dict[int, int] = {}
    for i in range(0, len(wanted), _IN_CHUNK):
        chunk = wanted[i : i + _IN_CHUNK]
        rows = session.exec(
            select(CatalogCase.case_id, CatalogCase.project_id).where(
                col(CatalogCase.case_id).in_(chunk)
            )
        )
        projects.update((row[0], row[1]) for row in rows)
    return projects


def ids_of_keys(session: Session, project_id: int, keys: Collection[str]) -> dict[str, list[int]]:
    """The cases that this project knows by each key, by id."""
    wanted, known = sorted(set(keys)), defaultdict[str, list[int]](list)
    for i in range(0, len(wanted), _IN_CHUNK):
        chunk = wanted[i : i + _IN_CHUNK]
        rows = session.exec(
            select(CatalogCase.case_key, CatalogCase.case_id)
            .where(CatalogCase.project_id == project_id, col(CatalogCase.case_key).in_(chunk))
            .order_by(col(CatalogCase.case_id))
        )
        for case_key, case_id in rows:
            known[case_key].append(case_id)
    return known


def of_project(session: Session, project_id: int) -> list[CatalogCase]:
    """All of a project's cases, by id."""
    return list(
        session.exec(
            select(CatalogCase)
            .where(CatalogCase.project_id == project_id)
            .order_by(col(CatalogCase.case_id))
        )
    )


def upsert(
    session: Session, project_id: int, entries: Iterable[tuple[int, Entry]], now: dt.datetime
) -> tuple[int, int]:
    """Create or overwrite; how many of each."""
    named = list(entries)
    known = found(session, [case_id for case_id, _ in named])
    for case_id, entry in named:
        row = known.get(case_id) or CatalogCase(
            case_id=case_id, project_id=project_id, case_key="", case_title="",
            created_time=now, updated_time=now,
        )  # fmt: skip
        row.project_id = project_id
        row.case_key = entry.case_key or row.case_key or str(case_id)
        row.case_title = entry.case_title or row.case_title or row.case_key
        row.pytest_nodeid = entry.pytest_nodeid or row.pytest_nodeid
        row.enabled = entry.enabled
        row.tags = row.tags if entry.tags is None else entry.tags
        row.missing_since = None
        row.updated_time = now
        session.add(row)
    session.flush()
    return len(named) - len(known), len(known)


def disable_others(
    session: Session, project_id: int, keep: Collection[int], now: dt.datetime
) -> list[tuple[int, str]]:
    """The project's cases that are not in `keep` are missing from now on and disabled.

    Number and title of those that were enabled: what its file had disabled can be missing, too.
    """
    there = session.exec(
        select(CatalogCase.case_id, CatalogCase.case_title, CatalogCase.enabled).where(
            CatalogCase.project_id == project_id, col(CatalogCase.missing_since).is_(None)
        )
    )
    missing = sorted(row for row in there if row[0] not in keep)
    gone = [case_id for case_id, _, _ in missing]
    for i in range(0, len(gone), _IN_CHUNK):
        affected_rows(
            session,
            update(CatalogCase)
            .where(col(CatalogCase.case_id).in_(gone[i : i + _IN_CHUNK]))
            .values(enabled=False, missing_since=now, updated_time=now),
        )
    return [(case_id, title) for case_id, title, enabled in missing if enabled]


class Filters(Protocol):
    """What a list of cases is asked for (`schemas.catalog_requests.ListCases`)."""

    @property
    def project_id(self) -> int | None: ...
    @property
    def keyword(self) -> str | None: ...
    @property
    def case_ids(self) -> Sequence[int] | None: ...
    @property
    def enabled(self) -> bool | None: ...
    @property
    def missing(self) -> bool | None: ...


def listed(session: Session, filters: Filters, page: Page) -> tuple[Sequence[CatalogCase], int]:
    """A page of the cases, by their ids; `keyword` is looked for in key, title and nodeid."""
    wanted = _wanted(filters)
    rows = session.exec(
        select(CatalogCase)
        .where(*wanted)
        .order_by(col(CatalogCase.case_id))
        .offset(offset_of(page))
        .limit(page.page_size)
    ).all()
    return rows, session.exec(select(func.count()).select_from(CatalogCase).where(*wanted)).one()


def tags(session: Session, filters: Filters) -> dict[int, Sequence[str]]:
    """The tags of all that match, by case id."""
    query = select(CatalogCase.case_id, CatalogCase.tags).where(*_wanted(filters))
    rows = session.exec(query.order_by(col(CatalogCase.case_id)))
    return {case_id: found or [] for case_id, found in rows}


def projects(session: Session) -> list[tuple[int, int]]:
    """`(project_id, cases that it has)`."""
    query = select(CatalogCase.project_id, func.count()).group_by(col(CatalogCase.project_id))
    return [(row[0], row[1]) for row in session.exec(query.order_by(col(CatalogCase.project_id)))]


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.keyword:
        columns = (CatalogCase.case_key, CatalogCase.case_title, CatalogCase.pytest_nodeid)
        texts = (col(c).icontains(filters.keyword, autoescape=True) for c in columns)
        wanted.append(or_(*texts))
    if filters.project_id is not None:
        wanted.append(col(CatalogCase.project_id) == filters.project_id)
    if filters.case_ids is not None:
        wanted.append(col(CatalogCase.case_id).in_(filters.case_ids))
    if filters.enabled is not None:
        wanted.append(col(CatalogCase.enabled).is_(filters.enabled))
    if filters.missing is not None:
        since = col(CatalogCase.missing_since)
        wanted.append(since.is_not(None) if filters.missing else since.is_(None))
    return wanted
