"""Rows as the interface shows them: snake_case, every documented field, times as local text."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from orchestrator.catalog.catalog import PlanWithCases, Synced
from orchestrator.clock import iso, wire
from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.executions.queries import (
    CaseDetail,
    CaseStabilityRow,
    CatalogEntry,
    History,
    PlanSummary,
)
from orchestrator.executions.reported import CallbackResult, Finished, Leased
from orchestrator.executions.results import Rejected, ResultsAccepted
from orchestrator.executions.trigger import LaunchResult
from orchestrator.executions.waiting import ExecutionWithWaiting
from orchestrator.schemas.responses import BriefCase, CaseRow, ExecutionRow, Leg
from orchestrator.status import COUNTERS, OPEN
from orchestrator.store.cases import SHORT
from orchestrator.store.legs import LegWithCounts
from orchestrator.store.stability import Stability
from orchestrator.store.transitions import verdict

#: moments with milliseconds and zone, by the column that each is of.
_EXECUTION_MOMENTS: Final = {
    "created_at": "created_time",
    "started_at": "start_time",
    "finished_at": "end_time",
    "last_heard": "heard_time",
    "lease_until": "lease_until",
    "healed_at": "healed_time",
}
_CASE_MOMENTS: Final = {"started_at": "started_time", "finished_at": "finished_time"}
_EXECUTION: Final = tuple(
    name for name in ExecutionRow.model_fields if name not in {*_EXECUTION_MOMENTS, "outcome"}
)
_BRIEF: Final = tuple(
    name for name in BriefCase.model_fields if name not in {"started_at", "checks"}
)
_CASE: Final = tuple(
    name for name in CaseRow.model_fields if name not in {*_CASE_MOMENTS, "checks"}
)
_LEG_MOMENTS: Final = {
    "started_at": "start_time",
    "finished_at": "end_time",
    "lease_until": "lease_until",
}
_LEG_COUNTS: Final = ("leased", "running", "done", "failed")
_LEG: Final = tuple(name for name in Leg.model_fields if name not in {*_LEG_MOMENTS, *_LEG_COUNTS})
_SUMMARY: Final = {
    "total": "total_count",
    "pending": "pending_count",
    "running": "running_count",
    "passed": "passed_count",
    "failed": "failed_count",
    "blocked": "blocked_count",
    "skipped": "skipped_count",
    "notFound": "not_found_count",
    "canceled": "canceled_count",
}

#: seconds before the end of its lease at which a leg, whose cases are run again, stops by itself.
FENCE_BEFORE_LEASE: Final = 5.0
#: cases that an answer names of those that a sync disabled.
DISABLED_NAMED: Final = 100

Document = dict[str, Any]


def paged(rows: Sequence[Document], total: int) -> Document:
    return {"list": rows, "total": total}


class BriefRow(Protocol):
    """The columns of `store.cases.BRIEF`, as far as they are not shown as they are."""

    status: int
    marked: bool
    shard_index: int | None
    error_message: str | None
    result_message: str | None
    started_time: dt.datetime | None
    checks_passed: int | None
    checks_total: int | None


class Views:
    def __init__(self, zone: ZoneInfo | None) -> None:
        self.zone = zone

    def _row(self, row: object, names: Sequence[str]) -> Document:
        return {name: self._value(getattr(row, name)) for name in names}

    def _value(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return wire(value, self.zone)
        if isinstance(value, float):
            return int(value) if value.is_integer() else round(value, 3)
        return value

    def _moments(self, row: object, columns: Mapping[str, str]) -> Document:
        return {name: iso(getattr(row, column), self.zone) for name, column in columns.items()}

    def execution(self, execution: Execution) -> Document:
        shown = self._row(execution, _EXECUTION) | self._moments(execution, _EXECUTION_MOMENTS)
        if execution.status not in OPEN:
            shown["lease_until"] = None
        return shown | {"outcome": _outcome(execution)}

    def launched(self, launched: LaunchResult) -> Document:
        warnings = {"warnings": list(launched.warnings)} if launched.warnings else {}
        return self.execution(launched.execution) | warnings

    def detail(self, looked: ExecutionWithWaiting) -> Document:
        execution = looked.execution
        summary = {name: getattr(execution, column) for name, column in _SUMMARY.items()}
        place = {"summary": summary, "event_id": str(execution.change_no)}
        waiting = looked.waiting and {
            **dataclasses.asdict(looked.waiting),
            "since": iso(looked.waiting.since, self.zone),
        }
        legs = [self._leg(leg) for leg in looked.legs]
        return self.execution(execution) | place | {"waiting": waiting, "shards": legs}

    def _leg(self, leg: LegWithCounts) -> Document:
        shown = self._row(leg.leg, _LEG) | self._moments(leg.leg, _LEG_MOMENTS)
        if leg.leg.status not in OPEN:
            shown["lease_until"] = None
        return shown | self._row(leg, _LEG_COUNTS)

    def case(self, case: ExecutionCase) -> Document:
        shown = self._row(case, _CASE) | self._moments(case, _CASE_MOMENTS)
        return shown | {"checks": _checks(case)}

    def brief_case(self, case: BriefRow) -> Document:
        """What the service says itself of one that it marked stands in the error's place."""
        shown = self._row(case, _BRIEF)
        if case.shard_index is not None:
            shown["shard_index"] = case.shard_index
        if case.marked and not case.error_message:
            shown["error_message"] = case.result_message
        message = shown["error_message"]
        if message and len(message) > SHORT:
            shown["error_message"] = f"{message[:SHORT]}…"
        shown["started_at"] = iso(case.started_time, self.zone)
        return shown | {"checks": _checks(case)}

    def case_detail(self, seen: CaseDetail) -> Document:
        passed = seen.last_passed
        return self.case(seen.case) | {
            "exchanges": seen.exchanges,
            "exchanges_note": seen.note,
            "last_passed": None if passed is None else self._pass(passed),
        }

    def case_stability(self, rows: Sequence[CaseStabilityRow]) -> list[Document]:
        return [
            {
                "execution_case_id": row.execution_case_id,
                "case_id": row.case_id,
                **self._stability(row.stability),
                "last_passed": None if row.last_passed is None else self._pass(row.last_passed),
                "recent": [{"execution_id": run, "status": status} for run, status in row.recent],
            }
            for row in rows
        ]

    def _pass(self, row: Any) -> Document:
        names = ("execution_id", "execution_no", "execution_case_id", "exchanges")
        shown = {name: getattr(row, name) for name in names}
        return shown | {"finished_at": iso(row.finished_time, self.zone)}

    def pull(
        self,
        execution: Execution,
        cases: Sequence[ExecutionCase],
        total: int,
        keep: str,
        lease: float,
    ) -> Document:
        """`lease`: seconds."""
        of_legs: Document = {}
        if execution.shard_total > 1:
            fence = max(1.0, lease - FENCE_BEFORE_LEASE) if execution.retry_lost else None
            of_legs = {"shardTotal": execution.shard_total, "fenceSeconds": fence}
        return of_legs | {
            "executionId": execution.id,
            "executionNo": execution.execution_no,
            "triggerType": execution.trigger_type,
            "projectId": execution.project_id,
            "planId": execution.plan_id,
            "planRoundNo": execution.plan_round_no,
            "envCode": execution.env_code,
            "runMode": execution.run_mode,
            "status": execution.status,
            "keepExchanges": keep,
            "items": [
                {
                    "executionCaseId": case.id,
                    "planCaseId": case.plan_case_id,
                    "caseId": case.case_id,
                    "caseKey": case.case_key,
                    "caseTitle": case.case_title,
                    "runOrder": case.run_order,
                    "pytestNodeid": case.pytest_nodeid,
                    "status": case.status,
                }
                for case in cases
            ],
            "total": total,
            "execution_status": execution.status,
        }

    def execution_ref(self, execution: Execution) -> Document:
        """What every answer to a runner carries."""
        return {"execution_id": execution.id, "execution_status": execution.status}

    def callback_ack(self, result: CallbackResult) -> Document:
        shown = self.execution_ref(result.execution) | {"warnings": list(result.warnings)}
        return shown if result.leg is None else shown | {"shard_status": result.leg.status}

    def started(self, result: CallbackResult) -> Document:
        shown, leg = self.callback_ack(result), result.leg
        if leg is None:
            return shown
        total = result.execution.shard_total
        return shown | {"shard_index": leg.shard_index, "shard_total": total}

    def leased(self, leased: Leased) -> Document:
        names = ("items", "wait_seconds", "drained", "message")
        execution = leased.execution
        left = execution.pending_count + execution.running_count
        progress = {"done": execution.total_count - left, "total": execution.total_count}
        return self.callback_ack(leased) | self._row(leased, names) | progress

    def accepted(self, taken: ResultsAccepted) -> Document:
        rejected = [_rejected(one) for one in taken.rejected]
        warnings = [_rejected(one) for one in (*taken.warnings, *taken.dropped)]
        leg = {} if taken.shard_status is None else {"shard_status": taken.shard_status}
        return leg | {
            "execution_id": taken.execution_id,
            "execution_status": taken.status,
            "rejected": rejected,
            "warnings": warnings,
        }

    def finished(self, finished: Finished) -> Document:
        missing = [{"execution_case_id": row, "case_id": case} for row, case in finished.missing]
        return self.callback_ack(finished) | {"missing": missing, "complete": not missing}

    def synced(self, synced: Synced) -> Document:
        return {
            "created": synced.created,
            "updated": synced.updated,
            "disabled": synced.disabled,
            "disabled_cases": [
                {"case_id": number, "case_title": title}
                for number, title in synced.disabled_cases[:DISABLED_NAMED]
            ],
            "rejected": [_rejected(one) for one in synced.rejected],
        }

    def catalog_case(self, row: CatalogEntry) -> Document:
        names = ("case_id", "case_key", "case_title", "project_id", "pytest_nodeid", "enabled")
        last = row.last
        return self._row(row.case, names) | {
            "tags": row.case.tags or [],
            "missing_since": self._value(row.case.missing_since),
            "last_status": last.status if last else None,
            "last_execution_id": last.execution_id if last else None,
            "last_finished_time": wire(last.finished_time, self.zone) if last else None,
            **self._stability(row.stability),
        }

    def environment(self, row: Any) -> Document:
        return {
            "env_code": row.env_code,
            "last_execution_id": row.last_execution_id,
            "last_used_at": iso(row.last_used, self.zone),
        }

    def plan_summary(self, summary: PlanSummary) -> Document:
        last = summary.last and {
            "execution_id": summary.last.id,
            **self._row(summary.last, ("status", "env_code")),
            "outcome": _outcome(summary.last),
            "created_at": iso(summary.last.created_time, self.zone),
        }
        names = ("plan_id", "plan_name", "project_id", "jenkins_job_name")
        return self._row(summary.plan, names) | {"case_count": summary.size, "last": last}

    def history(self, history: History) -> Document:
        names = ("status", "duration_seconds", "finished_time", "error_message")
        rows = [
            {
                "execution_id": execution.id,
                "execution_no": execution.execution_no,
                "execution_case_id": case.id,
                "env_code": execution.env_code,
                **self._row(case, names),
                "finished_at": iso(case.finished_time, self.zone),
            }
            for case, execution in history.runs
        ]
        of_all = {"pass_rate": history.pass_rate, **self._stability(history.stability)}
        return paged(rows, history.total) | of_all

    def _stability(self, stability: Stability) -> Document:
        average = self._value(stability.average_seconds)
        return {"flaky": stability.flaky, "average_duration_seconds": average}

    def plan(self, saved: PlanWithCases) -> Document:
        names = ("plan_id", "plan_name", "project_id", "jenkins_job_name", "shards", "retry_lost")
        cases = [
            self._row(entry, ("plan_case_id", "case_id"))
            | self._row(case, ("case_key", "case_title"))
            | self._row(entry, ("round_no", "run_order"))
            | {"enabled": case.enabled}
            for entry, case in saved.cases
        ]
        return self._row(saved.plan, names) | {"cases": cases}


def _outcome(execution: Execution) -> int | None:
    """What the results say of one that ended without some of them, once all are there."""
    if execution.healed_time is None:
        return None
    numbers = {status: getattr(execution, name) for status, name in COUNTERS.items()}
    return int(verdict(numbers))


def _checks(case: "ExecutionCase | BriefRow") -> Document | None:
    if case.checks_total is None:
        return None
    return {"passed": case.checks_passed, "total": case.checks_total}


def _rejected(one: Rejected) -> Mapping[str, Any]:
    return {
        "execution_case_id": one.execution_case_id,
        "case_id": one.case_id,
        "reason": one.reason,
    }
