"""Messages of `reporters`."""

from typing import Final

CHINESE: Final = {
    "{path} is no Allure result, so {folder} is not emptied": "{path} 不是 Allure 结果，因此不清空 {folder}",
    "attempt {number}": "第 {number} 次尝试",
    "{done}/{total} cases, {failed} failed, {left}": "用例 {done}/{total}，失败 {failed}，{left}",
    "about {seconds:.0f} s left": "约剩 {seconds:.0f} 秒",
    " ({format}:{path}/ writes one file for each case)": "（写成 {format}:{path}/ 则每条用例一个文件）",
    "{format}:{path}: cannot write it: {reason}": "{format}:{path}：无法写入：{reason}",
    "{format}:{path}/: {format} writes one file; the path may not end in a slash": "{format}:{path}/：{format} 只写一个文件；路径不能以斜杠结尾",
    "{format}:{path}: needs {name}: pip install 'pytest-sisyphus[{format}]'": "{format}:{path}：需要 {name}：pip install 'pytest-sisyphus[{format}]'",
    "interrupted: the run ended while the test ran": "已中断：测试还在运行，本次运行就结束了",
    ", retries: {count}": "，重试 {count} 次",
    " in {time}": "，耗时 {time}",
    "{name} could not be written: {reason}": "{name} 未能写入：{reason}",
    "{name} written": "已写入 {name}",
    "--sisyphus-report: two reports go to {path!r}": "--sisyphus-report：两个报告写到同一个 {path!r}",
    "{format} report {path}": "{format} 报告 {path}",
    "--sisyphus-report: {error}": "--sisyphus-report：{error}",
    " (mocked)": "（模拟）",
}
