"""Whole sessions where the locale is Chinese: pytest's lines stay as they are, ours are Chinese."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from languages import english_in, set_to_chinese

__all__ = ["set_to_chinese"]

#: what pytest, its plugins and Python say of a session themselves.
_OF_PYTEST = re.compile(
    r"[=!] .*|.*[=!]|(platform|rootdir|configfile|plugins|collecting|created|scheduling|bringing)\b.*"
    r"|(no )?\d* ?(tests?|workers) .*|-- Docs.*|\d+ warnings? in .*|.*UserWarning.*"
)

CASES = """\
name: 校验不通过
case_id: 1
config: {{base_url: "{url}", variables: {{amount: 1}}}}
steps:
  - name: 查询
    method: POST
    url: /echo
    body: {{total: 61, items: [{{price: 1}}, {{price: -1}}]}}
    extractors: {{absent: {{type: jsonpath, path: $.json.absent, required: false}}}}
    validations:
      - status_code: 201
      - eq: [$.json.total, 60]
      - gt: [$.json.nothing, 1]
      - len_eq: [$.json.items, 3]
      - each: [$.json.items, [{{gt: [$.price, 0]}}]]
      - or: [{{eq: [$.json.total, 1]}}, {{eq: [$.json.total, 2]}}]
      - assert: amount > 2
---
name: 连不上
case_id: 2
config: {{stop_on_failure: true, retry_times: 1, retry_policy: {{base_delay: 0.01}}}}
steps:
  - {{name: 连接, url: "http://127.0.0.1:1/x", validations: [{{status_code: 200}}]}}
  - {{name: 之后, url: "http://127.0.0.1:1/y", depends_on: 连接}}
---
name: 没有校验
case_id: 3
steps: [{{name: 只请求, url: "{url}/echo"}}]
---
name: 缺少变量
case_id: 4
steps: [{{name: 用变量, url: "{url}/${{missing}}", validations: [{{status_code: 200}}]}}]
---
name: 停用
case_id: 5
enabled: false
steps: [{{name: 停用的步骤, url: "{url}/echo"}}]
---
name: 全部跳过
case_id: 6
steps: [{{name: 跳过的步骤, url: "{url}", skip_if: "1 == 1", validations: [{{status_code: 200}}]}}]
---
name: 提取不到
case_id: 7
steps:
  - {{name: 取值, url: "{url}/echo", extractors: {{x: $.absent}}, validations: [{{status_code: 200}}]}}
---
name: 没有数据库文件
case_id: 8
config: {{databases: {{shop: "sqlite:///none.db"}}}}
steps:
  - {{name: 查询数据, type: database, database: shop, sql: select 1, validations: [{{len_eq: [$.rows, 1]}}]}}
---
name: 脚本出错
case_id: 9
steps: [{{name: 脚本, type: script, script: "raise ValueError('坏了')"}}]
---
name: 等不到
case_id: 10
steps:
  - name: 等待
    type: wait
    condition: seen == 2
    interval: 0.01
    timeout: 0.05
config: {{variables: {{seen: 1}}}}
---
name: 通过
case_id: 11
steps: [{{name: 成功, url: "{url}/echo", validations: [{{status_code: 200}}]}}]
"""

BROKEN = """\
name: 写错
config: {variabels: {a: 1}, databases: {d: {type: oracle}}}
usefixtures: [nothing_such]
steps:
  - {name: a, url: /a, bodi: 1, validations: [{eqq: [$.a, 1]}, {regex: [$.a, "("]}]}
  - {name: b, type: no_type}
  - {name: c, url: /a, depends_on: z, timeout: -1}
  - {name: d, url: "/a/${upper(", skip_if: "1 +"}
---
name: 写错
steps: none
"""


@pytest.fixture
def chinese(project, server, monkeypatch, set_to_chinese):
    """A project of such cases, run where the locale is Chinese."""
    monkeypatch.delenv("SISYPHUS_LANG")
    monkeypatch.setenv("LANGUAGE", "zh_CN.UTF-8")
    (project.root / "cases").mkdir()
    (project.root / "cases" / "all.yaml").write_text(CASES.format(url=server.url), encoding="utf-8")
    (project.root / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    (project.root / "unfinished.yaml").write_text("name: n\nsteps:\n  - name: a\n   url: /x\n")
    return project


#: what may be written, as the schema shows it.
_EXAMPLE = re.compile(r"例如 .*(?=（位于 )")


def english_lines(text):
    """Those of ours that still have a sentence of the other language."""
    lines = (_EXAMPLE.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if english_in(line) and not _OF_PYTEST.fullmatch(line)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cases", "-v"], "步骤 '查询' 失败："),
        (["cases", "--collect-only", "--sisyphus-explain"], "7 条校验"),
        (["broken.yaml", "unfinished.yaml", "--collect-only"], "未知的键 'bodi'"),
        (["cases", "--sisyphus-profile=no"], "没有 --sisyphus-profile 指定的环境 'no'"),
        (["cases", "--sisyphus-seed=x"], "--sisyphus-seed：需要的是：整数；实际是 'x'"),
        (["cases", "--sisyphus-report=html:."], "html:.：无法写入"),
    ],
)
def test_a_session_says_nothing_in_english(chinese, arguments, said):
    ran = chinese.pytester.runpytest_inprocess(*arguments)

    text = f"{ran.stdout.str()}\n{ran.stderr.str()}"
    assert said in text
    assert not english_lines(text)


def test_workers_speak_as_their_controller_does(chinese):
    workers = "--tx=2*popen//env:SISYPHUS_LANG=en//env:LANGUAGE=en"

    ran = chinese.pytester.runpytest_inprocess("cases", workers, "--dist=load")

    assert "步骤 '查询' 失败：" in ran.stdout.str()
    assert not english_lines(ran.stdout.str())


def texts_of(document):
    """What a document says to people; its keys are a program's."""
    for step in (document, *document["steps"]):
        info = step.get("error_info") or {}
        yield from (info.get("message"), info.get("suggestion"))
        yield from (check["error"] for check in step.get("validations") or ())


def test_reports_say_nothing_in_english(chinese):
    formats = ("json:all.json", "junit:all.xml", "html:all.html", "csv:all.csv", "allure:allure")

    ran = chinese.pytester.runpytest_inprocess(
        "cases", *(f"--sisyphus-report={one}" for one in formats)
    )

    assert not english_lines(ran.stdout.str())
    assert "已写入 html 报告 all.html" in ran.stdout.str()
    documents = json.loads((chinese.root / "all.json").read_text(encoding="utf-8"))
    said = [text for one in documents for text in texts_of(one) if text]
    assert len(said) > 20
    assert not [line for text in said for line in english_lines(text)]
    failures = [*ET.parse(chinese.root / "all.xml").iter("failure")]
    assert failures
    assert not [
        line for one in failures for line in english_lines(one.text + one.attrib["message"])
    ]


def test_an_execution_says_nothing_in_english(chinese, orchestrator):
    orchestrator.want(*range(1, 12), 99)

    ran = chinese.run("cases")

    text = ran.stdout.str()
    assert "12 条用例：" in text
    assert "未找到：" in text
    assert "已送达：12 条结果中的 12 条" in text
    assert not english_lines(text)
    messages = [orchestrator.final(number).get("errorMessage") or "" for number in (1, 2, 4, 7, 99)]
    assert all(messages)
    assert not [line for one in messages for line in english_lines(one)]
