"""Messages of `documents`."""

from typing import Final

CHINESE: Final = {
    "{skipped} of {total} steps were skipped": "{total} 个步骤中有 {skipped} 个被跳过",
    "{reason} (step {name!r})": "{reason} (步骤 {name!r})",
    "    called at {places}": "    调用位置：{places}",
    "    hint: {suggestion}": "    提示：{suggestion}",
    "    also: {error}": "    还有：{error}",
    "{text}… ({count} characters)": "{text}……（共 {count} 个字符）",
    "nothing checked": "没有校验",
    "{ran} of {total} steps": "运行 {ran}/{total} 步",
    "{retried} retried": "重试 {retried} 步",
    "{start} was skipped: {reason}": "{start} 被跳过：{reason}",
    "{start} passed after {attempts} attempts": "{start} 尝试 {attempts} 次后通过",
    "{location}: step {name!r}": "{location}: 步骤 {name!r}",
    " in {parent!r}": "（在 {parent!r} 中）",
    " after {count} attempts": "（尝试 {count} 次）",
    "{location}: step {name!r}{parent} failed{attempts}: {reason}": "{location}: 步骤 {name!r}{parent} 失败{attempts}：{reason}",
    "{location}: step {name!r}{parent} could not be carried out{attempts}: {reason}": "{location}: 步骤 {name!r}{parent} 无法执行{attempts}：{reason}",
    "    request:  {request}": "    请求：{request}",
    "    response: {status}": "    响应：{status}",
    "    response: {status} in {time} ms": "    响应：{status}，耗时 {time} ms",
    "    result:   {result}": "    结果：{result}",
    ", from ": "，来自 ",
}
