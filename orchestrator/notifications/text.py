"""A notification in words, for people in a chat: plain text in Chinese or English, safe to show."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from orchestrator.i18n import in_language, recalled
from orchestrator.notifications.notification import Notification
from orchestrator.status import CaseStatus, ExecutionStatus, NotificationKind

#: characters of what users named, so that the longest message fits the smallest limit.
_NAME: Final = 80
_REASON: Final = 160
_LINK: Final = 400
_MOST_FAILED: Final = 5
_SINGLE: Final = 1

EXECUTION_TEXTS: Final[Mapping[str, Mapping[int, str]]] = {
    "zh": {4: "成功", 5: "失败", 6: "已取消", 7: "触发失败", 8: "回调异常"},
    "en": {4: "passed", 5: "failed", 6: "canceled", 7: "trigger failed", 8: "callback lost"},
}
CASE_TEXTS: Final[Mapping[str, Mapping[int, str]]] = {
    "zh": {0: "待执行", 1: "执行中", 2: "通过", 3: "失败", 4: "阻塞", 5: "跳过", 6: "未找到"}
    | {7: "已取消"},
    "en": {0: "pending", 1: "running", 2: "passed", 3: "failed", 4: "blocked", 5: "skipped"}
    | {6: "not found", 7: "canceled"},
}
_COUNTED: Final = {
    "passed": CaseStatus.PASSED,
    "failed": CaseStatus.FAILED,
    "blocked": CaseStatus.BLOCKED,
    "skipped": CaseStatus.SKIPPED,
    "notFound": CaseStatus.NOT_FOUND,
    "canceled": CaseStatus.CANCELED,
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "title": "自动化执行{status}：{subject}",
        "healed": "自动化执行结果已补齐（{outcome}）：{subject}",
        "replaces": "更正",
        "replaced": "此前的“{status}”通知以本条为准，执行状态不变",
        "colon": "：",
        "comma": "，",
        "plan": "计划",
        "case": "用例",
        "round": "轮次",
        "environment": "环境",
        "cases": "结果",
        "total": "共 {n}",
        "count": "{text} {n}",
        "duration": "耗时",
        "seconds": "{s} 秒",
        "minutes": "{m} 分 {s} 秒",
        "hours": "{h} 小时 {m} 分",
        "ended": "结束时间",
        "trigger": "触发",
        "user": "{source}，用户 {user}",
        "number": "执行编号",
        "reason": "原因",
        "spoiled": "未通过用例",
        "line": "{name}（{status}）",
        "more": "……另有 {n} 条",
        "console": "控制台",
        "report": "报告",
    },
    "en": {
        "title": "Test execution {status}: {subject}",
        "healed": "All results have arrived ({outcome}): {subject}",
        "replaces": "Correction",
        "replaced": "replaces the notice “{status}”; the status stays",
        "colon": ": ",
        "comma": ", ",
        "plan": "Plan",
        "case": "Case",
        "round": "Round",
        "environment": "Environment",
        "cases": "Cases",
        "total": "{n} in all",
        "count": "{n} {text}",
        "duration": "Duration",
        "seconds": "{s} s",
        "minutes": "{m} min {s} s",
        "hours": "{h} h {m} min",
        "ended": "Ended",
        "trigger": "Triggered by",
        "user": "{source}, user {user}",
        "number": "Execution",
        "reason": "Reason",
        "spoiled": "Not passed",
        "line": "{name} ({status})",
        "more": "… and {n} more",
        "console": "Console",
        "report": "Report",
    },
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """Text without markup; whoever lays it out makes it inert for his own."""

    title: str
    #: 4 is good, 5, 7 and 8 are bad, 6 is neither.
    mood: int
    #: between the label and the text of a fact.
    colon: str
    facts: Sequence[tuple[str, str]]
    failed_title: str
    failed_cases: Sequence[str]
    #: `(text, address)`; the addresses are http(s), without spaces, quotes or brackets.
    links: Sequence[tuple[str, str]]


def compose(notification: Notification, language: str) -> Message:
    words = WORDS[language]
    links = {
        "console": safe_address(notification.console_url),
        "report": safe_address(notification.report_url),
    }
    return Message(
        title=_title(notification, language),
        mood=notification.outcome or notification.status,
        colon=words["colon"],
        facts=[(words[label], text) for label, text in _facts(notification, language) if text],
        failed_title=words["spoiled"],
        failed_cases=_failed_cases(notification, language),
        links=[(words[name], address) for name, address in links.items() if address],
    )


def shortened(text: str, limit: int) -> str:
    """One line of printable characters; controls and marks of direction become spaces."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _title(notification: Notification, language: str) -> str:
    texts, words = EXECUTION_TEXTS[language], WORDS[language]
    named = notification.plan_name or notification.case_title or notification.execution_no
    subject = shortened(named, _NAME)
    if notification.kind is NotificationKind.HEALED:
        outcome = texts[notification.outcome or ExecutionStatus.PASSED]
        return words["healed"].format(outcome=outcome, subject=subject)
    return words["title"].format(status=texts[notification.status], subject=subject)


def _facts(notification: Notification, language: str) -> list[tuple[str, str]]:
    words = WORDS[language]
    counts = [
        words["total"].format(n=notification.summary["total"]),
        *(
            words["count"].format(text=CASE_TEXTS[language][status], n=notification.summary[name])
            for name, status in _COUNTED.items()
            if notification.summary.get(name)
        ),
    ]
    single = notification.trigger_type == _SINGLE
    trigger = words["case" if single else "plan"]
    if notification.trigger_by is not None:
        trigger = words["user"].format(source=trigger, user=notification.trigger_by)
    correction = words["replaced"].format(status=EXECUTION_TEXTS[language][notification.status])
    return [
        ("replaces", correction if notification.kind is NotificationKind.HEALED else ""),
        ("cases", words["comma"].join(counts)),
        ("environment", shortened(notification.env_code, _NAME)),
        ("round", "" if notification.plan_round_no is None else str(notification.plan_round_no)),
        ("duration", duration(notification.duration_seconds, language)),
        ("ended", notification.end_time or ""),
        ("trigger", trigger),
        ("number", notification.execution_no),
        ("reason", shortened(in_language(recalled(notification.reason), language), _REASON)),
    ]


def duration(seconds: float | None, language: str) -> str:
    """Empty when it is not known."""
    if seconds is None:
        return ""
    words = WORDS[language]
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return words["hours"].format(h=hours, m=minutes_left)
    if minutes:
        return words["minutes"].format(m=minutes, s=rest)
    return words["seconds"].format(s=f"{seconds:.1f}".removesuffix(".0"))


def _failed_cases(notification: Notification, language: str) -> list[str]:
    words, lines, summary = WORDS[language], [], notification.summary
    for case in notification.failed_cases[:_MOST_FAILED]:
        name = shortened(f"{case.case_key} {case.case_title}", _NAME)
        status = CASE_TEXTS[language][case.status]
        lines.append(words["line"].format(name=name, status=status))
    number = sum(summary.get(name, 0) for name in ("failed", "blocked", "notFound", "canceled"))
    if number > len(lines) > 0:
        lines.append(words["more"].format(n=number - len(lines)))
    return lines


def safe_address(address: str | None) -> str:
    """Fit for any link: empty unless it is http(s) and short; what could end a link is encoded."""
    if not address or not address.startswith(("http://", "https://")):
        return ""
    encoded = quote(address, safe=":/?&=#%+,;~$[]")
    return encoded if len(encoded) <= _LINK else ""
