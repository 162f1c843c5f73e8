"""Messages of `extensions`."""

from typing import Final

CHINESE: Final = {
    "function": "函数",
    "{what} itself broke: it {wrong}": "{what} 自身出错：{wrong}",
    "{what} itself broke: {said}": "{what} 自身出错：{said}",
    "a value of type {kind}": "{kind} 类型的值",
    "{said} ({where})": "{said}（{where}）",
    "built in": "内置",
    "the hook {hook}": "钩子 {hook}",
    "step type": "步骤类型",
    "check": "校验",
    "extractor type": "提取方式",
    "auth type": "认证类型",
    "the extension {plugin!r} has no hook; hooks: {hooks}": "扩展 {plugin!r} 没有实现任何钩子；可用的钩子：{hooks}",
    "the extension {plugin!r} cannot be used: {error}": "扩展 {plugin!r} 无法使用：{error}",
    "; known: {names}": "；已知的有：{names}",
    "; did you mean {names}?": "；是否想写 {names}？",
    "there are two {kind}s called {name!r}": "有两个名为 {name!r} 的{kind}",
    "no {kind} {name!r}{near}": "没有{kind} {name!r}{near}",
    "{message}: {places}": "{message}：{places}",
    "no match for {path}": "{path} 没有匹配",
    "match ": "匹配 ",
}
