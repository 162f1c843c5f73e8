"""What each format makes of a notice: whole documents, signatures, and text that must stay text."""

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from notice_kit import MOMENT, SECONDS, healed, notice, spoiled, summary, webhook

from orchestrator.errors import StartupError
from orchestrator.notifications.formats.markdown import inert
from orchestrator.notifications.formats.registry import FORMATS, PACES, check
from orchestrator.notifications.text import (
    CASE_TEXTS,
    EXECUTION_TEXTS,
    WORDS,
    compose,
    duration,
    safe_address,
    shortened,
)

CHATS = ["dingtalk", "wecom", "feishu", "slack"]
URL = "https://hooks.example/robot?key=k1"
LINKS = (
    "[控制台](http://tests.example/files/k/console) | [报告](http://tests.example/files/k/report)"
)


def rendered(kind, told, **fields):
    return FORMATS[kind](told, webhook(kind, **fields))


def document(kind, told, **fields):
    return json.loads(rendered(kind, told, **fields).body)


def facts(form="{}：{}"):
    """The facts of the plain notice, one a line."""
    rows = {
        "结果": "共 10，通过 8，失败 1，阻塞 1",
        "环境": "st",
        "轮次": "2",
        "耗时": "1 分 23 秒",
        "结束时间": "2025-09-20 15:30:00",
        "触发": "计划，用户 8",
        "执行编号": "AE20250920153000123",
    }
    return [form.format(*row) for row in rows.items()]


def test_json_tells_the_facts_as_they_are():
    assert document("json", notice()) == {
        "event": "execution.ended",
        "delivery_id": "d1",
        "replaces": None,
        "execution": {
            "id": 13,
            "execution_no": "AE20250920153000123",
            "status": 5,
            "status_text": "失败",
            "outcome": None,
            "trigger_type": 2,
            "trigger_source": "platform",
            "trigger_by": 8,
            "project_id": 3,
            "plan_id": 2001,
            "plan_name": "回归",
            "plan_round_no": 2,
            "case_id": None,
            "case_title": None,
            "env_code": "st",
            "run_mode": 1,
            "summary": {
                "total": 10,
                "pending": 0,
                "running": 0,
                "passed": 8,
                "failed": 1,
                "blocked": 1,
                "skipped": 0,
                "notFound": 0,
                "canceled": 0,
            },
            "start_time": "2025-09-20 15:28:37",
            "end_time": "2025-09-20 15:30:00",
            "duration_seconds": 83.25,
            "reason": "",
            "console_url": "http://tests.example/files/k/console",
            "report_url": "http://tests.example/files/k/report",
        },
        "failed_cases": [
            {"case_id": 1003, "case_key": "T1003", "case_title": "登录失败", "status": 3},
            {"case_id": 1004, "case_key": "T1004", "case_title": "test_pay_ok", "status": 4},
        ],
    }


def test_a_correction_names_what_it_replaces_and_what_the_results_say():
    told = document("json", healed())
    assert (told["event"], told["replaces"]) == ("execution.healed", "d0")
    assert (told["execution"]["status"], told["execution"]["outcome"]) == (8, 4)
    text = document("wecom", healed())["markdown"]["content"]
    assert text.startswith(
        '### <font color="info">自动化执行结果已补齐（成功）：回归</font>\n'
        "> 更正：此前的“回调异常”通知以本条为准，执行状态不变\n"
    )


def test_dingtalk_gets_markdown_that_calls_nobody():
    lines = ["### 自动化执行失败：回归", "", *facts("- **{}**：{}"), "", "**未通过用例**", ""]
    lines += ["- T1003 登录失败（失败）", "- T1004 test_pay_ok（阻塞）", "", LINKS]
    assert document("dingtalk", notice()) == {
        "msgtype": "markdown",
        "markdown": {"title": "自动化执行失败：回归", "text": "\n".join(lines)},
        "at": {"isAtAll": False},
    }


def test_wecom_gets_its_own_markdown():
    lines = ['### <font color="warning">自动化执行失败：回归</font>', *facts("> {}：{}")]
    lines += ["", "**未通过用例**", "> T1003 登录失败（失败）", "> T1004 test_pay_ok（阻塞）"]
    assert document("wecom", notice()) == {
        "msgtype": "markdown",
        "markdown": {"content": "\n".join([*lines, "", LINKS])},
    }


def test_feishu_gets_a_card_of_plain_text():
    def plain(text):
        return {"tag": "plain_text", "content": text}

    def button(text, url):
        return {"tag": "button", "type": "default", "text": plain(text), "url": url}

    assert document("feishu", notice()) == {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": "red", "title": plain("自动化执行失败：回归")},
            "elements": [
                {"tag": "div", "text": plain("\n".join(facts()))},
                {"tag": "hr"},
                {
                    "tag": "div",
                    "text": plain("未通过用例\nT1003 登录失败（失败）\nT1004 test_pay_ok（阻塞）"),
                },
                {
                    "tag": "action",
                    "actions": [
                        button("控制台", "http://tests.example/files/k/console"),
                        button("报告", "http://tests.example/files/k/report"),
                    ],
                },
            ],
        },
    }


def test_slack_gets_blocks_and_in_english_if_asked():
    def plain(text):
        return {"type": "plain_text", "text": text, "emoji": False}

    assert document("slack", notice(), language="en") == {
        "text": "Test execution failed: 回归",
        "mrkdwn": False,
        "blocks": [
            {"type": "header", "text": plain("Test execution failed: 回归")},
            {
                "type": "section",
                "fields": [
                    plain("Cases: 10 in all, 8 passed, 1 failed, 1 blocked"),
                    plain("Environment: st"),
                    plain("Round: 2"),
                    plain("Duration: 1 min 23 s"),
                    plain("Ended: 2025-09-20 15:30:00"),
                    plain("Triggered by: Plan, user 8"),
                    plain("Execution: AE20250920153000123"),
                ],
            },
            {
                "type": "section",
                "text": plain("Not passed\nT1003 登录失败 (failed)\nT1004 test_pay_ok (blocked)"),
            },
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "<http://tests.example/files/k/console|Console>"
                    " | <http://tests.example/files/k/report|Report>",
                },
            },
        ],
    }


@pytest.mark.parametrize("kind", FORMATS)
def test_without_a_secret_the_address_is_used_as_it_is(kind):
    request = rendered(kind, notice())
    assert request.url.reveal() == URL
    assert "X-Sisyphus-Signature" not in request.headers
    assert "sign" not in json.loads(request.body)


def test_json_is_signed_over_time_and_body():
    request = rendered("json", notice(), secret="s3")
    signed = str(SECONDS).encode() + b"." + request.body
    code = hmac.new(b"s3", signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Sisyphus-Signature"] == f"t={SECONDS},v1={code}"


@pytest.mark.parametrize(
    ("secret", "changed", "late", "genuine"),
    [
        ("s3", b"", 0, True),
        ("s3", b" ", 0, False),
        ("s4", b"", 0, False),
        ("s3", b"", 301, False),
    ],
)
def test_the_manual_shows_how_to_verify(monkeypatch, secret, changed, late, genuine):
    manual = Path(__file__).parents[3] / "docs/en" / "webhooks.md"
    [code] = re.findall(r"```python\n(.*?)```", manual.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(compile(code, manual, "exec"), names)
    monkeypatch.setattr(time, "time", lambda: SECONDS + late)
    request = rendered("json", notice(), secret="s3")
    header = request.headers["X-Sisyphus-Signature"]
    assert names["is_genuine"](secret, header, request.body + changed) == genuine


def test_dingtalk_is_signed_in_the_query():
    query = parse_qs(urlsplit(rendered("dingtalk", notice(), secret="SEC+=/").url.reveal()).query)
    text = f"{SECONDS}000\nSEC+=/"
    code = hmac.new(b"SEC+=/", text.encode(), hashlib.sha256).digest()
    assert query == {
        "key": ["k1"],
        "timestamp": [f"{SECONDS}000"],
        "sign": [base64.b64encode(code).decode()],
    }


def test_feishu_is_signed_in_the_body():
    body = document("feishu", notice(), secret="s3")
    code = hmac.new(f"{SECONDS}\ns3".encode(), digestmod=hashlib.sha256).digest()
    assert (body["timestamp"], body["sign"]) == (str(SECONDS), base64.b64encode(code).decode())
    assert MOMENT.timestamp() == SECONDS


HOSTILE = "**a** <@all> @all <!channel> [x](http://evil) `c` <font>\n# h\r\n@所有人 \u202e~~s~~ _i_"


@pytest.mark.parametrize("kind", ["dingtalk", "wecom", "slack"])
def test_what_users_named_neither_formats_nor_calls(kind):
    told = notice(plan_name=HOSTILE, env_code=HOSTILE, failed_cases=[spoiled(1, 3, HOSTILE)])
    harmless = notice(plan_name="P", env_code="E", failed_cases=[spoiled(1, 3, "S")])
    meant = re.compile(r"[<>@*`\[\]~#_\\]|\]\(|\u202e|\r|\n\n+")
    text, plain = (strings(document(kind, one)) for one in (told, harmless))
    assert [meant.findall(s) for s in text] == [meant.findall(s) for s in plain]


def strings(value):
    """All texts of a document, in order."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in strings(one)]


def test_what_users_named_is_plain_text_for_feishu():
    told = document("feishu", notice(plan_name=HOSTILE, failed_cases=[spoiled(1, 3, HOSTILE)]))
    marked = [s for s in strings(told) if "<@all>" in s]
    tags = re.findall(r'"tag": "(\w+)", "content"', json.dumps(told))
    assert len(marked) == 2
    assert set(tags) == {"plain_text"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("character", ["界", "*", "&", "🙂"])
def test_the_longest_message_fits_every_limit(character, language):
    long = character * 5000
    told = healed(
        plan_name=long,
        env_code=long,
        reason=long,
        plan_round_no=10**18,
        trigger_by=10**18,
        duration_seconds=1e9,
        summary=summary(**dict.fromkeys(CASE_COUNTS, 10**6)),
        failed_cases=[spoiled(10**18, 6, long) for _ in range(10)],
        console_url="https://h/" + "c" * 380,
        report_url="https://h/" + "r" * 380,
    )
    made = {kind: document(kind, told, language=language) for kind in CHATS}
    assert len(made["wecom"]["markdown"]["content"].encode()) <= 4096
    assert len(made["dingtalk"]["markdown"]["text"].encode()) <= 20000
    assert len(rendered("feishu", told).body) <= 20000
    header, section, *_ = made["slack"]["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(section["fields"]) <= 10
    assert all(len(text) <= 2000 for text in strings(made["slack"]))


CASE_COUNTS = ("passed", "failed", "blocked", "skipped", "notFound", "canceled")


def test_only_the_first_failed_cases_are_named():
    many = [spoiled(n, 3, "t") for n in range(10)]
    told = compose(notice(failed_cases=many, summary=summary(failed=37, passed=3)), "zh")
    assert told.failed_cases[0] == "T0 t（失败）"
    assert told.failed_cases[5:] == ["……另有 32 条"]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"status": 4}, "自动化执行成功：回归"),
        ({"status": 6, "plan_name": None, "case_title": "登录"}, "自动化执行已取消：登录"),
        ({"status": 7, "plan_name": None}, "自动化执行触发失败：AE20250920153000123"),
        ({"status": 8}, "自动化执行回调异常：回归"),
    ],
)
def test_the_title_says_what_ended_and_how(changes, title):
    assert compose(notice(**changes), "zh").title == title


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (None, "", ""),
        (0.0, "0 秒", "0 s"),
        (2.34, "2.3 秒", "2.3 s"),
        (59.97, "1 分 0 秒", "1 min 0 s"),
        (3600.0, "1 小时 0 分", "1 h 0 min"),
        (7384.0, "2 小时 3 分", "2 h 3 min"),
    ],
)
def test_durations_in_words(seconds, zh, en):
    assert (duration(seconds, "zh"), duration(seconds, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        (None, ""),
        ("javascript:alert(1)", ""),
        ("http://h/" + "x" * 400, ""),
        ("http://[::1]:8000/a?b=1&c=2#d", "http://[::1]:8000/a?b=1&c=2#d"),
        ("http://h/a)b (c|d>e", "http://h/a%29b%20%28c%7Cd%3Ee"),
        ("http://h/测", "http://h/%E6%B5%8B"),
    ],
)
def test_an_address_cannot_end_its_link(address, safe):
    assert safe_address(address) == safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("test_login_ok", "test_login_ok"),
        ("_x_ a_b _", "＿x＿ a_b ＿"),
        ("a*b<c>@d", "a＊b＜c＞＠d"),
    ],
)
def test_markup_becomes_its_full_width_twin(text, shown):
    assert inert(text) == shown


def test_a_long_text_is_cut_to_one_line():
    assert shortened("a\tb\n\nc" + "d" * 20, 8) == "a b cdd…"


def test_every_language_says_everything():
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for texts in (EXECUTION_TEXTS, CASE_TEXTS):
        assert texts["zh"].keys() == texts["en"].keys()


@pytest.mark.parametrize(
    ("kind", "secret", "said"),
    [
        ("dingding", "", "format 'dingding' is not known; give one of json, dingtalk, wecom"),
        ("slack", "x", "slack signs nothing, its key is in the url; leave the secret out"),
    ],
)
def test_a_webhook_that_could_never_work_stops_the_start(kind, secret, said):
    with pytest.raises(StartupError, match="webhook 'qa'") as error:
        check([webhook("json"), webhook(kind, secret=secret)])
    assert said in str(error.value)


def test_paces_are_of_formats_that_exist():
    assert PACES.keys() <= FORMATS.keys()


def test_a_request_and_a_webhook_print_no_secret():
    one = webhook("json", secret="s3")
    shown = f"{one} {rendered('json', notice(), secret='s3')}"
    assert "k1" not in shown
    assert "s3" not in shown
    assert "v1=" not in shown
