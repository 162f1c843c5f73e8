"""Plans and the cases they hold."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, delete, func, insert
from sqlmodel import Session, col, select

from orchestrator.db.models import CatalogCase, Plan, PlanCase
from orchestrator.store import sequences
from orchestrator.store.paging import Page, offset_of


class Entry(Protocol):
    """One case as a request names it (`schemas.catalog_requests.PlannedCase`)."""

    @property
    def case_id(self) -> int: ...
    @property
    def plan_case_id(self) -> int | None: ...
    @property
    def round_no(self) -> int | None: ...


def get(session: Session, plan_id: int) -> Plan | None:
    """The plan, unless it was deleted."""
    return session.exec(
        select(Plan).where(Plan.plan_id == plan_id, col(Plan.deleted_time).is_(None))
    ).first()


def name_of(session: Session, plan_id: int | None) -> str | None:
    """What the plan is called, also after it was deleted."""
    return session.exec(select(Plan.plan_name).where(Plan.plan_id == plan_id)).first()


def listed(session: Session, project_id: int | None) -> list[Plan]:
    wanted: list[ColumnElement[bool]] = [col(Plan.deleted_time).is_(None)]
    if project_id is not None:
        wanted.append(col(Plan.project_id) == project_id)
    return list(session.exec(select(Plan).where(*wanted).order_by(col(Plan.plan_id))))


def summaries(
    session: Session, project_id: int | None, keyword: str | None, page: Page
) -> tuple[list[tuple[Plan, int]], int]:
    """A page of plans, newest first, each with the number of its cases; how many there are."""
    wanted: list[ColumnElement[bool]] = [col(Plan.deleted_time).is_(None)]
    if project_id is not None:
        wanted.append(col(Plan.project_id) == project_id)
    if keyword:
        wanted.append(col(Plan.plan_name).icontains(keyword, autoescape=True))
    held = (
        select(func.count())
        .where(col(PlanCase.plan_id) == col(Plan.plan_id))
        .correlate(Plan)
        .scalar_subquery()
    )
    query = select(Plan, held).where(*wanted).order_by(col(Plan.plan_id).desc())
    rows = session.exec(query.offset(offset_of(page)).limit(page.page_size))
    total = session.exec(select(func.count()).select_from(Plan).where(*wanted)).one()
    return [(row[0], row[1]) for row in rows], total


def save(
    session: Session,
    plan_id: int | None,
    now: dt.datetime,
    *,
    plan_name: str,
    project_id: int,
    jenkins_job_name: str | None,
    shards: int | None = None,
    retry_lost: bool | None = None,
) -> Plan:
    """Create or overwrite a plan without its cases; a number once used is never given out again.

    What is None stays as it was.
    """
    if plan_id is None:
        number = sequences.fresh(session, sequences.PLAN)[0]
    else:
        number = plan_id
        sequences.named(session, sequences.PLAN, {number})
    plan = session.exec(select(Plan).where(Plan.plan_id == number)).first() or Plan(
        plan_id=number, plan_name="", project_id=0, created_time=now, updated_time=now
    )
    plan.plan_name, plan.project_id, plan.jenkins_job_name = plan_name, project_id, jenkins_job_name
    plan.deleted_time, plan.updated_time = None, now
    plan.shards = plan.shards if shards is None else shards
    plan.retry_lost = plan.retry_lost if retry_lost is None else retry_lost
    session.add(plan)
    session.flush()
    return plan


def replace_cases(session: Session, plan_id: int, entries: Sequence[Entry]) -> None:
    """The plan holds exactly these, in this order; a case that stays keeps its number."""
    kept = {
        (case_id, round_no): number
        for case_id, round_no, number in session.execute(
            select(PlanCase.case_id, PlanCase.round_no, PlanCase.plan_case_id).where(
                PlanCase.plan_id == plan_id
            )
        )
    }
    named = {entry.plan_case_id for entry in entries if entry.plan_case_id is not None}
    sequences.named(session, sequences.PLAN_CASE, named)
    known = [_number(entry, kept, named) for entry in entries]
    fresh = iter(sequences.fresh(session, sequences.PLAN_CASE, known.count(None)))
    session.execute(delete(PlanCase).where(col(PlanCase.plan_id) == plan_id))
    rows = [
        {
            "plan_id": plan_id,
            "plan_case_id": next(fresh) if number is None else number,
            "case_id": entry.case_id,
            "round_no": entry.round_no,
            "run_order": order,
        }
        for order, (entry, number) in enumerate(zip(entries, known, strict=True), start=1)
    ]
    if rows:
        session.execute(insert(PlanCase), rows)


def _number(
    entry: Entry, kept: Mapping[tuple[int, int | None], int], named: set[int]
) -> int | None:
    """What it says itself, or had before, unless another says so now; None: a fresh one."""
    if entry.plan_case_id is not None:
        return entry.plan_case_id
    before = kept.get((entry.case_id, entry.round_no))
    return None if before in named else before


def remove(session: Session, plan: Plan, now: dt.datetime) -> None:
    session.execute(delete(PlanCase).where(col(PlanCase.plan_id) == plan.plan_id))
    plan.deleted_time = now
    session.add(plan)


def cases(session: Session, plan_ids: Sequence[int]) -> list[tuple[PlanCase, CatalogCase]]:
    """What the plans hold, in order."""
    rows = session.exec(
        select(PlanCase, CatalogCase)
        .where(
            col(PlanCase.plan_id).in_(plan_ids),
            PlanCase.case_id == CatalogCase.case_id,
        )
        .order_by(col(PlanCase.plan_id), col(PlanCase.run_order))
    )
    return [(row[0], row[1]) for row in rows]
