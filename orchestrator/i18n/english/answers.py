"""What is only ever answered: refusals, warnings, notes."""

from typing import Final

ANSWERS: Final[dict[str, str]] = {
    # by their codes
    "参数错误": "The request is wrong",
    "未查询到对应执行记录": "There is no such execution",
    "未查询到对应执行明细": "There is no such case in an execution",
    "当前状态不允许该操作": "Its status does not allow this",
    "触发失败": "Not triggered",
    "触发失败：{reason}": "Not triggered: {reason}",
    "未登录或登录已失效": "Not signed in, or no longer",
    "没有该操作的权限": "You may not do this",
    "没有该操作的权限：{permission}": "You may not do this: {permission}",
    "令牌错误次数过多，请稍后重试": "Too many wrong attempts, try again later",
    "回调令牌缺失或错误": "The callback token is missing or wrong",
    "回调密钥缺失或错误，同步用例须使用服务的 --callback-secret": (
        "The callback secret is missing or wrong; a sync needs the service's --callback-secret"
    ),
    # what `doctor` is told by the runner of Jenkins
    "Jenkins 任务 {name} 的参数 {parameter} 是字符串参数，"
    "能看到构建的人都能看到令牌；请按 deploy/Jenkinsfile 改为密码参数": (
        "in Jenkins job {name} the parameter {parameter} is a string, so whoever sees its builds "
        "sees the token; make it a password parameter, as deploy/Jenkinsfile does"
    ),
    "Jenkins 任务 {name} 已声明构建所需的参数": "Jenkins job {name} declares what a build is told",
    "Jenkins 任务 {name} 没有声明参数 {lacking}；请按 deploy/Jenkinsfile 添加": (
        "Jenkins job {name} does not declare {lacking}; add them as in deploy/Jenkinsfile"
    ),
    "没有默认任务（--jenkins-job），未向 Jenkins 查询": (
        "no default job (--jenkins-job), so Jenkins was not asked"
    ),
    "请求体过大": "The request is too large",
    "数据库暂时不可用，请稍后重试": "The database cannot do this now, try again later",
    "服务繁忙，请稍后重试": "The service is busy, try again later",
    "登录服务暂时不可用，请稍后重试": "The login service cannot be reached, try again later",
    "不接受其他站点的请求": "Requests of other sites are not taken",
    "服务内部错误（请求编号 {number}）": "The service failed (request {number})",
    "接口不存在": "There is no such endpoint",
    "请求方法不支持": "The endpoint does not take this method",
    "请求无法处理": "The request cannot be served",
    # requests as such
    "请求体不完整": "The request is not complete",
    "请求体未在 {seconds} 秒内收完": "The request did not arrive within {seconds} s",
    "请求体不是合法的 JSON": "The request is not JSON",
    "请求体必须为 JSON 对象": "The request must be a JSON object",
    "Host: {host} 不是本服务的地址，可用 --public-url 指定": (
        "Host: {host} is not an address of this service; --public-url names one"
    ),
    "Origin: 不接受来自 {origin} 的请求": "Origin: requests from {origin} are not taken",
    "Content-Type: 必须为 application/json": "Content-Type: must be application/json",
    # fields
    "参数": "The request",
    "executionId 为必传参数": "executionId is missing",
    "executionCaseId 为必传参数": "executionCaseId is missing",
    "caseId 为必传参数": "caseId is missing",
    "planId 为必传参数": "planId is missing",
    "token 为必传参数": "token is missing",
    "cases[].caseId 为必传参数": "cases[].caseId is missing",
    "caseId、envCode 为必传参数": "caseId and envCode are needed",
    "planId、envCode 为必传参数": "planId and envCode are needed",
    "projectId、cases 为必传参数": "projectId and cases are needed",
    "projectId、planName、cases 为必传参数": "projectId, planName and cases are needed",
    "为必传参数": "is missing",
    "格式不正确": "is not in the right form",
    "不能小于 {ge}": "must be {ge} at least",
    "不能大于 {le}": "must be {le} at most",
    "不能大于 {most}（view=brief 除外）": "must be {most} at most (but with view=brief)",
    "应在 1 与 {most} 之间": "must be between 1 and {most}",
    "不能超过 {most} 个": "must be {most} at most",
    "不能超过 {max_length} 项": "must have {max_length} entries at most",
    "不能超过 {max_length} 个字符": "must have {max_length} characters at most",
    "不能为空": "must not be empty",
    "必须为字符串": "must be a text",
    "必须为整数": "must be a whole number",
    "必须为数字": "must be a number",
    "必须为布尔值": "must be true or false",
    "必须为数组": "must be a list",
    "必须为对象": "must be an object",
    "含有非法字符": "has characters that are not allowed",
    "只接受 brief": "can only be brief",
    "时间格式应为 YYYY-MM-DD HH:MM:SS 或带时区的 ISO 8601": (
        "must be YYYY-MM-DD HH:MM:SS, or ISO 8601 with a zone"
    ),
    "未知字段 {name}": "Unknown field {name}",
    "未知字段 {name}，是否为 {meant}": "Unknown field {name}, perhaps {meant}",
    "cases[{number}]：{fault}": "cases[{number}]: {fault}",
    "cases[{number}] 必须为对象": "cases[{number}] must be an object",
    # the catalogue and plans
    "该计划不存在": "There is no such plan",
    "该用例不存在或未接入自动化": "There is no such case, or it is not automated",
    "计划下无可执行自动化用例": "The plan has no case that can be run",
    "没有需要重跑的用例": "No case needs to be run again",
    "计划 {plan} 属于项目 {project}，不能改为其他项目": (
        "Plan {plan} belongs to project {project}, and cannot move to another"
    ),
    "cases 中的 caseId {case} 不存在或未接入自动化": (
        "Case {case} of cases does not exist, or is not automated"
    ),
    "cases 中的 caseId {case} 属于项目 {project}": (
        "Case {case} of cases belongs to project {project}"
    ),
    "cases 中的 {field} 重复（caseId {case}）": "cases has this {field} twice (caseId {case})",
    "caseIds 中的 {case} 不在该计划（轮次）内": (
        "Case {case} of caseIds is not in the plan, or not in its round"
    ),
    "caseIds 中的 {case} 不在该执行内": "Case {case} of caseIds is not in the execution",
    "caseId、caseKey 至少传一个": "One of caseId and caseKey is needed",
    "caseId 重复": "The caseId is there twice",
    "caseId {case} 已属于项目 {project}": "Case {case} belongs to project {project} already",
    "caseKey {key} 对应多个用例，需传 caseId": (
        "Several cases have the caseKey {key}: caseId is needed"
    ),
    "caseKey {key} 未登记，需传 caseId": "The caseKey {key} is not known: caseId is needed",
    # executions
    "该环境下已有执行未结束": "An execution in this environment has not ended",
    "该 Idempotency-Key 已用于另一个请求": "This Idempotency-Key was used for another request",
    "该执行已结束": "The execution has ended",
    "runMode 1 与 shards {shards} 不能同时使用：跨执行机无法保证顺序；"
    "请用 runMode 2，或 shards 1": (
        "runMode 1 and shards {shards} do not go together: over several runners no order can be "
        "kept; use runMode 2, or shards 1"
    ),
    "shards {shards}：执行机 {name} 不能分到多台；请用 shards 1": (
        "shards {shards}: a {name} runner cannot be several; use shards 1"
    ),
    "按历史耗时，{total} 台执行机每台只有约 {seconds} 秒的用例；"
    "不足 2 分钟时，更少的执行机不会更慢": (
        "By past durations each of {total} machines has cases for about {seconds} s; "
        "below 2 minutes fewer machines are not slower"
    ),
    # runners
    "executionNo 与该执行不符：是另一个执行": (
        "executionNo is not that of the execution: it is another one"
    ),
    "该执行已被其他执行机占用": "Another runner has the execution",
    "该执行不分片，没有可领取的队列": "The execution is not sharded: it has no queue",
    "该执行分到 {total} 台执行机，start 需要 runnerId 与 slots：请升级执行机上的 pytest-sisyphus": (
        "The execution is shared by {total} machines: start needs runnerId and slots; "
        "upgrade pytest-sisyphus there"
    ),
    "该执行的 {total} 台执行机均已加入": "All {total} machines of the execution have joined",
    "shardIndex 不能大于 {total}：该执行分到 {total} 台执行机": (
        "shardIndex must be {total} at most: the execution is shared by {total} machines"
    ),
    "第 {shard} 台执行机已由另一次运行担任，且仍在线": (
        "Machine {shard} is another run, which is still there"
    ),
    "该 runnerId 已是第 {shard} 台执行机": "This runnerId is machine {shard} already",
    "第 {shard} 台执行机已执行完毕": "Machine {shard} has finished",
    "第 {shard} 台执行机已结束（{status}），不能再领取用例": (
        "Machine {shard} has ended ({status}) and gets no more cases"
    ),
    "第 {shard} 台执行机已失联或终止，不能再开始用例": (
        "Machine {shard} is lost or was ended, and begins no more cases"
    ),
    "未知的执行机：该 runnerId 没有以 start 加入该执行": (
        "An unknown runner: this runnerId did not join the execution by start"
    ),
    "executionCaseId、caseId 至少传一个": "One of executionCaseId and caseId is needed",
    "该用例不在本次执行中": "The case is not in this execution",
    "该用例未被领取": "Nobody has taken the case from the queue",
    "该用例由第 {owner} 台执行机领取，不接受第 {shard} 台的结果": (
        "Machine {owner} has the case; a result of machine {shard} is not taken"
    ),
    "executionCaseId {row} 的 {field} 是 {stored}，与上报的 {field} {sent} 不一致": (
        "The {field} of executionCaseId {row} is {stored}, not {sent}"
    ),
    "结果未采用：该用例已有状态 {known}（retryCount {retry}），后到的状态 "
    "{late}（retryCount {late_retry}，resultId {result}）不改变它": (
        "The result is not used: the case has status {known} (retryCount {retry}), which the later "
        "status {late} (retryCount {late_retry}, resultId {result}) does not change"
    ),
    "未传": "not sent",
    "counts 与已收到的结果不一致：状态 {status} 上报 {sent} 个，实有 {there} 个": (
        "counts are not those of the results: of status {status}, {sent} were told and {there} came"
    ),
    "{field} 与服务器时间相差过大，已忽略，改用服务器时间": (
        "{field} is too far from the server's time: ignored, the server's is used"
    ),
    "{end} 早于 {start}，已忽略，改用服务器时间": (
        "{end} is before {start}: ignored, the server's time is used"
    ),
    "{field} 不是 http(s) 地址，已忽略": "{field} is no http(s) address: ignored",
    # requests and responses that were kept
    "保留的请求与响应无法读取": "The requests and responses that were kept cannot be read",
    "执行机没有上报请求与响应": "The runner sent no requests and responses",
    "服务不保留请求与响应（--keep-exchanges none）": (
        "The service keeps no requests and responses (--keep-exchanges none)"
    ),
    "通过的用例只保留最近一次通过的请求与响应": (
        "Of passed cases, only the requests and responses of the last pass are kept"
    ),
    "该执行尚无控制台输出与报告": "The execution has no console output and no report yet",
    # signing in
    "登录由代理完成：请求头 {header}，无需在此登录": (
        "A proxy signs people in by the header {header}: nothing to do here"
    ),
    "该服务不要求登录": "This service asks for no sign-in",
    "登录令牌超过 {most} 字节，浏览器无法保存；请改用请求头": (
        "The token is longer than {most} bytes, which no browser keeps; send it as a header"
    ),
    "该链接已使用过，或已过期；请在 /sign-in 登录，令牌由 sisyphus-orchestrator token add 生成": (
        "This link was used before, or is too old; sign in at /sign-in with a token of "
        "sisyphus-orchestrator token add"
    ),
}
