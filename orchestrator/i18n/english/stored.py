"""What the database keeps of it: reasons of ends, by which the page finds them again in a text.

None begins with a place: what a text begins with decides which of them it is.
"""

from typing import Final

STORED: Final[dict[str, str]] = {
    "：{reason}": ": {reason}",
    "；": "; ",
    "（": " (",
    "）": ")",
    # how cases end that have no result
    "执行结束时仍有用例未上报结果": "the run ended while cases had no result",
    "执行异常结束，用例正在执行，未收到结果": (
        "the run ended early while this case ran; no result came"
    ),
    "执行异常结束，用例未开始": "the run ended early; this case had not started",
    "已取消，执行中被中断": "canceled while it ran",
    "已取消": "canceled",
    "触发失败，执行中被中断": "not triggered; interrupted",
    "触发失败，未执行": "not triggered; it did not run",
    # the machines of an execution
    "第 {shard} 台执行机失联，用例正在执行，未收到结果：{reason}": (
        "machine {shard} is lost while this case ran; no result came: {reason}"
    ),
    "第 {shard} 台执行机终止，执行中被中断": "machine {shard} was ended; interrupted while it ran",
    "第 {shard} 台：{reason}": "machine {shard}: {reason}",
    "各台执行机均已提前结束，未执行": "all machines ended early; it did not run",
    "各台执行机均已终止": "all machines were ended",
    "各台执行机均触发失败": "no machine could be triggered",
    "有执行机失联": "a machine is lost",
    "原因未知": "the reason is not known",
    "不再需要：用例已全部结束": "no longer needed: all cases have ended",
    "失联，由另一次运行接替": "lost, and replaced by another run",
    "代码版本 {revision} 与该执行的 {known} 不同": (
        "The revision {revision} is not that of the execution, {known}"
    ),
    # what the service sees of a runner
    "触发过程中断": "it was interrupted while it was triggered",
    "执行机失联：超过 {seconds} 秒没有心跳": "the runner is lost: no sign of life for {seconds} s",
    "执行机已结束": "the runner has ended",
    "执行机已不存在该任务": "the runner no longer has it",
    "执行机长时间无法访问：{reason}": "the runner cannot be reached: {reason}",
    "执行机没有及时响应": "the runner did not answer in time",
    "执行机程序出错，详见服务日志": "the runner's program failed, see the service's log",
    "服务进程已退出，执行机已不存在该任务": "the service ended, and the runner no longer has it",
    "服务正在关闭": "the service is closing",
    # this machine
    "项目目录不存在: {folder}": "there is no project folder {folder}",
    "需要 {total} 台执行机，本机只有 {slots} 个执行位（--slots）": (
        "{total} machines are needed, and this machine has {slots} slots (--slots)"
    ),
    "无法启动 pytest: {why}": "pytest cannot be started: {why}",
    "已取消，执行未开始": "canceled before it began",
    "pytest 进程已结束": "the pytest process has ended",
    "（被信号 {signal} 终止）": " (killed by signal {signal})",
    "（退出码 {code}）": " (exit code {code})",
    "；未送达的结果留在 {left}，可用 pytest --sisyphus-replay 补报": (
        "; results that were not delivered are in {left}: pytest --sisyphus-replay sends them"
    ),
    # Jenkins
    "未指定 Jenkins 任务：请求、计划与服务默认值均为空": (
        "no Jenkins job: neither request, plan nor service names one"
    ),
    "Jenkins 任务 {name}：{why}": "Jenkins job {name}: {why}",
    "Jenkins 任务名不可用: {name}": "not a name of a Jenkins job: {name}",
    "Jenkins 任务 {name} 没有声明参数 {lacking}，只能运行第 1 台执行机；"
    "请按 deploy/Jenkinsfile 为任务添加这些字符串参数": (
        "The Jenkins job {name} does not declare the parameters {lacking}, so that only machine 1 "
        "can run; add these string parameters as in deploy/Jenkinsfile"
    ),
    "Jenkins 将第 {index} 台与第 {other} 台执行机的触发合并为同一个排队项 #{item}，"
    "请检查任务的参数 SHARD_INDEX": (
        "Jenkins made one queue item of the triggers of machines {index} and {other}, #{item}: "
        "look whether the job has the parameter SHARD_INDEX"
    ),
    "在 Jenkins 队列中被取消": "canceled in the queue of Jenkins",
    "Jenkins 构建 #{number} 已结束：{result}": "Jenkins build #{number} ended: {result}",
    "没有结果": "no result",
    "Jenkins 中已找不到该执行的排队项或构建": (
        "Jenkins has neither the queue item nor the build any more"
    ),
    "Jenkins 中暂未找到该执行": "not found in Jenkins yet",
    "无法连接 Jenkins": "Jenkins cannot be reached",
    "Jenkins 没有及时响应": "Jenkins did not answer in time",
    "与 Jenkins 的连接中断": "the connection to Jenkins broke",
    "Jenkins 的响应不完整": "the answer of Jenkins is not complete",
    "Jenkins 不接受该请求，任务可能未开启参数化构建（HTTP 400）": (
        "Jenkins does not take the request, perhaps the job has no parameters (HTTP 400)"
    ),
    "Jenkins 用户名或令牌错误（HTTP 401）": "Jenkins refuses user or token (HTTP 401)",
    "Jenkins 拒绝访问，用户缺少权限（HTTP 403）": "Jenkins: the user may not do that (HTTP 403)",
    "Jenkins 中不存在（HTTP 404）": "Jenkins has no such job (HTTP 404)",
    "Jenkins 不支持该请求，地址可能不是 Jenkins（HTTP 405）": (
        "Jenkins does not know the request, perhaps the address is not that of Jenkins (HTTP 405)"
    ),
    "Jenkins 任务已被禁用（HTTP 409）": "the Jenkins job is disabled (HTTP 409)",
    "Jenkins 请求过多（HTTP 429）": "too many requests for Jenkins (HTTP 429)",
    "Jenkins 正在启动或重启（HTTP 503）": "Jenkins is starting (HTTP 503)",
    "Jenkins 拒绝了请求：crumb 无效（HTTP 403）": (
        "Jenkins refused the request: its crumb is not valid (HTTP 403)"
    ),
    "Jenkins 拒绝了请求（HTTP {status}）": "Jenkins refused the request (HTTP {status})",
    "Jenkins 内部错误（HTTP {status}）": "Jenkins failed (HTTP {status})",
    "返回的不是 Jenkins 接口的内容，可能是登录页或代理页，请检查地址与令牌": (
        "the answer is not that of Jenkins, perhaps a sign-in or a proxy's page: "
        "check address and token"
    ),
    "（HTTP {status}）": " (HTTP {status})",
    # what steps exchanged
    "超过 {most} 个字符，未保留": "Longer than {most} characters: not kept",
}
