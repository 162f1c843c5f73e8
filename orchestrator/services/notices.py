"""What is told of an execution: its facts, read from the rows when the notice is sent."""

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from orchestrator.clock import wire
from orchestrator.models import Execution, WebhookDelivery
from orchestrator.shapes.public import Paged
from orchestrator.status import COUNTERS, ExecutionStatus, NoticeKind
from orchestrator.store import cases, deliveries, executions, moves, plans
from orchestrator.webhooks.notice import Notice, Spoiled

#: cases that a notice names.
_SPOILED: Final = 10
_UNFINISHED: Final = (
    ExecutionStatus.CANCELED,
    ExecutionStatus.TRIGGER_FAILED,
    ExecutionStatus.CALLBACK_LOST,
)
_SAME: Final = (
    *("execution_no", "status", "trigger_type", "trigger_source", "trigger_by", "project_id"),
    *("plan_id", "plan_round_no", "env_code", "run_mode", "console_url", "report_url"),
)


def of(
    session: Session, delivery: WebhookDelivery, moment: dt.datetime, zone: ZoneInfo | None
) -> Notice:
    execution = executions.get(session, delivery.execution_id)
    kind, length = NoticeKind(delivery.kind), execution.duration_seconds
    return Notice(
        delivery_id=delivery.delivery_id,
        kind=kind,
        moment=moment,
        execution_id=delivery.execution_id,
        summary=_summary(execution),
        start_time=wire(execution.start_time, zone),
        end_time=wire(execution.end_time, zone),
        duration_seconds=None if length is None else round(length, 3),
        reason=_reason(execution),
        spoiled=_spoiled(session, delivery.execution_id),
        **_subject(session, execution),
        **_correction(session, delivery, kind),
        **{name: getattr(execution, name) for name in _SAME},
    )


def _summary(execution: Execution) -> dict[str, int]:
    """As `execution/detail` names them."""
    counts = {_name(column): getattr(execution, column) for column in COUNTERS.values()}
    return {"total": execution.total_count, **counts}


def _name(column: str) -> str:
    return column.removesuffix("_count").replace("not_found", "notFound")


def _reason(execution: Execution) -> str:
    """What was queued has the address of its queue item in that place."""
    message = execution.trigger_message
    queued = message.startswith(("http://", "https://"))
    return message if execution.status in _UNFINISHED and not queued else ""


def _spoiled(session: Session, execution_id: int) -> list[Spoiled]:
    return [
        Spoiled(
            case_id=row.case_id,
            case_key=row.case_key,
            case_title=row.case_title,
            status=row.status,
        )
        for row in cases.spoiled(session, execution_id, _SPOILED)
    ]


def _subject(session: Session, execution: Execution) -> dict[str, Any]:
    """The plan or the case that was run."""
    title = None
    if execution.source_case_id is not None:
        first = Paged(page_no=1, page_size=1)
        rows, _ = cases.listed(session, execution.id or 0, None, first)
        title = next((row.case_title for row in rows), None)
    name = plans.name_of(session, execution.plan_id)
    return {"plan_name": name, "case_id": execution.source_case_id, "case_title": title}


def _correction(session: Session, delivery: WebhookDelivery, kind: NoticeKind) -> dict[str, Any]:
    if kind is NoticeKind.ENDED:
        return {"replaces": None, "outcome": None}
    outcome = moves.verdict(moves.counts(session, delivery.execution_id))
    replaced = deliveries.told(session, delivery.execution_id, delivery.webhook)
    return {"replaces": replaced, "outcome": int(outcome)}
