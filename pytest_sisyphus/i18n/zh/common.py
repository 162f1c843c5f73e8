"""Messages that two rooms say."""

from typing import Final

CHINESE: Final = {
    " or ": " 或 ",
    " and ": " 和 ",
    ", ": "、",
    "; ": "；",
    "none": "无",
    "nothing": "无",
    "nested too deeply": "嵌套过深",
    "{names} and {count} more": "{names} 等，另有 {count} 个",
    "environment variable {name}": "环境变量 {name}",
    "it was set up and torn down, but not called (as by --setup-only)": "只执行了 setup 和 teardown，没有执行测试本身（例如使用了 --setup-only）",
    "the file is empty": "文件为空",
    "a whole number": "整数",
    "true or false": "true 或 false",
    "cannot be read: {reason}": "无法读取：{reason}",
    "it is nested too deeply": "嵌套过深",
    "and {count} more": "另有 {count} 处",
    "its end": "末尾",
    "a list": "列表",
}
