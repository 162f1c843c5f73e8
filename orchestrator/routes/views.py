"""Rows as the interface shows them: snake_case, every documented field, times as local text."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from orchestrator.clock import wire
from orchestrator.models import Execution, ExecutionCase
from orchestrator.services.callbacks import Finished, Heard
from orchestrator.services.catalog import PlanWithCases, Synced
from orchestrator.services.queries import Catalogued, History
from orchestrator.services.results import Rejected, Taken
from orchestrator.shapes.answers import CaseRow, ExecutionRow
from orchestrator.store.stability import Stability

_EXECUTION: Final = tuple(ExecutionRow.model_fields)
_CASE: Final = tuple(CaseRow.model_fields)
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

#: cases that an answer names of those that a sync disabled.
DISABLED_NAMED: Final = 100

Document = dict[str, Any]


def paged(rows: Sequence[Document], total: int) -> Document:
    return {"list": rows, "total": total}


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

    def execution(self, execution: Execution) -> Document:
        return self._row(execution, _EXECUTION)

    def detail(self, execution: Execution) -> Document:
        summary = {name: getattr(execution, column) for name, column in _SUMMARY.items()}
        return self.execution(execution) | {"summary": summary}

    def case(self, case: ExecutionCase) -> Document:
        return self._row(case, _CASE)

    def pull(self, execution: Execution, cases: Sequence[ExecutionCase], total: int) -> Document:
        return {
            "executionId": execution.id,
            "executionNo": execution.execution_no,
            "triggerType": execution.trigger_type,
            "projectId": execution.project_id,
            "planId": execution.plan_id,
            "planRoundNo": execution.plan_round_no,
            "envCode": execution.env_code,
            "runMode": execution.run_mode,
            "status": execution.status,
            "items": [_item(case) for case in cases],
            "total": total,
            "execution_status": execution.status,
        }

    def standing(self, execution: Execution) -> Document:
        """What every internal answer carries."""
        return {"execution_id": execution.id, "execution_status": execution.status}

    def heard(self, heard: Heard) -> Document:
        return self.standing(heard.execution) | {"warnings": list(heard.warnings)}

    def taken(self, taken: Taken) -> Document:
        rejected = [_rejected(one) for one in taken.rejected]
        warnings = [_rejected(one) for one in (*taken.warnings, *taken.dropped)]
        return {
            "execution_id": taken.execution_id,
            "execution_status": taken.status,
            "rejected": rejected,
            "warnings": warnings,
        }

    def finished(self, finished: Finished) -> Document:
        missing = [{"execution_case_id": row, "case_id": case} for row, case in finished.missing]
        return self.heard(finished) | {"missing": missing, "complete": not missing}

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

    def catalog_case(self, row: Catalogued) -> Document:
        names = ("case_id", "case_key", "case_title", "project_id", "pytest_nodeid", "enabled")
        last = row.last
        return self._row(row.case, names) | {
            "tags": row.case.tags or [],
            "missing_since": self._value(row.case.missing_since),
            "last_status": last.status if last else None,
            "last_execution_id": last.execution_id if last else None,
            "last_finished_time": wire(last.finished_time, self.zone) if last else None,
            **self._steady(row.stability),
        }

    def history(self, history: History) -> Document:
        rows = [self._run(case, execution) for case, execution in history.runs]
        head = {"pass_rate": history.pass_rate, **self._steady(history.stability)}
        return paged(rows, history.total) | head

    def _steady(self, stability: Stability) -> Document:
        average = self._value(stability.average_seconds)
        return {"flaky": stability.flaky, "average_duration_seconds": average}

    def _run(self, case: ExecutionCase, execution: Execution) -> Document:
        names = ("status", "duration_seconds", "finished_time", "error_message")
        return {
            "execution_id": execution.id,
            "execution_no": execution.execution_no,
            "execution_case_id": case.id,
            "env_code": execution.env_code,
            **self._row(case, names),
        }

    def plan(self, saved: PlanWithCases) -> Document:
        head = ("plan_id", "plan_name", "project_id", "jenkins_job_name")
        cases = [
            self._row(entry, ("plan_case_id", "case_id"))
            | self._row(case, ("case_key", "case_title"))
            | self._row(entry, ("round_no", "run_order"))
            | {"enabled": case.enabled}
            for entry, case in saved.cases
        ]
        return self._row(saved.plan, head) | {"cases": cases}


def _item(case: ExecutionCase) -> Document:
    return {
        "executionCaseId": case.id,
        "planCaseId": case.plan_case_id,
        "caseId": case.case_id,
        "caseKey": case.case_key,
        "caseTitle": case.case_title,
        "runOrder": case.run_order,
        "pytestNodeid": case.pytest_nodeid,
        "status": case.status,
    }


def _rejected(one: Rejected) -> Mapping[str, Any]:
    return {
        "execution_case_id": one.execution_case_id,
        "case_id": one.case_id,
        "reason": one.reason,
    }
