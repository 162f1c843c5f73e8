"""Messages of `values`: kinds of values, JSON, `.env` files."""

from typing import Final

CHINESE: Final = {
    "null": "空值",
    "a boolean": "布尔值",
    "a number": "数字",
    "text": "文本",
    "bytes": "字节串",
    "a mapping": "映射",
    "a {type}": "{type} 对象",
    # texts
    "; it reads as {encoding}: save it as UTF-8": "；它可按 {encoding} 读取：请另存为 UTF-8",
    "; {sign!r} is a full-width sign: write {meant!r}": "；{sign!r} 是全角符号，请写 {meant!r}",
    # counts
    "{number} case": "{number} 条用例",
    "{number} cases": "{number} 条用例",
    "{number} complaint": "{number} 处错误",
    "{number} complaints": "{number} 处错误",
    "{number} sisyphus.yaml file": "{number} 个 sisyphus.yaml 文件",
    "{number} sisyphus.yaml files": "{number} 个 sisyphus.yaml 文件",
    "{number} value": "{number} 个值",
    "{number} values": "{number} 个值",
    "{number} rule": "{number} 条规则",
    "{number} rules": "{number} 条规则",
    "{number} check": "{number} 条校验",
    "{number} checks": "{number} 条校验",
    "{number} line": "{number} 行",
    "{number} lines": "{number} 行",
    "{number} element": "{number} 个元素",
    "{number} elements": "{number} 个元素",
    "{number} test": "{number} 个测试",
    "{number} tests": "{number} 个测试",
    "{number} lease": "{number} 次",
    "{number} leases": "{number} 次",
    "{number} result": "{number} 条结果",
    "{number} results": "{number} 条结果",
    # JSON
    "{shown} is a number beyond what a double can hold": "数字 {shown} 超出了双精度浮点数的范围",
    "{literal} is not JSON": "{literal} 不是 JSON",
    "at {word!r}": "{word!r} 处",
    "at its end": "末尾处",
    "line {line}, column {column}, {there}: {problem}": "第 {line} 行第 {column} 列，{there}：{problem}",
    "{problem}: line {line} column {column} (char {position})": "{problem}：第 {line} 行第 {column} 列（第 {position} 个字符）",
    "the key {key} stands twice": "键 {key} 重复",
    "a number has too many digits": "数字的位数过多",
    "of an object": "（对象的键）",
    # .env files
    "expected NAME=VALUE; a name has letters, digits and _": "应为 NAME=VALUE；名称由字母、数字和 _ 组成",
    "{name} stands twice; it is first in line {first}": "{name} 重复，首次出现在第 {first} 行",
    "the {quote} before the value of {name} is not closed": "{name} 的值前面的 {quote} 没有闭合",
    "something stands behind the closing {quote} of {name}": "{name} 的值在结尾的 {quote} 之后还有内容",
    "a backslash in the value of {name} escapes nothing that is known; in double "
    r"""quotes there are \n, \r, \t, \\, \", \', \$ and \`; single quotes """
    "keep it as it is": r"""{name} 的值中有无法识别的反斜杠转义；双引号中可用 \n、\r、\t、\\、\"、\'、\$ 和 \`，单引号则原样保留""",
    "the value of {name} holds $…, for which nothing is put in; single quotes keep it as it is": "{name} 的值中有 $…，这里不会替换它；用单引号可原样保留",
    'the value of {name} has a # behind a blank, which is a remark to some tools and part of the value to others: quote the value ("p@ss # word"), or put the remark on a line of its own': '{name} 的值中有空格后跟 #：有的工具视为注释，有的视为值的一部分；请给值加引号（"p@ss # word"），或把注释单独写一行',
}
