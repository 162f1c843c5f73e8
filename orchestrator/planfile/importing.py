"""From a file of plans to the plans of the database: all of them, or none."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from sqlmodel import Session

from orchestrator.database import Database
from orchestrator.models import CatalogCase, Plan, PlanCase
from orchestrator.store import catalog, plans
from orchestrator.writer import Writer

from .places import Complaint
from .reading import Head, PlannedPlan, plans_of
from .selecting import Chosen, selected


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one plan."""

    head: Head
    #: None: there is none yet.
    plan: Plan | None
    chosen: Sequence[Chosen]
    #: what differs, for people.
    differences: Sequence[str]

    @property
    def word(self) -> str:
        if self.plan is None:
            return "new"
        return "changed" if self.differences else "unchanged"

    def lines(self) -> Iterator[str]:
        head = self.head
        number = (self.plan.plan_id if self.plan else head.id) or ""
        name = f"plan {number}".rstrip()
        yield f'{name} "{head.name}" (project {head.project}): {self.word}'
        yield from (f"  {line}" for line in self.differences)


def changes(session: Session, text: str) -> tuple[list[Change], list[Complaint]]:
    """What the file would change, and all that is wrong with it, by place."""
    wanted, complaints = plans_of(text)
    complaints += _named_twice(wanted)
    of_project = cache(lambda project: catalog.of_project(session, project))
    found: list[Change] = []
    meant: dict[int, int] = {}
    for one in wanted:
        if one.project is None:
            continue
        cases = of_project(one.project)
        chosen, wrong = selected(one.entries, one.project, cases)
        complaints += wrong
        if one.head is not None:
            plan, reason = _stored(session, one.head)
            if plan and (line := meant.setdefault(plan.plan_id, one.place.line)) != one.place.line:
                reason = f"this is plan {plan.plan_id}, which line {line} means, too"
            complaints += [Complaint(one.place, reason)] if reason else []
            found.append(_change(session, one.head, plan, chosen, cases))
    return found, sorted(complaints)


def import_plans(
    database: Database, text: str, now: dt.datetime, *, dry_run: bool
) -> tuple[list[Change], list[Complaint]]:
    """What was changed (or would be); with a complaint nothing is."""
    if dry_run:
        with database.reading() as session:
            return changes(session, text)

    def work(session: Session) -> tuple[list[Change], list[Complaint]]:
        found, complaints = changes(session, text)
        for change in () if complaints else found:
            _apply(session, change, now)
        return found, complaints

    writer = Writer(database)
    try:
        return writer.run(work)
    finally:
        writer.close()


def _apply(session: Session, change: Change, now: dt.datetime) -> None:
    """Nothing is written of what stays as it is."""
    if change.word == "unchanged":
        return
    head = change.head
    plan = plans.save(
        session,
        change.plan.plan_id if change.plan else head.id,
        now,
        plan_name=head.name,
        project_id=head.project,
        jenkins_job_name=head.job,
    )
    plans.replace_cases(session, plan.plan_id, change.chosen)


def _named_twice(wanted: Iterable[PlannedPlan]) -> Iterator[Complaint]:
    seen: dict[object, PlannedPlan] = {}
    for one in wanted:
        head = one.head
        keys = {(head.project, head.name), head.id} - {None} if head else set()
        before = [seen[key].place.line for key in keys if key in seen]
        if before:
            yield Complaint(one.place, f"the plan of line {min(before)} has the same name or id")
        seen |= dict.fromkeys(keys, one)


def _stored(session: Session, head: Head) -> tuple[Plan | None, str]:
    """The plan that is meant, or why nobody can say."""
    if head.id is not None:
        plan = plans.get(session, head.id)
        if plan is not None and plan.project_id != head.project:
            return None, f"plan {head.id} belongs to project {plan.project_id}"
        return plan, ""
    same = [p for p in plans.listed(session, head.project) if p.plan_name == head.name]
    if len(same) > 1:
        numbers = ", ".join(str(plan.plan_id) for plan in same)
        return None, f"several plans have the name {head.name!r} ({numbers}); give the id"
    return (same[0] if same else None), ""


def _change(
    session: Session,
    head: Head,
    plan: Plan | None,
    chosen: Sequence[Chosen],
    catalogue: Iterable[CatalogCase],
) -> Change:
    held = [entry for entry, _ in plans.cases(session, [plan.plan_id])] if plan else []
    keys = {case.case_id: case.case_key for case in catalogue}
    differences = [*_of_head(head, plan), *_of_cases(held, chosen, keys)]
    return Change(head=head, plan=plan, chosen=chosen, differences=differences)


def _of_head(head: Head, plan: Plan | None) -> Iterator[str]:
    if plan is None:
        return
    for what, old, new in (
        ("name", plan.plan_name, head.name),
        ("job", plan.jenkins_job_name, head.job),
    ):
        if old != new:
            yield f"{what}: {old or 'none'} -> {new or 'none'}"


def _of_cases(
    held: Sequence[PlanCase], chosen: Sequence[Chosen], keys: dict[int, str]
) -> Iterator[str]:
    old = [(entry.case_id, entry.round_no) for entry in held]
    new = [(one.case_id, one.round_no) for one in chosen]
    for sign, there, other in (("-", old, set(new)), ("+", new, set(old))):
        for case_id, round_no in there:
            if (case_id, round_no) not in other:
                where = "" if round_no is None else f", round {round_no}"
                yield f"{sign} case {case_id} ({keys.get(case_id, '?')}){where}"
    if sorted(old, key=str) == sorted(new, key=str) and old != new:
        yield "the order of the cases"
