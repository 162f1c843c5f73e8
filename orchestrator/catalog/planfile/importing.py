"""From a file of plans to the plans of the database: all of them, or none."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from sqlmodel import Session

from orchestrator.catalog.planfile.location import Diagnostic
from orchestrator.catalog.planfile.match import SelectedCase, selected
from orchestrator.catalog.planfile.reader import PlannedPlan, PlanSpec, plans_of
from orchestrator.db.engine import Database
from orchestrator.db.models import Plan, PlanCase
from orchestrator.i18n import joined, marked, tr
from orchestrator.store import catalog, plans
from orchestrator.store.writer import Writer

_UNCHANGED: Final = marked("unchanged")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of one plan."""

    spec: PlanSpec
    #: None: there is none yet.
    plan: Plan | None
    selected_cases: Sequence[SelectedCase]
    #: what differs, for people.
    differences: Sequence[str]

    @property
    def status(self) -> str:
        """Marked."""
        if self.plan is None:
            return marked("new")
        return marked("changed") if self.differences else _UNCHANGED

    def lines(self) -> Iterator[str]:
        spec = self.spec
        said = {"name": spec.name, "project": spec.project, "status": tr(self.status)}
        if number := self.plan.plan_id if self.plan else spec.id:
            yield tr('plan {number} "{name}" (project {project}): {status}', number=number, **said)
        else:
            yield tr('plan "{name}" (project {project}): {status}', **said)
        yield from (joined(["  ", line], "") for line in self.differences)


def changes(session: Session, text: str) -> tuple[list[Change], list[Diagnostic]]:
    """What the file would change, and all that is wrong with it, by location."""
    wanted, diagnostics = plans_of(text)
    diagnostics += _named_twice(wanted)
    of_project = cache(lambda project: catalog.of_project(session, project))
    found: list[Change] = []
    meant: dict[int, int] = {}
    for one in wanted:
        if one.project is None:
            continue
        cases = of_project(one.project)
        selected_cases, wrong = selected(one.entries, one.project, cases)
        diagnostics += wrong
        if one.spec is not None:
            plan, reason = _stored(session, one.spec)
            if (
                plan
                and (line := meant.setdefault(plan.plan_id, one.location.line)) != one.location.line
            ):
                reason = tr(
                    "this is plan {plan}, which line {line} means, too",
                    plan=plan.plan_id,
                    line=line,
                )
            diagnostics += [Diagnostic(one.location, reason)] if reason else []
            held = [entry for entry, _ in plans.cases(session, [plan.plan_id])] if plan else []
            keys = {case.case_id: case.case_key for case in cases}
            differences = [*_differences(one.spec, plan, held, selected_cases, keys)]
            found.append(
                Change(
                    spec=one.spec, plan=plan, selected_cases=selected_cases, differences=differences
                )
            )
    return found, sorted(diagnostics)


def import_plans(
    database: Database, text: str, now: dt.datetime, *, dry_run: bool
) -> tuple[list[Change], list[Diagnostic]]:
    """What was changed (or would be); with a diagnostic nothing is."""
    if dry_run:
        with database.reading() as session:
            return changes(session, text)

    def work(session: Session) -> tuple[list[Change], list[Diagnostic]]:
        found, diagnostics = changes(session, text)
        for change in () if diagnostics else found:
            if change.status == _UNCHANGED:
                continue
            spec = change.spec
            plan = plans.save(
                session,
                change.plan.plan_id if change.plan else spec.id,
                now,
                plan_name=spec.name,
                project_id=spec.project,
                jenkins_job_name=spec.job,
                shards=spec.shards,
                retry_lost=spec.retry_lost,
            )
            plans.replace_cases(session, plan.plan_id, change.selected_cases)
        return found, diagnostics

    writer = Writer(database)
    try:
        return writer.run(work)
    finally:
        writer.close()


def _named_twice(wanted: Iterable[PlannedPlan]) -> Iterator[Diagnostic]:
    seen: dict[object, PlannedPlan] = {}
    for one in wanted:
        spec = one.spec
        keys = {(spec.project, spec.name), spec.id} - {None} if spec else set()
        before = [seen[key].location.line for key in keys if key in seen]
        if before:
            yield Diagnostic(
                one.location,
                tr("the plan of line {line} has the same name or id", line=min(before)),
            )
        seen |= dict.fromkeys(keys, one)


def _stored(session: Session, spec: PlanSpec) -> tuple[Plan | None, str]:
    """The plan that is meant, or why nobody can say."""
    if spec.id is not None:
        plan = plans.get(session, spec.id)
        if plan is not None and plan.project_id != spec.project:
            return None, tr(
                "plan {plan} belongs to project {project}", plan=spec.id, project=plan.project_id
            )
        return plan, ""
    same = [p for p in plans.listed(session, spec.project) if p.plan_name == spec.name]
    if len(same) > 1:
        numbers = ", ".join(str(plan.plan_id) for plan in same)
        return None, tr(
            "several plans have the name {name!r} ({numbers}); give the id",
            name=spec.name,
            numbers=numbers,
        )
    return (same[0] if same else None), ""


def _differences(
    spec: PlanSpec,
    plan: Plan | None,
    held: Sequence[PlanCase],
    selected_cases: Sequence[SelectedCase],
    keys: Mapping[int, str],
) -> Iterator[str]:
    """What is otherwise in the file, a line each; `keys`: of the project's cases, by number."""
    if plan is not None:
        yield from _differing_columns(spec, plan)
    old = [(entry.case_id, entry.round_no) for entry in held]
    new = [(one.case_id, one.round_no) for one in selected_cases]
    for sign, cases, others in (("-", old, set(new)), ("+", new, set(old))):
        for case_id, round_no in cases:
            if (case_id, round_no) not in others:
                said = {"sign": sign, "case": case_id, "key": keys.get(case_id, "?")}
                if round_no is None:
                    yield tr("{sign} case {case} ({key})", **said)
                else:
                    yield tr("{sign} case {case} ({key}), round {round}", round=round_no, **said)
    if sorted(old, key=str) == sorted(new, key=str) and old != new:
        yield tr("the order of the cases")


def _differing_columns(spec: PlanSpec, plan: Plan) -> Iterator[str]:
    for what, there, wanted in (
        ("name", plan.plan_name, spec.name),
        ("job", plan.jenkins_job_name, spec.job),
    ):
        if there != wanted:
            none = tr("none")
            yield tr("{what}: {now} -> {then}", what=what, now=there or none, then=wanted or none)
    for what, now, then in (
        ("shards", plan.shards, spec.shards),
        ("retry_lost", plan.retry_lost, spec.retry_lost),
    ):
        if then not in (None, now):
            words = {"now": str(now).lower(), "then": str(then).lower()}
            yield tr("{what}: {now} -> {then}", what=what, **words)
