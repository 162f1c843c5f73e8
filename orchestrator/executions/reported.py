"""What runners say in their calls, as columns of rows, and what they are answered."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from orchestrator.db.models import Execution, ExecutionShard
from orchestrator.i18n import tr
from orchestrator.schemas.runner_requests import Finish, FromRunner

#: the run is over, and these cases said nothing.
INCOMPLETE: Final = tr("执行结束时仍有用例未上报结果")
#: columns by the name of the request's field.
_BUILD: Final = {
    "jenkins_job_name": "job_name",
    "jenkins_build_number": "build_number",
    "jenkins_build_url": "build_url",
}
QUEUED: Final = {"jenkins_queue_id": "queue_id", **_BUILD}
START: Final = {"console_url": "console_url", "revision": "revision", **_BUILD}
FINISH: Final = {"console_url": "console_url", "report_url": "report_url"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class CallbackResult:
    execution: Execution
    #: parts of the call that were left out, each in a sentence for people.
    warnings: Sequence[str] = ()
    #: whose call it was, where the execution has legs.
    leg: ExecutionShard | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finished(CallbackResult):
    #: `(execution_case_id, case_id)` of those that lack a result.
    missing: Sequence[tuple[int, int]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leased(CallbackResult):
    """An answer of cases, or why there are none."""

    items: Sequence[int] = ()
    #: come again after so many seconds.
    wait_seconds: int = 0
    #: nothing will come any more.
    drained: bool = False
    message: str | None = None


def given(request: FromRunner, names: Mapping[str, str]) -> dict[str, Any]:
    """The columns that the request fills."""
    values = {column: getattr(request, field) for column, field in names.items()}
    return {column: value for column, value in values.items() if value is not None}


def miscounted(request: Finish, reported: Mapping[int, int]) -> list[str]:
    """Where the runner sent other results than are there: one was refused, or came before."""
    if request.counts is None:
        return []
    there = {str(status): number for status, number in reported.items()}
    return [
        tr(
            "counts 与已收到的结果不一致：状态 {status} 上报 {sent} 个，实有 {there} 个",
            status=status,
            sent=sent,
            there=there.get(status, 0),
        )
        for status in sorted({*request.counts, *there})
        if (sent := request.counts.get(status, 0)) != there.get(status, 0)
    ]
