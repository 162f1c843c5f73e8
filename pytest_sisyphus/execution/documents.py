"""Changes of the ledger → results of the HTTP contract (`case/result`): JSON, masked, bounded.

The platform shows `resultMessage` to its users, hence in their language.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from .masking import masked, shortened
from .outcomes import Change, ItemOutcome, Running
from .outcomes import Final as FinalChange
from .pulled import WantedCase
from .status import WORST_FIRST, CaseStatus

MESSAGES: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.PASSED: "执行通过",
    CaseStatus.FAILED: "执行失败",
    CaseStatus.BLOCKED: "执行阻塞",
    CaseStatus.SKIPPED: "已跳过",
    CaseStatus.NOT_FOUND: "未找到对应的自动化用例",
    CaseStatus.CANCELED: "已取消",
}
ASSERTION_MESSAGE: Final = "断言失败"
#: of a test whose pytest did not live to tell its outcome.
TAKEN_ALONG: Final = (
    "pytest ended while this test ran: it was killed, or the test took it along "
    "(os._exit, a segmentation fault)"
)
#: of the same, where the run had been cancelled and its runner killed it.
CUT: Final = (
    "canceled while this test ran: pytest got SIGTERM, and was killed before the test and its "
    "teardown were over"
)
UNCHECKED_MESSAGE: Final = "（未检查任何内容）"
_WORDS: Final[Mapping[CaseStatus, str]] = {
    CaseStatus.PASSED: "通过",
    CaseStatus.FAILED: "失败",
    CaseStatus.BLOCKED: "阻塞",
    CaseStatus.SKIPPED: "跳过",
    CaseStatus.NOT_FOUND: "未找到",
    CaseStatus.CANCELED: "取消",
}

#: characters, items and steps that one result may carry.
ERROR_LIMIT: Final = 4_000
TRACE_LIMIT: Final = 60_000
SHORT_LIMIT: Final = 500
NODEID_LIMIT: Final = 1_000
ITEMS_LIMIT: Final = 500
STEPS_LIMIT: Final = 1_000

Body = dict[str, Any]


class ResultWriter:
    """Gives every result its id: run, case, attempt and a number that only grows."""

    def __init__(self, runner_id: str) -> None:
        self._runner_id = runner_id
        self.last_sequence = 0

    def write(self, change: Change, now: datetime) -> Body:
        self.last_sequence += 1
        body = _running(change, now) if isinstance(change, Running) else _final(change, now)
        key = change.case.execution_case_id
        attempt = body.get("retryCount", 0)
        body["resultId"] = f"{self._runner_id}/{key}/{attempt}/{self.last_sequence}"
        return body

    def taken_along(self, change: Running, now: datetime) -> Body:
        """What is to be told of its case if pytest ends while the test runs; a replay sends it."""
        key = change.case.execution_case_id
        return {
            **_running(change, now),
            "status": int(CaseStatus.FAILED),
            "resultMessage": MESSAGES[CaseStatus.FAILED],
            "errorMessage": masked(f"{TAKEN_ALONG}: {change.nodeid}", ERROR_LIMIT),
            "retryCount": 0,
            "resultId": f"{self._runner_id}/{key}/0/taken-along",
        }


def cut(body: Mapping[str, Any]) -> Body:
    """`taken_along` of a run that its runner killed."""
    return {
        **body,
        "status": int(CaseStatus.CANCELED),
        "resultMessage": MESSAGES[CaseStatus.CANCELED],
        "errorMessage": body["errorMessage"].replace(TAKEN_ALONG, CUT, 1),
    }


def _identity(case: WantedCase) -> Body:
    body = {
        "executionCaseId": case.execution_case_id,
        "caseId": case.case_id,
        "planCaseId": case.plan_case_id,
    }
    return {key: value for key, value in body.items() if value is not None}


def _running(change: Running, now: datetime) -> Body:
    return {
        **_identity(change.case),
        "status": int(CaseStatus.RUNNING),
        "pytestNodeid": shortened(change.nodeid, NODEID_LIMIT),
        "startedTime": now.isoformat(),
    }


def _final(final: FinalChange, now: datetime) -> Body:
    told = _telling(final)
    body = {
        **_identity(final.case),
        "status": int(final.status),
        "pytestNodeid": shortened(final.nodeid, NODEID_LIMIT) or None,
        "resultMessage": _message(final, told),
        "errorMessage": masked(told.error, ERROR_LIMIT),
        "stackTrace": masked(told.trace, TRACE_LIMIT),
        **_times(final.items),
        "finishedTime": _finished(final.items, now),
        "retryCount": final.retry_count,
        "ext": _ext(final, told),
    }
    return {key: value for key, value in body.items() if value is not None}


def _telling(final: FinalChange) -> ItemOutcome:
    """The item whose outcome is the case's."""
    same = (item for item in final.items if item.status == final.status)
    nobody = ItemOutcome(
        nodeid=final.nodeid, status=final.status, error=final.reason, trace=final.trace
    )
    return next(same, nobody)


def _message(final: FinalChange, told: ItemOutcome) -> str:
    text = MESSAGES[final.status]
    if final.status is CaseStatus.FAILED and told.is_assertion:
        text = ASSERTION_MESSAGE
    unchecked = sum(item.unchecked for item in final.items)
    if len(final.items) < 2:
        return text + UNCHECKED_MESSAGE * unchecked
    counts = Counter(item.status for item in final.items)
    parts = [f"{_WORDS[status]} {counts[status]}" for status in WORST_FIRST if counts[status]]
    if unchecked:
        parts.append(f"其中 {unchecked} 项未检查任何内容")
    return f"{text}：共 {len(final.items)} 项，" + "，".join(parts)


def _times(items: Sequence[ItemOutcome]) -> Body:
    """Seconds that the items ran, added up: under xdist they may have run at the same time."""
    started = [item.started for item in items if item.started is not None]
    durations = [item.duration for item in items if item.duration is not None]
    if not started:
        return {}
    times: Body = {"startedTime": _moment(min(started))}
    if len(durations) == len(started):  # else nobody saw how long one of them ran
        times["durationSeconds"] = round(sum(durations), 3)
    return times


def _finished(items: Sequence[ItemOutcome], now: datetime) -> str:
    stopped = [item.stopped for item in items if item.stopped is not None]
    return _moment(max(stopped)) if stopped else now.isoformat()


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, tz=UTC).astimezone().isoformat()


def _ext(final: FinalChange, told: ItemOutcome) -> Body:
    ext: Body = {}
    if told.earlier_errors:
        ext["attempts"] = [masked(error, SHORT_LIMIT) for error in told.earlier_errors]
    if told.steps:
        ext["steps"] = [_step(step) for step in told.steps[:STEPS_LIMIT]]
    if len(final.items) > 1:
        ext |= _items(final.items)
    return ext


def _step(step: Mapping[str, Any]) -> Body:
    """An error may be as long as a body; whole it stands in the trace."""
    info = step.get("error_info")
    if not info:
        return dict(step)
    told = {name: value and shortened(str(value), SHORT_LIMIT) for name, value in info.items()}
    return {**step, "error_info": told}


def _items(items: Sequence[ItemOutcome]) -> Body:
    """The worst first, so that a limit never hides a failure behind passes."""
    ordered = sorted(items, key=lambda item: WORST_FIRST.index(item.status))
    listed = {"items": [_item(item) for item in ordered[:ITEMS_LIMIT]]}
    left_out = len(ordered) - ITEMS_LIMIT
    return {**listed, "items_left_out": left_out} if left_out > 0 else listed


def _item(item: ItemOutcome) -> Body:
    body = {
        "nodeid": shortened(item.nodeid, SHORT_LIMIT),
        "status": int(item.status),
        "duration_seconds": None if item.duration is None else round(item.duration, 3),
        "retry_count": item.retry_count,
        "error": masked(item.error, SHORT_LIMIT) or None,
    }
    return {key: value for key, value in body.items() if value is not None}
