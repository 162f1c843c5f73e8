"""Plans and the cases they hold."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from orchestrator.models import CatalogCase, Plan, PlanCase


class Entry(Protocol):
    """One case as a request names it (`shapes.catalog.PlannedCase`)."""

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
    """Also of a plan that was deleted."""
    return session.exec(select(Plan.plan_name).where(Plan.plan_id == plan_id)).first()


def listed(session: Session, project_id: int | None) -> list[Plan]:
    wanted: list[ColumnElement[bool]] = [col(Plan.deleted_time).is_(None)]
    if project_id is not None:
        wanted.append(col(Plan.project_id) == project_id)
    return list(session.exec(select(Plan).where(*wanted).order_by(col(Plan.plan_id))))


def save(
    session: Session,
    plan_id: int | None,
    now: dt.datetime,
    *,
    plan_name: str,
    project_id: int,
    jenkins_job_name: str | None,
) -> Plan:
    """Create or overwrite the head of a plan; a number once used is never given out again."""
    number = plan_id or (session.exec(select(func.max(Plan.plan_id))).one() or 0) + 1
    plan = session.exec(select(Plan).where(Plan.plan_id == number)).first() or Plan(
        plan_id=number, plan_name="", project_id=0, created_time=now, updated_time=now
    )
    plan.plan_name, plan.project_id, plan.jenkins_job_name = plan_name, project_id, jenkins_job_name
    plan.deleted_time, plan.updated_time = None, now
    session.add(plan)
    session.flush()
    return plan


def replace_cases(session: Session, plan_id: int, entries: Sequence[Entry]) -> None:
    """The plan holds exactly these, in this order; a case that stays keeps its number."""
    kept = {
        (row.case_id, row.round_no): row.plan_case_id
        for row in session.exec(select(PlanCase).where(PlanCase.plan_id == plan_id))
    }
    taken = {entry.plan_case_id for entry in entries}
    fresh = max(session.exec(select(func.max(PlanCase.plan_case_id))).one() or 0, _highest(taken))
    session.execute(delete(PlanCase).where(col(PlanCase.plan_id) == plan_id))
    for order, entry in enumerate(entries, start=1):
        number = entry.plan_case_id or kept.get((entry.case_id, entry.round_no))
        if number is None or (number in taken and entry.plan_case_id is None):
            number = fresh = fresh + 1
        session.add(
            PlanCase(
                plan_id=plan_id,
                plan_case_id=number,
                case_id=entry.case_id,
                round_no=entry.round_no,
                run_order=order,
            )
        )
    session.flush()


def _highest(numbers: set[int | None]) -> int:
    return max((number for number in numbers if number is not None), default=0)


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
