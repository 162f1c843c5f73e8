"""Messages of `engine`."""

from typing import Final

CHINESE: Final = {
    "returned {kind}, not an Outcome": "返回的是 {kind}，而不是 Outcome",
    "returned an Outcome whose {name} is {kind}, not a mapping": "返回的 Outcome 的 {name} 是 {kind}，而不是映射",
    "returned an Outcome whose children is {kind}": "返回的 Outcome 的 children 是 {kind}",
    "{wrong}, not a tuple of step results": "{wrong}，而不是由步骤结果组成的元组",
    "setup step {name!r} failed": "前置步骤 {name!r} 失败",
    "step {name!r} failed, and stop_on_failure is on": "步骤 {name!r} 失败，且 stop_on_failure 已开启",
    "step {name!r} before it failed": "之前的步骤 {name!r} 失败",
    "its setup step {name!r} failed": "其前置步骤 {name!r} 失败",
    "no time was left: the timeout of a step around this one ran out": "没有剩余时间：外层步骤的 timeout 已用完",
    "not run": "未运行",
    "depends_on {name!r}, which is {status}": "depends_on 的 {name!r} 的状态是 {status}",
    "skip_if holds: {condition}": "skip_if 成立：{condition}",
    "only_if does not hold: {condition}": "only_if 不成立：{condition}",
    "interrupted by {kind}": "被 {kind} 中断",
}
