"""Answers in the language that a request asks for; Chinese where it asks for none."""

import re

import pytest
from service_kit import API, SECRET, TOKEN, Service

from orchestrator.i18n import CHINESE, tr

FRONT = {"token": TOKEN}
RUNNER = {"X-CALLBACK-SECRET": SECRET}
JSON = {"Content-Type": "application/json"}
RESULT = {"executionId": 1, "caseId": 1, "status": 2}
LATE = "2035-01-01 00:00:00"
#: method, path, headers, body (of a POST) or query; code; what is said, in both languages.
REFUSALS = [
    (
        "GET",
        f"{API}/execution/list",
        {},
        {},
        40001,
        "未登录或登录已失效",
        "Not signed in, or no longer",
    ),
    (
        *("POST", f"{API}/case/run", FRONT, {}, 40009),
        *("caseId、envCode 为必传参数", "caseId and envCode are needed"),
    ),
    (
        *("POST", f"{API}/case/run", FRONT, {"caseId": 404, "envCode": "st"}, 40009),
        *("该用例不存在或未接入自动化", "There is no such case, or it is not automated"),
    ),
    (
        *("POST", f"{API}/plan/run", FRONT, {"planId": "x", "envCode": "st"}, 40009),
        *("planId 必须为整数", "planId must be a whole number"),
    ),
    (
        *("POST", f"{API}/plan/run", FRONT, {"planId": 1, "envCode": "e" * 65}, 40009),
        *("envCode 不能超过 64 个字符", "envCode must have 64 characters at most"),
    ),
    (
        *("POST", f"{API}/plan/run", FRONT, {"planId": 2**60, "envCode": "st"}, 40009),
        *("planId 不能大于 2^53-1", "planId must be 2^53-1 at most"),
    ),
    (
        *("GET", f"{API}/execution/list", FRONT, {"status": "3,9"}, 40009),
        *("status 不能大于 8", "status must be 8 at most"),
    ),
    (
        *("GET", f"{API}/execution/list", FRONT, {"from": "soon"}, 40009),
        "from 时间格式应为 YYYY-MM-DD HH:MM:SS 或带时区的 ISO 8601",
        "from must be YYYY-MM-DD HH:MM:SS, or ISO 8601 with a zone",
    ),
    (
        *("GET", f"{API}/execution/case/list", FRONT, {"executionId": 1, "pageSize": 501}, 40009),
        *(
            "pageSize 不能大于 500（view=brief 除外）",
            "pageSize must be 500 at most (but with view=brief)",
        ),
    ),
    (
        *("GET", f"{API}/execution/events", FRONT, {"executionId": 99}, 40011),
        *("未查询到对应执行记录", "There is no such execution"),
    ),
    (
        "POST",
        f"{API}/case/run",
        FRONT,
        b"{",
        40009,
        "请求体不是合法的 JSON",
        "The request is not JSON",
    ),
    (
        *("POST", f"{API}/case/run", FRONT, [], 40009),
        *("请求体必须为 JSON 对象", "The request must be a JSON object"),
    ),
    (
        *("POST", f"{API}/execution/cancel", FRONT, b" " * 2**21, 41300),
        *("请求体过大", "The request is too large"),
    ),
    (
        *("POST", f"{API}/execution/start", {}, {"executionId": 1}, 40004),
        *("回调令牌缺失或错误", "The callback token is missing or wrong"),
    ),
    (
        *("POST", f"{API}/execution/case/result", RUNNER, RESULT | {"caseId": 9}, 40009),
        *("该用例不在本次执行中", "The case is not in this execution"),
    ),
    (
        *("POST", f"{API}/execution/case/lease", RUNNER, {"executionId": 1, "leaseId": "a"}, 40010),
        *("该执行不分片，没有可领取的队列", "The execution is not sharded: it has no queue"),
    ),
    (
        *("POST", "/it/api/page/session", JSON | {"Origin": "http://x.test"}, {}, 40003),
        *(
            "Origin: 不接受来自 'http://x.test' 的请求",
            "Origin: requests from 'http://x.test' are not taken",
        ),
    ),
    ("GET", "/it/api/none", {}, {}, 40400, "接口不存在", "There is no such endpoint"),
    (
        *("POST", f"{API}/execution/list", FRONT, {}, 40500),
        *("请求方法不支持", "The endpoint does not take this method"),
    ),
]


def asked(service, call, language=None):
    method, path, headers, given = call
    headers = headers | ({"Accept-Language": language} if language else {})
    if method == "GET":
        return service.client.get(path, params=given, headers=headers)
    body = {"content": given} if isinstance(given, bytes) else {"json": given}
    return service.client.post(path, headers=headers, **body)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """With one execution of a case, which no refusal changes."""
    with Service(tmp_path_factory.mktemp("languages"), body_limit=2**20) as service:
        assert service.started(1) == 1
        yield service


@pytest.mark.parametrize(
    ("call", "code", "chinese", "english"),
    [(row[:4], *row[4:]) for row in REFUSALS],
    ids=[row[-1] for row in REFUSALS],
)
def test_a_refusal_is_said_as_the_request_asks(running, call, code, chinese, english):
    for language, said, tag in [
        *((asks, chinese, "zh") for asks in (None, "*", "fr", "zh-CN,zh;q=0.9,en;q=0.8")),
        ("en-US,en;q=0.9,zh;q=0.1", english, "en"),
    ]:
        answer = asked(running, call, language)
        assert (answer.json()["code"], answer.json()["msg"]) == (code, said)
        assert answer.headers["Content-Language"] == tag
        assert answer.headers["Vary"] == "Accept-Language"
    assert not CHINESE.search(answer.text)
    assert not re.search("[a-z]+( [a-z]+){2}", chinese)


def test_why_a_trigger_failed_is_told_in_english_and_kept_in_chinese(service):
    service.catalog(1)
    service.runner.refuses = tr("项目目录不存在: {folder}", folder="/x")
    call = ("POST", f"{API}/case/run", FRONT, {"caseId": 1, "envCode": "st"})
    english, chinese = (asked(service, call, language).json() for language in ("en", None))
    assert english["msg"] == "Not triggered: there is no project folder /x"
    assert chinese["msg"] == "触发失败：项目目录不存在: /x"
    assert english["code"] == chinese["code"] == 50002
    kept = {answer["data"]["trigger_message"] for answer in (english, chinese)}
    assert kept == {"项目目录不存在: /x"}


def test_a_failure_of_the_service_is_told_in_english(service, monkeypatch):
    def broken(*_args):
        raise RuntimeError

    monkeypatch.setattr(service.app.state.services.queries, "detail", broken)
    call = ("GET", f"{API}/execution/detail", FRONT, {"executionId": 1})
    english, chinese = (asked(service, call, language) for language in ("en", None))
    assert re.fullmatch(r"The service failed \(request \w{16}\)", english.json()["msg"])
    assert re.fullmatch(r"服务内部错误（请求编号 \w{16}）", chinese.json()["msg"])


def test_sentences_in_data_follow_and_names_stay(running):
    call = ("GET", f"{API}/execution/list", FRONT, {"plannId": 1, "keyword": "已取消"})
    english, chinese = (asked(running, call, language).json() for language in ("en", None))
    assert english["data"]["warnings"] == ["Unknown field plannId, perhaps planId"]
    assert chinese["data"]["warnings"] == ["未知字段 plannId，是否为 planId"]


def test_a_runner_is_warned_in_its_language_on_the_quick_way_too(service):
    """The writer judges the results of many calls together: each hears it in its own language."""
    service.started(1)
    body = {"executionId": 1, "results": [{"caseId": 1, "status": 2, "finishedTime": LATE}]}
    call = ("POST", f"{API}/execution/case/result", RUNNER, body)
    english, chinese = (asked(service, call, language) for language in ("en", None))
    [[told], [said]] = (answer.json()["data"]["warnings"] for answer in (english, chinese))
    assert told["reason"] == (
        "finishedTime is too far from the server's time: ignored, the server's is used"
    )
    assert said["reason"] == "finishedTime 与服务器时间相差过大，已忽略，改用服务器时间"


def test_a_text_outside_the_envelope_follows(running):
    [[key]] = running.sql("SELECT file_key FROM execution")
    for path, status, english, chinese in (
        (f"/files/{key}/console", 404, "The execution has no console output", "该执行尚无控制台"),
        ("/page/open?key=x", 410, "This link was used before", "该链接已使用过"),
    ):
        answers = [asked(running, ("GET", path, {}, None), one) for one in ("en", None)]
        assert [answer.status_code for answer in answers] == [status, status]
        assert answers[0].text.startswith(english)
        assert answers[1].text.startswith(chinese)
        assert [answer.headers["Content-Language"] for answer in answers] == ["en", "zh"]


def test_what_is_usual_says_nothing_and_costs_nothing(service):
    service.started(1)
    answer = asked(service, ("POST", f"{API}/execution/case/result", RUNNER, RESULT), "en")
    assert answer.json()["msg"] == "success"
    assert "Content-Language" not in answer.headers
