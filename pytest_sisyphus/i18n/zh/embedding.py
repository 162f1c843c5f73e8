"""Messages of `embedding`."""

from typing import Final

CHINESE: Final = {
    "there is no case to run: no source holds one": "没有可运行的用例：所有来源中都没有用例",
    "{location}: the case uses the fixture {name!r}, and no pytest is there to make it; give its value: run_cases(…, fixtures={{{name!r}: …}})": "{location}: 用例使用了 fixture {name!r}，但没有 pytest 来创建它；请给出它的值：run_cases(…, fixtures={{{name!r}: …}})",
}
