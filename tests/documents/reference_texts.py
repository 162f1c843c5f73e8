"""Texts of the generated reference that stand in the code in one language only.

The writer (`reference.py`) says which text has no translation yet.
"""

#: English texts of the code, in Chinese; those of the dialect's schema have theirs in the code.
CHINESE = {
    "folders that !include and files may read, one a line": "`!include` 和上传文件可以读取的目录，每行一个",
    "rootdir": "rootdir",
    # parts of the dialect
    "a whole number from min to max, ends included": "min 到 max 之间的整数，含两端",
    "a random UUID: 32 hexadecimal digits": "随机 UUID：32 位十六进制数字",
    "a random UUID with dashes": "带连字符的随机 UUID",
    "so many characters drawn from chars": "从 chars 中随机取出的若干字符",
    "one member of a list": "列表中的任意一项",
    "seconds since 1970": "自 1970 年起的秒数",
    "milliseconds since 1970": "自 1970 年起的毫秒数",
    "microseconds since 1970": "自 1970 年起的微秒数",
    "today by a strftime format, moved by an offset such as +1d, -2h, 1h30m": "按 strftime 格式给出当前日期，可加偏移，如 +1d、-2h、1h30m",
    "local date and time as ISO text; now().year, now().strftime('%Y')": "本地日期时间的 ISO 文本；可用 now().year、now().strftime('%Y')",
    "base64 of a text": "文本的 base64",
    "the text of base64, of the URL alphabet too": "解码 base64（含 URL 字母表）得到的文本",
    "percent-encoded text; of a mapping, a query string": "百分号编码的文本；参数为映射时得到查询串",
    "percent-encoded text, decoded": "解码百分号编码的文本",
    "hexadecimal MD5 digest": "十六进制 MD5 摘要",
    "hexadecimal SHA-1 digest": "十六进制 SHA-1 摘要",
    "hexadecimal SHA-256 digest": "十六进制 SHA-256 摘要",
    "hexadecimal HMAC with SHA-256": "十六进制 HMAC-SHA256",
    "a value as JSON text": "把值写成 JSON 文本",
    "the value of a JSON text": "解析 JSON 文本得到的值",
    "an environment variable that sisyphus_env_allow names": "环境变量（须为 sisyphus_env_allow 允许的）",
    "made-up data of a Faker provider: fake('name')": "Faker 生成的假数据，如 fake('name')",
    "the rows of a query, or the value of one row with one column": "查询得到的行；只有一行一列时为该值",
    # authentication
    "user and password with every request": "每个请求都带用户名和密码",
    "the password only as a digest": "只发送密码的摘要",
    "a token with every request": "每个请求都带令牌",
}

#: Chinese texts of the code, in English: summaries of the endpoints, messages of errors.
ENGLISH = {
    "本文档": "this interface as OpenAPI",
    "拉取待执行用例": "the cases of an execution",
    "已进入队列": "the run is queued",
    "开始执行": "the run starts",
    "心跳": "sign of life",
    "领取用例": "the next cases of one machine of several",
    "上报用例结果": "results of cases: one, or up to 1000",
    "执行结束": "the run is over",
    "提前终止": "the run is broken off",
    "同步用例目录": "tell which cases there are",
    "单条自动化用例执行": "run one case",
    "计划自动化用例执行": "run a plan",
    "自动化执行记录列表": "executions, newest first",
    "自动化执行详情": "one execution",
    "自动化执行明细列表": "the cases of an execution",
    "用例执行详情": "one case of an execution, with its requests and responses",
    "用例是否稳定": "which cases of an execution are flaky",
    "控制台的一段": "a piece of the console",
    "取消执行": "cancel",
    "重新执行": "run again",
    "更换回调令牌": "a new callback token",
    "立即查看执行机": "ask the runner now",
    "自动化用例列表": "the catalogue of cases",
    "用例执行历史": "the past runs of a case",
    "项目列表": "projects",
    "执行环境列表": "environments",
    "保存计划": "create or change a plan",
    "计划列表": "plans",
    "计划详情": "one plan",
    "删除计划": "delete a plan",
    "自动化执行实时事件": "an execution live, as server-sent events",
    "登录页面": "sign in to the page",
    "退出页面": "sign out of the page",
    "当前用户与服务": "who is signed in, and what the service can do",
    "前端接口": "frontend",
    "内部接口": "runner",
    "页面": "page",
    "说明": "all",
    "参数错误": "the request is wrong: a field is missing or has a bad value",
    "未查询到对应执行记录": "there is no such execution",
    "当前状态不允许该操作": "the status does not allow that",
    "触发失败": "the runner could not be started",
    "未登录或登录已失效": "not signed in, or no longer",
    "没有该操作的权限": "signed in, but not allowed to do that",
    "令牌错误次数过多，请稍后重试": "too many wrong credentials; wait a minute",
    "回调令牌缺失或错误": "the callback token is missing or wrong",
    "请求体过大": "the request is too large",
    "数据库暂时不可用，请稍后重试": "the database does not answer; try again",
}

#: what a filter of expressions gives: English, Chinese.
FILTERS = {
    "abs": ("a number without its sign", "绝对值"),
    "capitalize": ("first letter upper, the rest lower case", "首字母大写，其余小写"),
    "center": ("text in the middle of so many characters", "在给定宽度内居中"),
    "count": ("the same as length", "同 length"),
    "d": ("the same as default", "同 default"),
    "default": ("another value where there is none", "没有值时使用另一个值"),
    "dictsort": ("the pairs of a mapping, sorted", "映射的键值对，排序后"),
    "filesizeformat": ("bytes as people read them", "便于阅读的字节数"),
    "first": ("the first member", "第一项"),
    "float": ("a number with decimals", "转换成小数"),
    "format": ("printf-style formatting", "printf 风格的格式化"),
    "groupby": ("groups of items with the same attribute", "按属性分组"),
    "int": ("a whole number", "转换成整数"),
    "items": ("the pairs of a mapping", "映射的键值对"),
    "join": ("the members as one text", "把各项连接成一个文本"),
    "last": ("the last member", "最后一项"),
    "length": ("how many members or characters", "项数或字符数"),
    "list": ("the members as a list", "转换成列表"),
    "lower": ("lower case", "小写"),
    "map": ("an attribute or a filter of each member", "对每一项取属性或使用过滤器"),
    "max": ("the largest member", "最大的一项"),
    "min": ("the smallest member", "最小的一项"),
    "random": ("one member, by the seed", "随机一项（受种子控制）"),
    "reject": ("members for which a test does not hold", "排除满足测试的项"),
    "rejectattr": ("members whose attribute does not pass a test", "排除属性满足测试的项"),
    "replace": ("text with one part replaced by another", "替换文本"),
    "reverse": ("from the end to the beginning", "反转顺序"),
    "round": ("rounded", "四舍五入"),
    "select": ("members for which a test holds", "选出满足测试的项"),
    "selectattr": ("members whose attribute passes a test", "选出属性满足测试的项"),
    "sort": ("sorted", "排序"),
    "string": ("as text", "转换成文本"),
    "sum": ("the sum of the members", "求和"),
    "title": ("Each Word In Capitals", "每个单词首字母大写"),
    "tojson": ("as JSON text", "转换成 JSON 文本"),
    "trim": ("without blanks at both ends", "去掉两端空白"),
    "truncate": ("cut to so many characters", "截断到给定长度"),
    "unique": ("each member once", "去重"),
    "upper": ("upper case", "大写"),
    "urlencode": ("percent-encoded", "百分号编码"),
    "wordcount": ("how many words", "单词数"),
}

#: statuses in words: English, Chinese.
EXECUTION_STATUSES = {
    "WAITING": ("the request was accepted", "待触发：请求已接受"),
    "TRIGGERING": ("the runner is being asked", "触发中：正在请求执行机"),
    "QUEUED": ("the runner has it", "排队中：执行机已接收"),
    "RUNNING": ("pytest has started", "执行中：pytest 已开始"),
    "PASSED": ("finished; every case passed or was skipped", "成功：已结束，全部用例通过或跳过"),
    "FAILED": (
        "finished; at least one case did neither",
        "失败：已结束，至少一条用例未通过也未跳过",
    ),
    "CANCELED": ("somebody stopped it", "已取消：有人停止了它"),
    "TRIGGER_FAILED": (
        "the runner refused or could not be reached",
        "触发失败：执行机拒绝或无法连接",
    ),
    "CALLBACK_LOST": ("it ended without telling everything", "回调异常：结束了，但结果没有报全"),
}
CASE_STATUSES = {
    "PENDING": ("not yet run", "待执行"),
    "RUNNING": ("it runs", "执行中"),
    "PASSED": ("it passed", "通过"),
    "FAILED": ("a check failed, or a step did", "失败：校验或步骤失败"),
    "BLOCKED": (
        "it could not run: its file, its fixtures or its runner did not let it",
        "阻塞：文件、fixture 或执行机使它无法运行",
    ),
    "SKIPPED": ("skipped by its file, a mark or a condition", "跳过：由文件、标记或条件跳过"),
    "NOT_FOUND": ("pytest found no such case", "未找到：pytest 没有找到这条用例"),
    "CANCELED": ("the run was stopped before it ended", "已取消：结束之前运行被停止"),
}

#: what Prometheus is told in Chinese.
METRICS = {
    "sisyphus_callbacks": "执行机的调用次数，按调用内容和响应状态统计。",
    "sisyphus_callback_seconds": "响应执行机所用的时间，含提交。",
    "sisyphus_results": "用例结果数：taken 已采纳、late 执行结束后到达、rejected 被拒绝。",
    "sisyphus_webhook_attempts": "通知 Webhook 的次数：delivered 已送达、retried 失败后重试、given_up 最后一次也失败。",
    "sisyphus_database_up": "数据库是否响应：1 或 0；为 0 时没有下面两项。",
    "sisyphus_executions": "按状态统计的执行数。",
    "sisyphus_queue_length": "等待 pytest 启动的执行数。",
    "sisyphus_lease_expiries": "因执行机失联而关闭的执行数。",
}

#: what a hook brings in Chinese.
HOOKS = {
    "pytest_sisyphus_step_types": "步骤类型",
    "pytest_sisyphus_checks": "校验",
    "pytest_sisyphus_extractors": "提取方式",
    "pytest_sisyphus_auth_types": "请求的认证方式",
    "pytest_sisyphus_functions": "模板中可以调用的函数",
    "sisyphus_runners": "由谁运行 pytest，供 `--runner` 选择",
    "sisyphus_auth_backends": "由谁验证前端用户，供 `--auth` 选择",
    "sisyphus_catalog_sources": "用例目录的其他来源，供 `--catalog-sources` 选择",
    "sisyphus_webhook_formats": "Webhook 的内容格式，供 webhook 的 `format` 选择",
}

#: why a step failed, by the name that reports give it.
CATEGORIES = {
    "assertion": ("a check did not pass", "校验未通过"),
    "network": (
        "the server could not be reached, or did not speak HTTP",
        "无法连接服务器，或对方没有按 HTTP 响应",
    ),
    "timeout": ("the time limit ran out", "超过时间限制"),
    "parsing": (
        "the response is not what it claims to be, or an extractor found nothing",
        "响应内容与声明不符，或没有提取到值",
    ),
    "business": ("a script failed", "脚本失败"),
    "system": (
        "the case is wrong, the database refused, or a part of your own broke",
        "用例有误、数据库拒绝，或自定义扩展出错",
    ),
}
