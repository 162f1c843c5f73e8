"""Messages of `nodes`."""

from typing import Final

CHINESE: Final = {
    "{location}: this is another case than was collected": "{location}: 与收集时的用例不是同一条",
    "condition: {conditions}": "条件：{conditions}",
    "{file}:{line}: not collected: {message}": "{file}:{line}: 未收集：{message}",
    "the case did not run, so this is no pass: another plugin (or a conftest.py) ran or reported the test in its own way": "用例没有运行，因此不算通过：其他插件（或 conftest.py）用自己的方式运行或报告了该测试",
    "  no YAML case: pytest runs it as it is": "  不是 YAML 用例：由 pytest 照常运行",
    "  cannot run: {error}": "  无法运行：{error}",
    "not read, as the project configuration that it inherits is wrong:": "未读取，因为它继承的项目配置有错误：",
    "not read either, for this mistake (it is shown once, above)": "也因这个错误未读取（错误只在上面完整显示一次）",
    "explained without its rows: {error}": "说明中不含数据行：{error}",
    "nothing was checked: no step that ran has validations, a benchmark, until or a condition to wait for": "没有执行任何校验：已运行的步骤都没有 validations、benchmark、until 或等待条件",
    "the case did not run: a plugin answered pytest_pyfunc_call without calling the test (plugins that have this hook: {plugins})": "用例没有运行：有插件响应了 pytest_pyfunc_call 却没有调用测试（有此钩子的插件：{plugins}）",
    "give a step `validations`": "请给某个步骤写 `validations`",
    "{location}: no fixture {name!r} (pytest --fixtures lists them){hint}": "{location}: 没有 fixture {name!r}（pytest --fixtures 可列出全部）{hint}",
    "{location}: fixture {name!r} has params, and a YAML case cannot choose one; use a fixture without params, or data rows (config.data_source)": "{location}: fixture {name!r} 有 params，而 YAML 用例无法选择；请用没有 params 的 fixture，或数据行（config.data_source）",
    "every step is skipped: {reason}": "所有步骤都被跳过：{reason}",
    "{tag}: a tag of YAML cases": "{tag}: YAML 用例的标签",
    "{location}: enabled is false": "{location}: enabled 为 false",
    "xfailed: {reason}": "预期失败：{reason}",
    "{name} {value!r} is also that of the case at {first}": "{name} {value!r} 与 {first} 的用例相同",
    "{location}: {shared}; the platform can tell only one of them": "{location}: {shared}；平台只能识别其中一条",
    "{place}: the mark repeat": "{place}: 标记 repeat",
    "{what} of pytest-repeat has no effect on YAML cases: each runs once; rows of config.data_source make several tests of a case, a step of type loop repeats steps": "pytest-repeat 的 {what} 对 YAML 用例不起作用：每条用例只运行一次；config.data_source 的数据行可以让一条用例成为多个测试，loop 类型的步骤可以重复步骤",
    '; write case_id=1002 or case_key="…"': '；请写 case_id=1002 或 case_key="…"',
    " takes no argument without its name{wanted}": " 的参数必须写出名称{wanted}",
    " names no case{wanted}": " 没有指明用例{wanted}",
    " has no {name!r}{hint}": " 没有参数 {name!r}{hint}",
    ": case_id is a whole number, got {value}{wanted}": "：case_id 为整数，实际为 {value}{wanted}",
    ": case_key is a text that is not empty, got {value}{wanted}": "：case_key 为非空文本，实际为 {value}{wanted}",
}
