"""The facts of a notification, read from the rows when it is sent."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from orchestrator.clock import wire
from orchestrator.db.models import WebhookDelivery
from orchestrator.notifications.notification import FailedCase, Notification
from orchestrator.status import COUNTERS, ExecutionStatus, NotificationKind
from orchestrator.store import cases, executions, notifications, transitions

#: failed cases that a notification names.
_MOST_FAILED: Final = 10
_UNFINISHED: Final = (
    ExecutionStatus.CANCELED,
    ExecutionStatus.TRIGGER_FAILED,
    ExecutionStatus.CALLBACK_LOST,
)
#: columns as the `summary` of `execution/detail` names them.
_SUMMARY: Final = {"total": "total_count"} | {
    column.removesuffix("_count").replace("not_found", "notFound"): column
    for column in COUNTERS.values()
}
_SAME: Final = (
    *("execution_no", "status", "trigger_type", "trigger_source", "trigger_by", "project_id"),
    *("plan_id", "plan_name", "plan_round_no", "case_title"),
    *("env_code", "run_mode", "console_url", "report_url"),
)


def of(
    session: Session, delivery: WebhookDelivery, moment: dt.datetime, zone: ZoneInfo | None
) -> Notification:
    execution = executions.get(session, delivery.execution_id)
    kind, length = NotificationKind(delivery.kind), execution.duration_seconds
    outcome = replaces = None
    if kind is not NotificationKind.ENDED:
        counts = transitions.counts(session, delivery.execution_id)
        outcome = int(transitions.verdict(counts))
        replaces = notifications.ended_delivery_id(session, delivery.execution_id, delivery.webhook)
    # Why it ended in 6, 7 or 8; never the address of a queue item, which the column may hold.
    says_why = execution.status in _UNFINISHED
    is_address = execution.trigger_message.startswith(("http://", "https://"))
    return Notification(
        delivery_id=delivery.delivery_id,
        kind=kind,
        moment=moment,
        execution_id=delivery.execution_id,
        summary={name: getattr(execution, column) for name, column in _SUMMARY.items()},
        start_time=wire(execution.start_time, zone),
        end_time=wire(execution.end_time, zone),
        duration_seconds=None if length is None else round(length, 3),
        reason=execution.trigger_message if says_why and not is_address else "",
        failed_cases=[
            FailedCase(
                case_id=row.case_id,
                case_key=row.case_key,
                case_title=row.case_title,
                status=row.status,
            )
            for row in cases.failed(session, delivery.execution_id, _MOST_FAILED)
        ],
        case_id=execution.source_case_id,
        replaces=replaces,
        outcome=outcome,
        **{name: getattr(execution, name) for name in _SAME},
    )
