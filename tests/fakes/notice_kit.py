"""A notice to render, and a webhook to render it for."""

import datetime as dt

from orchestrator.notifications.notification import FailedCase, Notification
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret
from orchestrator.status import NotificationKind

MOMENT = dt.datetime(2025, 9, 20, 7, 30, tzinfo=dt.UTC)
SECONDS = 1758353400


def notice(**changes):
    fields = {
        "delivery_id": "d1",
        "kind": NotificationKind.ENDED,
        "replaces": None,
        "moment": MOMENT,
        "execution_id": 13,
        "execution_no": "AE20250920153000123",
        "status": 5,
        "outcome": None,
        "trigger_type": 2,
        "trigger_source": "platform",
        "trigger_by": 8,
        "project_id": 3,
        "plan_id": 2001,
        "plan_name": "回归",
        "plan_round_no": 2,
        "case_id": None,
        "case_title": None,
        "env_code": "st",
        "run_mode": 1,
        "summary": summary(passed=8, failed=1, blocked=1),
        "start_time": "2025-09-20 15:28:37",
        "end_time": "2025-09-20 15:30:00",
        "duration_seconds": 83.25,
        "reason": "",
        "console_url": "http://tests.example/files/k/console",
        "report_url": "http://tests.example/files/k/report",
        "failed_cases": [spoiled(1003, 3, "登录失败"), spoiled(1004, 4, "test_pay_ok")],
    }
    return Notification(**(fields | changes))


def healed(**changes):
    return notice(
        **{"kind": NotificationKind.HEALED, "replaces": "d0", "status": 8, "outcome": 4}
        | {"summary": summary(passed=10), "failed_cases": [], "reason": "执行机失联"}
        | changes
    )


def summary(**counts):
    names = ("pending", "running", "passed", "failed", "blocked", "skipped", "notFound", "canceled")
    return {"total": sum(counts.values()), **dict.fromkeys(names, 0), **counts}


def spoiled(case_id, status, title):
    return FailedCase(case_id=case_id, case_key=f"T{case_id}", case_title=title, status=status)


def webhook(kind, url="https://hooks.example/robot?key=k1", secret="", **fields):
    return Webhook(name="qa", url=Secret(url), format=kind, secret=Secret(secret), **fields)
