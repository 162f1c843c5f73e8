"""The documentation of each operation, and the models of its `data`."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.schemas import responses, runner_responses
from orchestrator.schemas.responses import ResponseModel


@dataclasses.dataclass(frozen=True)
class OperationDoc:
    title: str
    #: `data` is one of these.
    answers: tuple[type[ResponseModel], ...]
    text: str = ""
    #: heeds an `Idempotency-Key`, and asks a runner.
    runs: bool = False
    #: where the example differs from that of `field_docs`, an execution of a plan that ended.
    shown: Mapping[str, Any] = dataclasses.field(default_factory=dict)


_WAITS: Final = {
    **dict.fromkeys(("start_time", "end_time", "duration_seconds", "started_at", "finished_at")),
    **dict.fromkeys(("last_heard", "ended_how", "revision")),
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
    "case_title": "会员下单立减",
    "plan_id": None,
    "plan_name": None,
    "plan_round_no": None,
}
_CANCELED: Final = {
    "status": 6,
    "passed_count": 6,
    "failed_count": 0,
    "canceled_count": 4,
    "ended_how": "cancel",
    "ended_by": 21,
    "ended_name": "李雷",
}


OPERATION_DOCS: Final[Mapping[str, OperationDoc]] = {
    "/automation/case/run": OperationDoc(
        "单条自动化用例执行", (responses.ExecutionRow,), runs=True, shown=_OF_ONE_CASE
    ),
    "/automation/plan/run": OperationDoc(
        "计划自动化用例执行",
        (responses.ExecutionRow,),
        runs=True,
        shown={**_WAITS, "total_count": 2, "pending_count": 2},
    ),
    "/automation/execution/list": OperationDoc(
        "自动化执行记录列表",
        (responses.Rows[responses.ExecutionRow], responses.Found[responses.ExecutionRow]),
        "最新的在前。`status` 可给多个：`3,5`。`keyword` 查执行编号、计划名称、用例标题与备注；"
        "`from`、`to` 为日期（含当日）或时间。使用 `envCode`、`triggerBy`、`keyword`、`from`、"
        "`to`、`rerunOf`、`beforeId` 或多个 `status` 时，总数最多数到 10000，"
        "`total_exact` 说明是否数完。",
    ),
    "/automation/execution/detail": OperationDoc("自动化执行详情", (responses.ExecutionDetail,)),
    "/automation/execution/case/list": OperationDoc(
        "自动化执行明细列表",
        (
            responses.Rows[responses.CaseRow],
            responses.BriefRows,
        ),
        "按执行顺序。`view=brief` 只给列表所需的字段，每页最多 5000 行；其余见用例执行详情。",
    ),
    "/automation/execution/case/detail": OperationDoc(
        "用例执行详情",
        (responses.CaseDetail,),
        "明细的一行，另有各步骤的请求、响应与检查（`exchanges`），以及该用例在该环境此前最近一次通过的执行。",
    ),
    "/automation/execution/case/stability": OperationDoc(
        "用例是否稳定",
        (responses.Rows[responses.SteadyCase],),
        "一次执行中至多 500 个用例：是否不稳定、平均耗时、此前最近一次通过的执行、最近几次的结果。",
    ),
    "/automation/execution/console": OperationDoc(
        "控制台的一段",
        (responses.ConsolePiece,),
        "从第 `offset` 字节起，或最后 `tail` 字节，或从第 `line` 行起；"
        "再以 `next` 为 `offset` 继续，直至 `over`。"
        "不在本服务执行的，`text` 为空，见 `url`。",
    ),
    "/automation/execution/events": OperationDoc(
        "自动化执行实时事件",
        (responses.EventStreamText,),
        "server-sent events：`execution` 与 `case` 事件，其 `id` 可作为 `Last-Event-ID` 续传。"
        "`view=brief` 时 `case` 事件只有列表所需的字段。"
        "浏览器的 EventSource 无法设置请求头，可用参数 `token` 传登录令牌。"
        "执行已结束且没有更多事件时返回 204。",
    ),
    "/automation/execution/cancel": OperationDoc(
        "取消执行", (responses.ExecutionRow,), shown=_CANCELED
    ),
    "/automation/execution/rerun": OperationDoc(
        "重新执行",
        (responses.ExecutionRow,),
        runs=True,
        text="`caseIds` 只重跑其中的用例。",
        shown={
            **_ONE_WAITS,
            "id": 58,
            "rerun_of": 57,
            "ext": {"remark": "夜间回归", "rerun_of": 57},
        },
    ),
    "/automation/execution/token": OperationDoc("更换回调令牌", (responses.FreshToken,)),
    "/automation/execution/poll": OperationDoc(
        "立即查看执行机",
        (responses.ExecutionDetail, responses.Rows[responses.ExecutionDetail]),
        "不传 executionId 则查看所有未结束的执行。",
    ),
    "/automation/case/list": OperationDoc(
        "自动化用例列表", (responses.Rows[responses.CatalogRow],)
    ),
    "/automation/case/history": OperationDoc("用例执行历史", (responses.History,), "最新的在前。"),
    "/automation/plan/save": OperationDoc("保存计划", (responses.PlanRow,)),
    "/automation/project/list": OperationDoc(
        "项目列表", (responses.Rows[responses.ProjectRow],), "用例目录中的项目与服务配置的项目。"
    ),
    "/automation/environment/list": OperationDoc(
        "执行环境列表",
        (responses.Rows[responses.EnvironmentRow],),
        "最近 1000 次执行用过的环境，最近的在前；其后为服务配置的环境。",
    ),
    "/automation/plan/list": OperationDoc(
        "计划列表",
        (responses.Rows[responses.PlanRow], responses.Rows[responses.PlanHead]),
        "`view=brief` 分页返回计划及其最近一次执行，不含用例。",
    ),
    "/automation/plan/detail": OperationDoc("计划详情", (responses.PlanRow,)),
    "/automation/plan/delete": OperationDoc("删除计划", (responses.DeletedPlan,)),
    "/automation/execution/case/pull": OperationDoc(
        "拉取待执行用例",
        (runner_responses.Pulled, runner_responses.PulledByLeg),
        "分到多台执行机的，另有 `shardTotal`；要执行的用例再逐批领取（`case/lease`）。",
    ),
    "/automation/execution/case/lease": OperationDoc(
        "领取用例",
        (runner_responses.Leased,),
        "只用于分到多台执行机的执行。同一个 `leaseId` 得到同一批用例。没有用例时：`wait_seconds` "
        "大于 0 则稍后再来，`drained` 则不会再有。每个用例开始之前，先以状态 1 上报并得到确认；"
        "`rejected` 中的用例、以及执行已结束时，不得开始。",
    ),
    "/automation/execution/queued": OperationDoc(
        "已进入队列", (runner_responses.CallbackAck,), shown={"execution_status": 2}
    ),
    "/automation/execution/start": OperationDoc(
        "开始执行",
        (runner_responses.CallbackAck, runner_responses.LegStarted),
        "分到多台执行机的执行需要 `runnerId` 与 `slots`；不传 `shardIndex` 则担任尚无人担任的"
        "最小一台。",
    ),
    "/automation/execution/heartbeat": OperationDoc(
        "心跳", (runner_responses.CallbackAck, runner_responses.LegAck)
    ),
    "/automation/execution/case/result": OperationDoc(
        "上报用例结果",
        (runner_responses.ResultsAck, runner_responses.LegResultsAck),
        "一个结果，或 `results` 中的一批（最多 1000 个）。",
    ),
    "/automation/execution/finish": OperationDoc(
        "执行结束",
        (runner_responses.Finished, runner_responses.LegFinished),
        "分到多台执行机的，只结束这一台；最后一台结束时执行结束。",
    ),
    "/automation/execution/abort": OperationDoc(
        "提前终止",
        (runner_responses.CallbackAck, runner_responses.LegAck),
        "分到多台执行机的，只终止这一台，其余继续。",
        shown={"execution_status": 6},
    ),
    "/page/session": OperationDoc(
        "登录页面",
        (responses.Me,),
        "令牌正确则写入 Cookie（`HttpOnly; SameSite=Strict`）。该 Cookie 仅与请求头 "
        "`X-Sisyphus-Page: 1` 一同有效，且仅用于前端接口。",
    ),
    "/page/session/end": OperationDoc("退出页面", (responses.NothingMore,), "清除 Cookie。"),
    "/page/me": OperationDoc(
        "当前用户与服务", (responses.Me,), "未登录时 401 的 `data` 说明如何登录。"
    ),
    "/automation/case/sync": OperationDoc("同步用例目录", (runner_responses.Synced,)),
}
