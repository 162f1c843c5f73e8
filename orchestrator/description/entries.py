"""Each operation in words, and what its `data` is."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.shapes import answers
from orchestrator.shapes.answers import Answer


@dataclasses.dataclass(frozen=True)
class Entry:
    title: str
    #: `data` is one of these.
    answers: tuple[type[Answer], ...]
    text: str = ""
    #: heeds an `Idempotency-Key`, and asks a runner.
    runs: bool = False
    #: where the example differs from the glossary's, an execution of a plan that ended.
    shown: Mapping[str, Any] = dataclasses.field(default_factory=dict)


_WAITS: Final = {
    **dict.fromkeys(("start_time", "end_time", "duration_seconds")),
    **dict.fromkeys(("jenkins_build_number", "jenkins_build_url", "console_url", "report_url")),
    "status": 2,
    "passed_count": 0,
    "failed_count": 0,
    "updated_time": "2026-03-02 09:15:01",
}
_ONE_WAITS: Final = {**_WAITS, "total_count": 1, "pending_count": 1}
_OF_ONE_CASE: Final = {
    **_ONE_WAITS,
    "trigger_type": 1,
    "source_case_id": 1024,
    "plan_id": None,
    "plan_round_no": None,
}
_CANCELED: Final = {"status": 6, "passed_count": 6, "failed_count": 0, "canceled_count": 4}


ENTRIES: Final[Mapping[str, Entry]] = {
    "/automation/case/run": Entry(
        "单条自动化用例执行", (answers.ExecutionRow,), runs=True, shown=_OF_ONE_CASE
    ),
    "/automation/plan/run": Entry(
        "计划自动化用例执行",
        (answers.ExecutionRow,),
        runs=True,
        shown={**_WAITS, "total_count": 2, "pending_count": 2},
    ),
    "/automation/execution/list": Entry(
        "自动化执行记录列表", (answers.Rows[answers.ExecutionRow],), "最新的在前。"
    ),
    "/automation/execution/detail": Entry("自动化执行详情", (answers.ExecutionDetail,)),
    "/automation/execution/case/list": Entry(
        "自动化执行明细列表", (answers.Rows[answers.CaseRow],), "按执行顺序。"
    ),
    "/automation/execution/events": Entry(
        "自动化执行实时事件",
        (answers.EventStreamText,),
        "server-sent events：`execution` 与 `case` 事件，其 `id` 可作为 `Last-Event-ID` 续传。"
        "浏览器的 EventSource 无法设置请求头，可用参数 `token` 传登录凭证。"
        "执行已结束且没有更多事件时返回 204。",
    ),
    "/automation/execution/cancel": Entry("取消执行", (answers.ExecutionRow,), shown=_CANCELED),
    "/automation/execution/rerun": Entry(
        "重新执行",
        (answers.ExecutionRow,),
        runs=True,
        shown={**_ONE_WAITS, "id": 58, "ext": {"remark": "夜间回归", "rerun_of": 57}},
    ),
    "/automation/execution/token": Entry("更换回调凭证", (answers.FreshToken,)),
    "/automation/execution/poll": Entry(
        "立即查看执行机",
        (answers.ExecutionDetail, answers.Rows[answers.ExecutionDetail]),
        "不传 executionId 则查看所有未结束的执行。",
    ),
    "/automation/case/list": Entry("自动化用例列表", (answers.Rows[answers.CatalogRow],)),
    "/automation/case/history": Entry("用例执行历史", (answers.History,), "最新的在前。"),
    "/automation/plan/save": Entry("保存计划", (answers.PlanRow,)),
    "/automation/plan/list": Entry("计划列表", (answers.Rows[answers.PlanRow],)),
    "/automation/plan/detail": Entry("计划详情", (answers.PlanRow,)),
    "/automation/plan/delete": Entry("删除计划", (answers.DeletedPlan,)),
    "/automation/execution/case/pull": Entry("拉取待执行用例", (answers.Pulled,)),
    "/automation/execution/queued": Entry(
        "已进入队列", (answers.Heard,), shown={"execution_status": 2}
    ),
    "/automation/execution/start": Entry("开始执行", (answers.Heard,)),
    "/automation/execution/heartbeat": Entry("心跳", (answers.Heard,)),
    "/automation/execution/case/result": Entry(
        "上报用例结果", (answers.Taken,), "一个结果，或 `results` 中的一批（最多 1000 个）。"
    ),
    "/automation/execution/finish": Entry("执行结束", (answers.Finished,)),
    "/automation/execution/abort": Entry(
        "提前终止", (answers.Heard,), shown={"execution_status": 6}
    ),
    "/automation/case/sync": Entry("同步用例目录", (answers.Synced,)),
}
