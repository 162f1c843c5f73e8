"""Messages of `errors`."""

from typing import Final

CHINESE: Final = {
    "something went wrong in a case": "用例执行出错",
    "the case cannot be carried out as it is written": "用例的写法无法执行",
    "the run ended while the case ran": "用例还在执行，运行就结束了",
    "a ${…} template cannot be evaluated": "${…} 模板无法求值",
    "a check did not pass": "有一项校验未通过",
    "the server could not be reached": "无法连接到服务器",
    "the connection broke": "连接中断",
    "the server did not speak HTTP": "服务器的响应不是 HTTP",
    "the time limit ran out": "超出时间限制",
    "what was waited for did not come in time": "等待的结果没有按时出现",
    "the response is not what it claims to be, or an extractor found nothing in it": (
        "响应的内容与其声明不符，或没有提取到值"
    ),
    "the database refused": "数据库拒绝执行",
    "the script failed": "脚本执行失败",
    "a step type, an extractor or the like itself broke": "步骤类型、提取方式等扩展自身出错",
}
