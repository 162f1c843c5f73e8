"""Changes of a case → results of the HTTP contract (`case/result`): JSON, masked, bounded.

The platform shows `resultMessage` to its users, hence in their language.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.outcomes import CaseFinished, CaseRunning, Change, ItemOutcome
from pytest_sisyphus.execution.status import WORST_FIRST, ResultStatus
from pytest_sisyphus.execution.text_limits import masked, shortened
from pytest_sisyphus.i18n import marked, tr

MESSAGES: Final[Mapping[ResultStatus, str]] = {
    ResultStatus.PASSED: "执行通过",
    ResultStatus.FAILED: "执行失败",
    ResultStatus.BLOCKED: "执行阻塞",
    ResultStatus.SKIPPED: "已跳过",
    ResultStatus.NOT_FOUND: "未找到对应的自动化用例",
    ResultStatus.CANCELED: "已取消",
}
ASSERTION_MESSAGE: Final = "断言失败"
#: of a test that was in flight when its pytest was killed.
KILLED_MESSAGE: Final = marked(
    "pytest ended while this test ran: it was killed, or the test took it "
    "along (os._exit, a segmentation fault)"
)
#: of the same, where the run had been canceled and its runner killed it.
CANCELED_MESSAGE: Final = marked(
    "canceled while this test ran: pytest got SIGTERM, and was killed before "
    "the test and its teardown were over"
)
UNCHECKED_MESSAGE: Final = "（未检查任何内容）"
_STATUS_WORDS: Final[Mapping[ResultStatus, str]] = {
    ResultStatus.PASSED: "通过",
    ResultStatus.FAILED: "失败",
    ResultStatus.BLOCKED: "阻塞",
    ResultStatus.SKIPPED: "跳过",
    ResultStatus.NOT_FOUND: "未找到",
    ResultStatus.CANCELED: "取消",
}

#: characters, items and steps that one result may carry.
ERROR_LIMIT: Final = 4_000
TRACE_LIMIT: Final = 60_000
SHORT_LIMIT: Final = 500
CAUSE_LIMIT: Final = 150
NODEID_LIMIT: Final = 1_000
ITEMS_LIMIT: Final = 500
STEPS_LIMIT: Final = 1_000

Body = dict[str, Any]


class PayloadBuilder:
    """Gives every result its id: run, case, attempt and a number that only grows."""

    def __init__(self, runner_id: str) -> None:
        self._runner_id = runner_id
        self.last_sequence = 0

    def result(self, change: Change, now: datetime) -> Body:
        self.last_sequence += 1
        if isinstance(change, CaseRunning):
            body = _running_body(change, now)
        else:
            body = _finished_body(change, now)
        key = change.case.execution_case_id
        attempt = body.get("retryCount", 0)
        body["resultId"] = f"{self._runner_id}/{key}/{attempt}/{self.last_sequence}"
        return body

    def if_killed(self, change: CaseRunning, now: datetime) -> Body:
        """The result of its case if pytest is killed while the test runs; a replay sends it."""
        key = change.case.execution_case_id
        return {
            **_running_body(change, now),
            "status": int(ResultStatus.FAILED),
            "resultMessage": MESSAGES[ResultStatus.FAILED],
            "errorMessage": masked(f"{tr(KILLED_MESSAGE)}: {change.nodeid}", ERROR_LIMIT),
            "retryCount": 0,
            "resultId": f"{self._runner_id}/{key}/0/taken-along",
        }


def as_canceled(body: Mapping[str, Any]) -> Body:
    """A body of `if_killed`, of a run that its runner cut short."""
    return {
        **body,
        "status": int(ResultStatus.CANCELED),
        "resultMessage": MESSAGES[ResultStatus.CANCELED],
        "errorMessage": f"{tr(CANCELED_MESSAGE)}: {body['pytestNodeid']}",
    }


def _identity(case: WantedCase) -> Body:
    body = {
        "executionCaseId": case.execution_case_id,
        "caseId": case.case_id,
        "planCaseId": case.plan_case_id,
    }
    return {key: value for key, value in body.items() if value is not None}


def _running_body(change: CaseRunning, now: datetime) -> Body:
    return {
        **_identity(change.case),
        "status": int(ResultStatus.RUNNING),
        "pytestNodeid": shortened(change.nodeid, NODEID_LIMIT),
        "startedTime": now.isoformat(),
    }


def _finished_body(final: CaseFinished, now: datetime) -> Body:
    no_item = ItemOutcome(
        nodeid=final.nodeid, status=final.status, error=final.reason, trace=final.trace
    )
    # the item whose outcome is the case's
    deciding = next((item for item in final.items if item.status == final.status), no_item)
    body = {
        **_identity(final.case),
        "status": int(final.status),
        "pytestNodeid": shortened(final.nodeid, NODEID_LIMIT) or None,
        "resultMessage": _message(final, deciding),
        "errorMessage": masked(deciding.error, ERROR_LIMIT),
        "stackTrace": masked(deciding.trace, TRACE_LIMIT),
        **_times(final.items, now),
        "retryCount": final.retry_count,
        "ext": _ext(final, deciding),
        "exchanges": (deciding.evidence and deciding.evidence.exchanges) or None,
    }
    return {key: value for key, value in body.items() if value is not None}


def _message(final: CaseFinished, deciding: ItemOutcome) -> str:
    text = MESSAGES[final.status]
    if final.status is ResultStatus.FAILED and deciding.is_assertion:
        text = ASSERTION_MESSAGE
    unchecked = sum(item.unchecked for item in final.items)
    if len(final.items) < 2:
        return text + UNCHECKED_MESSAGE * unchecked
    counts = Counter(item.status for item in final.items)
    parts = [
        f"{_STATUS_WORDS[status]} {counts[status]}" for status in WORST_FIRST if counts[status]
    ]
    if unchecked:
        parts.append(f"其中 {unchecked} 项未检查任何内容")
    return f"{text}：共 {len(final.items)} 项，" + "，".join(parts)


def _times(items: Sequence[ItemOutcome], now: datetime) -> Body:
    """The seconds are those of the items, added up: under xdist they may have run together."""
    stopped = [item.stopped for item in items if item.stopped is not None]
    times: Body = {"finishedTime": _moment(max(stopped)) if stopped else now.isoformat()}
    started = [item.started for item in items if item.started is not None]
    durations = [item.duration for item in items if item.duration is not None]
    if not started:
        return times
    times["startedTime"] = _moment(min(started))
    if len(durations) == len(started):  # else one of them was not measured
        times["durationSeconds"] = round(sum(durations), 3)
    return times


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, tz=UTC).astimezone().isoformat()


def _ext(final: CaseFinished, deciding: ItemOutcome) -> Body:
    workers = {item.worker for item in final.items}
    ext: Body = {"worker": workers.pop()} if len(workers) == 1 and "" not in workers else {}
    evidence = [item.evidence for item in final.items if item.evidence]
    if checks := [one.checks for one in evidence if one.checks]:
        passed, total = (sum(numbers) for numbers in zip(*checks, strict=True))
        ext["checks"] = {"passed": passed, "total": total}
    if deciding.evidence and deciding.evidence.cause:
        cause = deciding.evidence.cause
        ext["cause"] = {name: shortened(text, CAUSE_LIMIT) for name, text in cause.items()}
    if deciding.earlier_errors:
        ext["attempts"] = [masked(error, SHORT_LIMIT) for error in deciding.earlier_errors]
    steps = deciding.evidence.steps if deciding.evidence else ()
    if steps:
        ext["steps"] = [_step(step) for step in steps[:STEPS_LIMIT]]
    if len(final.items) > 1:  # the worst first: a limit never hides a failure behind passes
        ordered = sorted(final.items, key=lambda item: WORST_FIRST.index(item.status))
        ext["items"] = [_item(item) for item in ordered[:ITEMS_LIMIT]]
        if len(ordered) > ITEMS_LIMIT:
            ext["items_left_out"] = len(ordered) - ITEMS_LIMIT
    return ext


def _step(step: Mapping[str, Any]) -> Body:
    """With a shortened error, which may be as long as a body; the trace has all of it."""
    info = step.get("error_info")
    if not info:
        return dict(step)
    short = {name: value and shortened(str(value), SHORT_LIMIT) for name, value in info.items()}
    return {**step, "error_info": short}


def _item(item: ItemOutcome) -> Body:
    body = {
        "nodeid": shortened(item.nodeid, SHORT_LIMIT),
        "status": int(item.status),
        "duration_seconds": None if item.duration is None else round(item.duration, 3),
        "retry_count": item.retry_count,
        "error": masked(item.error, SHORT_LIMIT) or None,
    }
    return {key: value for key, value in body.items() if value is not None}
