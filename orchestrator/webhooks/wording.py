"""A notice in words, for people in a chat: plain text in Chinese or English, made safe to show."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from orchestrator.status import CaseStatus, ExecutionStatus, NoticeKind

from .notice import Notice, Spoiled

#: characters of what users named, so that the longest message fits the smallest limit.
_NAME: Final = 80
_REASON: Final = 160
_LINK: Final = 400
_SPOILED: Final = 5
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
    spoiled_title: str
    spoiled: Sequence[str]
    #: `(text, address)`; the addresses are http(s), without spaces, quotes or brackets.
    links: Sequence[tuple[str, str]]


def message(notice: Notice, language: str) -> Message:
    words = WORDS[language]
    return Message(
        title=_title(notice, language),
        mood=notice.outcome or notice.status,
        colon=words["colon"],
        facts=[(words[label], text) for label, text in _facts(notice, language) if text],
        spoiled_title=words["spoiled"],
        spoiled=_spoiled(notice, language),
        links=_links(notice, words),
    )


def shortened(text: str, limit: int) -> str:
    """One line of printable characters; controls and marks of direction become spaces."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _title(notice: Notice, language: str) -> str:
    texts, words = EXECUTION_TEXTS[language], WORDS[language]
    subject = shortened(_subject(notice), _NAME)
    if notice.kind is NoticeKind.HEALED:
        outcome = texts[notice.outcome or ExecutionStatus.PASSED]
        return words["healed"].format(outcome=outcome, subject=subject)
    return words["title"].format(status=texts[notice.status], subject=subject)


def _subject(notice: Notice) -> str:
    return notice.plan_name or notice.case_title or notice.execution_no


def _facts(notice: Notice, language: str) -> list[tuple[str, str]]:
    words = WORDS[language]
    single = notice.trigger_type == _SINGLE
    correction = words["replaced"].format(status=EXECUTION_TEXTS[language][notice.status])
    return [
        ("replaces", correction if notice.kind is NoticeKind.HEALED else ""),
        ("cases", _counts(notice, language)),
        ("environment", shortened(notice.env_code, _NAME)),
        ("round", "" if notice.plan_round_no is None else str(notice.plan_round_no)),
        ("duration", duration(notice.duration_seconds, language)),
        ("ended", notice.end_time or ""),
        ("trigger", _trigger(notice, words[("case" if single else "plan")], words)),
        ("number", notice.execution_no),
        ("reason", shortened(notice.reason, _REASON)),
    ]


def _counts(notice: Notice, language: str) -> str:
    words = WORDS[language]
    counted = [
        words["count"].format(text=CASE_TEXTS[language][status], n=notice.summary[name])
        for name, status in _COUNTED.items()
        if notice.summary.get(name)
    ]
    return words["comma"].join([words["total"].format(n=notice.summary["total"]), *counted])


def _trigger(notice: Notice, what: str, words: Mapping[str, str]) -> str:
    if notice.trigger_by is None:
        return what
    return words["user"].format(source=what, user=notice.trigger_by)


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


def _spoiled(notice: Notice, language: str) -> list[str]:
    lines = [_line(case, language) for case in notice.spoiled[:_SPOILED]]
    summary = notice.summary
    number = sum(summary.get(name, 0) for name in ("failed", "blocked", "notFound", "canceled"))
    if number > len(lines) > 0:
        lines.append(WORDS[language]["more"].format(n=number - len(lines)))
    return lines


def _line(case: Spoiled, language: str) -> str:
    name = shortened(f"{case.case_key} {case.case_title}", _NAME)
    return WORDS[language]["line"].format(name=name, status=CASE_TEXTS[language][case.status])


def _links(notice: Notice, words: Mapping[str, str]) -> list[tuple[str, str]]:
    addresses = {"console": notice.console_url, "report": notice.report_url}
    safe = {name: safe_address(address) for name, address in addresses.items()}
    return [(words[name], address) for name, address in safe.items() if address]


def safe_address(address: str | None) -> str:
    """Fit for any link: empty unless it is http(s) and short; what could end a link is encoded."""
    if not address or not address.startswith(("http://", "https://")):
        return ""
    encoded = quote(address, safe=":/?&=#%+,;~$[]")
    return encoded if len(encoded) <= _LINK else ""
