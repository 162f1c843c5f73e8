"""The descriptions of the JSON Schema: each stands there as it is, nothing is filled in."""

from typing import Final

CHINESE: Final = {
    # a case
    "unique within its file": "用例名称，在同一文件内唯一",
    "the functional case's number": "对应的功能用例编号",
    "the functional case's key": "对应的功能用例标识",
    "what holds for all steps": "对所有步骤生效的配置",
    "before the first step": "前置步骤：在第一个步骤之前执行",
    "what the case does": "用例的步骤",
    "after the last step, always": "后置步骤：在最后一个步骤之后执行，无论成败",
    "pytest markers": "标签，即 pytest 标记",
    "pytest marks with arguments: name: arguments": "带参数的 pytest 标记，写作“名称: 参数”",
    "false: reported as skipped": "false：不执行，报告为跳过",
    "pytest fixtures to request": "要使用的 pytest fixture",
    "a remark": "备注",
    # configuration
    "only readable": "仅供阅读，不影响执行",
    "superseded": "已被取代，不再起作用",
    "environments by name": "各个环境，键为环境名称",
    "the profile in use": "当前使用的环境",
    "variables of this environment": "此环境的变量",
    "variables over all others": "优先于其他所有变量的变量",
    "put before relative URLs": "相对 URL 的前缀",
    "may refer to each other": "变量，可以互相引用",
    "seconds of one attempt (30)": "每次尝试的超时时间，单位秒（默认 30）",
    "sent with every request": "每个请求都发送的请求头",
    "scheme: proxy URL": "代理，写作“协议: 代理 URL”",
    "extra attempts of each step": "每个步骤失败后的重试次数",
    "how steps are retried": "步骤的重试策略",
    "skip what follows a failure": "有步骤失败后，跳过其后的步骤",
    "check certificates; the path of a CA file: by it": (
        "是否校验证书；写 CA 文件的路径则按该文件校验"
    ),
    "client certificate: path, or [cert, key]": "客户端证书：文件路径，或 [证书, 私钥]",
    "of a response's text that names no charset: gbk, …": "响应没有声明字符集时其文本的编码：gbk 等",
    "text never equals a number in checks": "校验中的文本不与数字相等",
    "connections by alias: URL or settings": "数据库连接，键为别名，值为 URL 或连接参数",
    "false switches data_source off": "false：不使用 data_source",
    "before each column's name": "加在每个列名之前的前缀",
    "a .env file: variables under the environment's": (
        ".env 文件，其中的变量优先级低于系统环境变量"
    ),
    "more names whose values are masked": "另外要脱敏的名称，其值在输出中被遮盖",
    "answers all requests without a network": "模拟所有请求的响应，不访问网络",
    # variables from the environment
    "variables from the environment": "取自系统环境变量的变量",
    "take every variable that begins so": "取名称以此开头的所有环境变量",
    "switch for prefix": "是否启用 prefix",
    "variable: NAME in the environment": "写作“变量名: 环境变量名”",
    "variable: value": "写作“变量名: 值”",
    # rows
    "rows: each is a test of its own": "数据驱动：每行数据是一个独立的测试",
    "inline, csv, json or database": "inline、csv、json 或 database",
    "inline: the rows, a list of mappings": "inline：数据行，即映射的列表",
    "csv, json: relative to the case file": "csv、json：文件路径，相对于用例文件",
    "csv: between two values": "csv：值之间的分隔符",
    "csv, json: utf-8, gbk, …": "csv、json：文件编码，如 utf-8、gbk",
    "csv: the first line names the columns, else column_1, …": (
        "csv：首行是否为列名；否则列名为 column_1、column_2……"
    ),
    "json: where the rows are, such as data.users": "json：数据行所在的位置，如 data.users",
    "database: alias, URL or settings": "database：别名、URL 或连接参数",
    "database: the query": "database：查询语句",
    "database: the query's values": "database：查询语句的参数值",
    # databases
    "postgresql://user:password@host/database": "形如 postgresql://user:password@host/database",
    "sqlite, postgresql or mysql": "sqlite、postgresql 或 mysql",
    "the server (127.0.0.1)": "服务器地址（默认 127.0.0.1）",
    "the server's port, if not the usual": "服务器端口，不写则用默认端口",
    "who logs in": "用户名",
    "masked in every output": "密码，在所有输出中脱敏",
    "the database on the server": "服务器上的数据库名",
    "file of an SQLite database, relative to the case file": ("SQLite 数据库文件，相对于用例文件"),
    "an alias of config.databases, a URL, or settings": (
        "config.databases 中的别名、URL 或连接参数"
    ),
    "query (rows), execute (exec), executemany or script": (
        "query（查询，返回行）、execute（也可写 exec）、executemany 或 script"
    ),
    "the SQL; values belong into params": "SQL 语句；参数值请写在 params 中",
    "mapping for :name, list for ? or %s; executemany: a list of those": (
        "参数值：:name 对应映射，? 或 %s 对应列表；executemany：由它们组成的列表"
    ),
    # every step
    "shown in every output; depends_on refers to it": (
        "步骤名称，显示在所有输出中，供 depends_on 引用"
    ),
    "the kind of step": "步骤类型",
    "the kind of step; request, if not written": "步骤类型，不写则为 request",
    "skip when this holds": "条件成立时跳过",
    "skip unless this holds": "条件成立时才执行，否则跳过",
    "names of steps that must have succeeded": "依赖的步骤名称，它们必须已经成功",
    "seconds one attempt may take in all": "一次尝试的总时限，单位秒",
    "extra attempts": "失败后的重试次数",
    "when and how to retry": "何时重试、如何重试",
    "steps before this one": "在本步骤之前执行的步骤",
    "steps after this one, always": "在本步骤之后执行的步骤，无论成败",
    "what must hold of the result": "对结果的校验",
    "variables taken from the result": "从结果中提取的变量",
    "later steps run in spite of stop_on_failure": (
        "本步骤失败后，即使设置了 stop_on_failure，后面的步骤仍会执行"
    ),
    # time limits and retries
    "until connected": "建立连接的时限",
    "between two pieces of the answer": "响应的两段数据之间的时限",
    "one attempt in all": "一次尝试的总时限",
    "seconds": "单位秒",
    "fixed, linear or exponential": "fixed（固定）、linear（线性）或 exponential（指数）",
    "seconds no delay exceeds": "重试间隔的上限，单位秒",
    "factor of exponential": "exponential 的倍数",
    "vary each delay by up to 10 %": "每次间隔随机浮动，最多 10%",
    "categories, error types, statuses": "需要重试的错误类别、错误类型、状态码",
    "what is never tried again": "不再重试的情形",
    "render each attempt anew, instead of sending the same again": (
        "每次尝试重新渲染模板，而不是重发同样的内容"
    ),
    # request
    "any HTTP method": "HTTP 方法，可为任意方法",
    "absolute, or relative to base_url": "绝对 URL，或相对于 base_url 的路径",
    "header: value": "头部，写作“名称: 值”",
    "query string": "查询参数",
    "name: value; 'clear' empties the jar first": (
        "写作“名称: 值”；'clear' 表示先清空已保存的 Cookie"
    ),
    "credentials, or [user, password]": "认证信息，或 [用户名, 密码]",
    "basic, digest, bearer, or one that a hook added": (
        "basic、digest、bearer，或由 hook 添加的类型"
    ),
    "check the certificate; the path of a CA file: by it": (
        "是否校验服务器证书；写 CA 文件的路径则按该文件校验"
    ),
    "follow redirects": "是否跟随重定向",
    "field: path, or {path, filename, content_type}, or a list": (
        "上传的文件，写作“字段: 路径”，值也可以是 {path, filename, content_type} 或列表"
    ),
    "relative to the file that names it, inside the root folder": (
        "相对于写出它的文件，且必须在根目录之内"
    ),
    "the name told to the server": "告知服务器的文件名",
    "the type told to the server; guessed from the name": (
        "告知服务器的内容类型，不写则按文件名推断"
    ),
    "accepted; bodies are always read whole": "可以写，但不起作用：响应体总是完整读取",
    "mapping, list, number: JSON; text: as it is": (
        "请求体：映射、列表、数字按 JSON 发送；文本按原样发送"
    ),
    "sent as JSON": "按 JSON 发送的请求体",
    "sent URL-encoded": "按 URL 编码发送的表单",
    "mapping: URL-encoded; text: as it is": "映射按 URL 编码发送；文本按原样发送",
    "text sent as it is": "按原样发送的文本",
    "a file whose bytes are sent, untouched": "以文件内容作为请求体，按原样发送",
    "answers this request without a network": "模拟此请求的响应，不访问网络",
    "repeats the request and judges its times": "重复此请求，并对其耗时做校验",
    # performance
    "false: one request, nothing judged": "false：只请求一次，不做性能校验",
    "how many requests, one after another": "依次请求的次数",
    "limits in ms; each becomes a check": "耗时上限，单位毫秒；每一项都成为一条校验",
    "average, at most": "平均响应时间的上限",
    "of 95 %, at most": "P95 响应时间的上限",
    "of 99 %, at most": "P99 响应时间的上限",
    "of all, at most": "最大响应时间的上限",
    # mock
    "false: the network answers": "false：不模拟，访问真实网络",
    "asked in order of priority, then as listed": "模拟规则，按优先级、再按书写顺序匹配",
    "shown when no rule matches": "规则名称，没有规则匹配时显示",
    "higher ones are asked first": "优先级，数值大的先匹配",
    "which requests it is for; all, if not written": "适用于哪些请求，不写则适用于所有请求",
    "any, if not written": "不写则为任意方法",
    "regular expression found in the path or full URL; {name} is a part": (
        "在路径或完整 URL 中查找的正则表达式；{name} 匹配其中一段"
    ),
    "sees request.method, .path, .url, .headers, .query, .body": (
        "条件，可使用 request.method、.path、.url、.headers、.query、.body"
    ),
    "the answer": "模拟的响应",
    "the answer when condition does not hold": "condition 不成立时的响应",
    "100 to 599": "状态码，100 至 599",
    "text as it is; anything else is sent as JSON": "文本按原样返回，其他值按 JSON 返回",
    "seconds before the answer": "响应前的延迟，单位秒",
    # wait and poll
    "delay: seconds; or condition": "delay（等待指定秒数）或 condition（等待条件成立）",
    "just waits": "等待的秒数",
    "waits until it holds": "等待此条件成立",
    "seconds between two looks": "两次判断之间的间隔，单位秒",
    "seconds in all (30); timeout says the same": "总时限，单位秒（默认 30）；也可写 timeout",
    "asked before each look: the keys of a request step": (
        "每次判断之前发送的请求，键与 request 步骤相同"
    ),
    "asked before each look: the keys of a database step": (
        "每次判断之前执行的数据库操作，键与 database 步骤相同"
    ),
    "an older spelling of all this": "以上各键的旧写法",
    "what is asked before a look": "每次判断之前查询什么",
    "api: the keys of a request step": "api：键与 request 步骤相同",
    "sees status_code, body, headers, response or rows, row": (
        "条件，可使用 status_code、body、headers、response，或 rows、row"
    ),
    "seconds in all": "总时限，单位秒",
    "the keys of a request step": "键与 request 步骤相同",
    "sees the answer as response, and its keys bare": (
        "结束轮询的条件；用 response 引用响应，也可直接写其中的键"
    ),
    "seconds between two requests": "两次请求之间的间隔，单位秒",
    "requests in all; timeout limits the seconds (30)": (
        "最多请求几次；总时限由 timeout 设置，单位秒（默认 30）"
    ),
    "exponential doubles each pause": "exponential：每次间隔加倍",
    # loop and concurrent
    "what decides on the rounds": "循环方式",
    "for: how many rounds": "for：循环的轮数",
    "while: looked at before each round": "while：每轮之前判断的条件",
    "foreach: a list, or a template of one": "foreach：列表，或得到列表的模板",
    "holds the round from 0 (index); in foreach the item (item)": (
        "变量名，保存从 0 开始的轮次（默认 index）；foreach 中保存当前项（默认 item）"
    ),
    "more rounds fail the loop; 1000 for while": ("最多的轮数，超过则循环失败；while 默认 1000"),
    "after a failed step: end, or go on": "有步骤失败后：结束循环，或继续",
    "the steps of one round": "每一轮的步骤",
    "what runs at the same time": "同时执行的步骤",
    "how many run at once": "最多同时执行几个",
    "runs the list so often, and measures latency, throughput": (
        "把这些步骤重复执行几遍，并测量延迟与吞吐量"
    ),
    # script
    "the code; ${…} in it is the code's own text": "代码；其中的 ${…} 不是模板，按原文交给代码",
    "python, or javascript on node": "python，或 javascript（由 node 执行）",
    "false refuses import": "false：不允许 import",
    # case
    "relative to the file that names it, in the root": (
        "用例文件，相对于写出它的文件，且在根目录之内"
    ),
    "its name, where the file holds several": "用例名称，文件中有多个用例时填写",
    "over the called case's own": "传入的变量，优先于被调用用例自己的变量",
    "variables afterwards: names, or new name: its name there": (
        "带回的变量：名称的列表，或“新名称: 其中的名称”"
    ),
    # a check
    "what is checked: eq, ne, contains, regex, …": "校验类型：eq、ne、contains、regex……",
    "JSONPath into the step's body or document": "JSONPath，指向响应体或步骤的结果",
    "what the value is compared with": "期望值",
    "shown beside the result": "说明，与校验结果一起显示",
    "where the path starts, if not at the body; of xml and html an XPath": (
        "路径的起点，不写则为响应体；xml 和 html 的路径是 XPath"
    ),
    "of an XPath: prefix: URI": "XPath 的命名空间，写作“前缀: URI”",
    "text never equals a number": "文本不与数字相等",
    "the checks that and/or/not combine, or that each element must pass": (
        "由 and/or/not 组合的校验，或每个元素都必须通过的校验"
    ),
    "of each: elements there must be at least": "each：至少要有几个元素",
    "of assert: what must hold of variables": "assert：变量必须满足的条件",
    # the names of checks
    "equal, deep; text also equals the number or boolean whose text it is": (
        "相等，逐层比较；文本与其所写的数字或布尔值也相等"
    ),
    "not equal, by the rule of eq": "不相等，规则同 eq",
    "greater: numbers, numeric text, ISO dates": "大于：数字、数字文本、ISO 日期",
    "less: numbers, numeric text, ISO dates": "小于：数字、数字文本、ISO 日期",
    "greater or equal: numbers, numeric text, ISO dates": "大于或等于：数字、数字文本、ISO 日期",
    "less or equal: numbers, numeric text, ISO dates": "小于或等于：数字、数字文本、ISO 日期",
    "from min to max of [min, max], ends included": "在 [最小值, 最大值] 之间，含两端",
    "substring of text, member of a list, key of a mapping": (
        "包含：文本的子串、列表的元素、映射的键"
    ),
    "no substring, member or key; operands that cannot contain fail": (
        "不包含该子串、元素或键；值无法包含任何内容时校验失败"
    ),
    "text that starts with": "文本以此开头",
    "text that ends with": "文本以此结尾",
    "the pattern is found in the text of the value, which may be its JSON": (
        "在值的文本中找到该正则表达式；值不是文本时取其 JSON"
    ),
    "member of the expected list": "是期望列表中的元素",
    "no member of the expected list": "不是期望列表中的元素",
    "the expected mapping or list is part of the actual one, deeply": (
        "期望的映射或列表是实际值的一部分，逐层比较"
    ),
    "equal lists in any order, as many of each": "列表的元素及各自的个数相同，不计顺序",
    "length of text, list or mapping, or the number of matches: equals": (
        "文本、列表、映射的长度或匹配的个数：等于"
    ),
    "length of text, list or mapping, or the number of matches: greater_than": (
        "文本、列表、映射的长度或匹配的个数：大于"
    ),
    "length of text, list or mapping, or the number of matches: less_than": (
        "文本、列表、映射的长度或匹配的个数：小于"
    ),
    "length of text, list or mapping, or the number of matches: greater_or_equal": (
        "文本、列表、映射的长度或匹配的个数：大于或等于"
    ),
    "length of text, list or mapping, or the number of matches: less_or_equal": (
        "文本、列表、映射的长度或匹配的个数：小于或等于"
    ),
    "string, integer, float, number, boolean, array, object or null": (
        "值的类型：string、integer、float、number、boolean、array、object 或 null"
    ),
    "the path matches, whatever the value; with false: it does not": (
        "路径存在，不论值是什么；写 false 则校验不存在"
    ),
    "null; with false: not null": "为 null；写 false 则校验不为 null",
    "empty text, list or mapping, or null; with false: not empty": (
        "为空：空文本、空列表、空映射或 null；写 false 则校验不为空"
    ),
    "the response's status: a number, `2xx`, or a list of those": (
        "响应的状态码：数字、`2xx`，或由它们组成的列表"
    ),
    "JSON Schema, written here or in a file beside the case": (
        "符合 JSON Schema，写在此处，或写在用例旁的文件里"
    ),
    "and of these checks": "这些校验全部成立",
    "or of these checks": "这些校验至少有一条成立",
    "not of these checks": "这些校验全部不成立",
    "[path of a list, checks that each element must pass]": (
        "[列表的路径, 每个元素都必须通过的校验]"
    ),
    "a condition on variables, or [condition, description]": "关于变量的条件，或 [条件, 说明]",
    # an extractor
    "the variable that takes the value": "保存提取结果的变量名",
    "jsonpath, regex, header, cookie, status, body, xpath": (
        "提取方式：jsonpath、regex、header、cookie、status、body、xpath"
    ),
    "JSONPath, pattern, or header or cookie name": (
        "JSONPath、正则表达式，或者头部、Cookie 的名称"
    ),
    "which of several matches": "有多个匹配时取哪一个",
    "group of a regex": "正则表达式的分组",
    "the value when nothing matches": "没有匹配时的值",
    "no match fails the step": "没有匹配时步骤失败",
    # kinds of step and of extractor
    "one HTTP request; cookies and connections are shared by the steps of a case": "一个 HTTP 请求；同一用例的步骤共享 Cookie 和连接",
    "SQL on SQLite, PostgreSQL, MySQL or MariaDB; each step commits by itself": "在 SQLite、PostgreSQL、MySQL 或 MariaDB 上执行 SQL；每个步骤各自提交",
    "Python or JavaScript in its own process, bounded in time and memory": "在独立进程中运行 Python 或 JavaScript，限制时间和内存",
    "waits some seconds, or until a condition holds": "等待若干秒，或等到条件成立",
    "repeats a request until a condition holds; checks look at its last answer": "重复请求直到条件成立；校验针对最后一次响应",
    "runs its steps a number of times, while a condition holds, or for each item": "按次数、按条件或逐项循环执行其中的步骤",
    "runs its steps at the same time, each on a copy of the variables and cookies": "同时执行其中的步骤，各自使用变量和 Cookie 的副本",
    "runs another case over the same session, and takes over what it returns": "在同一会话中执行另一条用例，并取回它返回的变量",
    "what a JSONPath matches; several matches are a list": "JSONPath 匹配到的值；匹配到多个时为列表",
    "group of a match in the body's text; index 0 is the first match": "正则在响应体文本中匹配到的分组；index 0 为第一处匹配",
    "what an XPath matches in an XML or HTML body; several matches are a list": "XPath 在 XML 或 HTML 响应体中匹配到的值；匹配到多个时为列表",
    "a response header, its name in any case": "响应头，名称不区分大小写",
    "a cookie of the response": "响应中的 Cookie",
    "the response's status code": "响应状态码",
    "the whole body; of a step without one, its document": "整个响应体；没有响应体的步骤则为其结果文档",
    # the schemas themselves
    "A case of pytest-sisyphus": "pytest-sisyphus 的用例",
    "Project configuration of pytest-sisyphus": "pytest-sisyphus 的项目配置",
}
