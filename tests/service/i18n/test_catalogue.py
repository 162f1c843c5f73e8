"""What the service answers has its English, what its commands say has its Chinese, both with the
same places, and nothing is left of the other language."""

import ast
import copy
import pickle
import re
import sys
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import orchestrator
from orchestrator import errors
from orchestrator.errors import StartupError
from orchestrator.i18n import (
    CHINESE,
    chinese,
    in_language,
    preferred_language,
    recalled,
    said_by,
    tr,
)
from orchestrator.i18n.english import ANSWERS, STORED, catalogue

PACKAGE = Path(orchestrator.__file__).parent
#: Chinese of documents, of notices with a language of their own, of the demonstration.
ELSEWHERE = {"openapi", "notifications", "i18n", "cli"}
#: three words of English that are no command line.
ENGLISH = re.compile(r"(?<![-\w])(?!sisyphus-)[A-Za-z]+( [a-z]+){2}")


@cache
def sources():
    """Each module that says something, by its path in the package."""
    return {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE
    }


def calls():
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"tr", "marked"}:
                yield f"{path}:{node.lineno}", node


def refusals():
    kinds = [errors.ServiceError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind.__doc__ for kind in kinds if kind.__module__ == errors.__name__}


@cache
def said():
    """Each template with Chinese in it, by one place where it stands."""
    found = dict.fromkeys(refusals(), "errors.py")
    for place, call in calls():
        [first] = call.args
        if isinstance(first, ast.Constant) and CHINESE.search(first.value):
            found[first.value] = place
    return found


def places(template):
    return {name for _, name, *_ in Formatter().parse(template) if name is not None}


#: of answers, the same in both languages.
PATHS = {"cases[{number}].{fault}", "{place} {fault}"}
#: what shows its text to the operator: the place of that among the arguments.
SHOWN = {"StartupError": 0, "ValueError": 0, "say": 0, "warn": 0, "spoken": 0, "Diagnostic": 1}
#: caught, and never shown.
UNSHOWN = {"schemas", "store", "routes", "clock.py"}


@cache
def commands_sources():
    return {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] != "i18n"
    }


def texts(node):
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


@cache
def commands_say():
    """Each template without Chinese in it, by one place where it stands."""
    found = {}
    for path, tree in commands_sources().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            said = node.args[:1] if name in {"tr", "marked"} else []
            if name == "option":
                shown = [one.value for one in node.keywords if one.arg == "shown_default"]
                said = [node.args[1], *shown]
            found |= {text: f"{path}:{node.lineno}" for one in said for text in texts(one)}
    return {
        text: place
        for text, place in found.items()
        if not CHINESE.search(text) and text not in PATHS
    }


def test_what_commands_say_has_its_chinese():
    known = chinese.catalogue().keys()
    assert {text: place for text, place in commands_say().items() if text not in known} == {}


def test_nothing_is_in_the_chinese_that_no_command_says():
    assert chinese.catalogue().keys() - commands_say().keys() == set()


def test_no_sentence_stands_in_two_parts_of_the_chinese():
    parts = (chinese.COMMANDS, chinese.MISTAKES, chinese.OPTIONS)
    assert sum(map(len, parts)) == len(chinese.catalogue())


def test_commands_have_the_same_places_in_both_languages():
    both = chinese.catalogue().items()
    assert {english for english, text in both if places(english) != places(text)} == set()


def test_what_a_command_shows_is_said_through_the_catalogue():
    """Also an f-string, which nobody could find there."""
    bare = []
    for path, tree in commands_sources().items():
        for node in ast.walk(tree):
            name = getattr(getattr(node, "func", None), "id", "")
            place = SHOWN.get(name)
            if place is None or path.split("/")[0] in UNSHOWN or len(node.args) <= place:
                continue
            words = [
                one
                for part in ast.walk(node.args[place])
                for one in texts(part)
                if isinstance(node.args[place], ast.Constant | ast.JoinedStr)
                and re.search("[A-Za-z]{2}.* [A-Za-z]", one)
            ]
            bare += [f"{path}:{node.lineno}: {one}" for one in words]
    assert bare == []


def test_a_mistake_in_a_mistake_is_said_in_its_language():
    error = ValueError(tr("give one of {names}", names="a, b"))
    place = {"place": "--x", "text": "c"}
    said = tr("{place}: {text!r} is not usable; {reason}", reason=said_by(error), **place)
    assert str(StartupError(said)) == "--x: 'c' is not usable; give one of a, b"
    assert said.said_in("zh") == "--x：'c' 不可用；请从 a, b 中选一个"


def test_each_sentence_has_its_english():
    assert {text: place for text, place in said().items() if text not in catalogue()} == {}


def test_nothing_is_in_the_catalogue_that_nobody_says():
    assert catalogue().keys() - said().keys() == set()


def test_no_sentence_stands_in_both_parts_of_the_catalogue():
    assert ANSWERS.keys() & STORED.keys() == set()


def test_both_languages_have_the_same_places():
    assert {zh for zh, en in catalogue().items() if places(zh) != places(en)} == set()


def test_no_language_leaks_into_the_other():
    assert {en for en in catalogue().values() if CHINESE.search(en)} == set()
    assert {zh for zh in catalogue() if ENGLISH.search(zh)} == set()
    assert ENGLISH.search("Jenkins 任务 this is left over")  # the test can fail


def test_what_is_stored_is_known_by_its_beginning():
    """A place there would take any text for it."""
    assert [text for text in STORED if text.startswith("{")] == []


def test_a_call_fills_the_places_of_its_sentence():
    wrong = [
        f"{place}: {sorted(places(first.value) ^ given)}"
        for place, call in calls()
        for first in call.args
        if call.func.id == "tr" and isinstance(first, ast.Constant)
        for given in [{keyword.arg for keyword in call.keywords}]
        if None not in given and places(first.value) != given
    ]
    assert wrong == []


def test_chinese_is_only_said_through_the_catalogue():
    """Also that of an f-string, which nobody could find there."""
    allowed = {id(part) for _, call in calls() for part in call.args}
    bare = [
        f"{path}:{node.lineno}: {node.value}"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if CHINESE.search(node.value) and id(node) not in allowed and node.value not in refusals()
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        *((header, "zh") for header in ("", "*", "fr", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0")),
        *((header, "zh") for header in ("en;q=0.5, zh", "*, en;q=0.5", "fr, *;q=0.1", "english")),
        *((header, "zh") for header in ("en;q=2", "en;q=x", "en;level=1;q=1", "en;q=0.5;q=1", ";")),
        *((header, "en") for header in ("en", "EN-us", "en-US,en;q=0.9", "en, zh", "fr, EN;q=0.5")),
        *((header, "en") for header in ("zh;q=0.5,en;q=0.9", " en ; q=1.000 ", "zh;q=0, en;q=0.1")),
    ],
)
def test_the_language_that_a_request_asks_for(header, language):
    assert preferred_language(header) == language


FIELD = tr("{place} {fault}", place=tr("参数"), fault=tr("不能小于 {ge}", ge=1))


def test_a_sentence_is_chinese_wherever_nobody_asks():
    assert FIELD == "参数 不能小于 1"
    assert f"{FIELD}" == "参数 不能小于 1"
    assert in_language({"msg": FIELD}, "zh") == {"msg": "参数 不能小于 1"}


@pytest.mark.parametrize(
    "same", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_a_copy_of_a_sentence_can_be_said_in_english_too(same):
    assert in_language(same(FIELD), "en") == "The request must be 1 at least"


def test_in_english_only_what_the_service_says_is_translated():
    data = {"warnings": [FIELD], "rows": ({"title": "已取消", "n": 1},), "none": None}
    assert in_language(data, "en") == {
        "warnings": ["The request must be 1 at least"],
        "rows": [{"title": "已取消", "n": 1}],
        "none": None,
    }
    assert in_language(tr("未知字段 {name}", name="{计划}"), "en") == "Unknown field {计划}"


def test_the_values_of_a_long_list_cost_no_call_each():
    rows = [{f"field {n}": str(n) for n in range(20)} for _ in range(100)]
    called = 0

    def count(_frame, event, _argument):
        nonlocal called
        called += event == "call"

    sys.setprofile(count)
    in_language({"list": rows}, "en")
    sys.setprofile(None)

    assert called < 3 * len(rows)


OF_A_KILL = (
    "pytest 进程已结束（被信号 9 终止）；未送达的结果留在 /x，可用 pytest --sisyphus-replay 补报",
    (
        "the pytest process has ended (killed by signal 9); results that were not delivered are in /x: "
        "pytest --sisyphus-replay sends them"
    ),
)
OF_MACHINES = (
    (
        "执行异常结束，用例未开始：有执行机失联（第 1 台：pytest 进程已结束（退出码 1）；"
        "第 2 台：失联，由另一次运行接替）"
    ),
    (
        "the run ended early; this case had not started: a machine is lost (machine 1: the pytest "
        "process has ended (exit code 1); machine 2: lost, and replaced by another run)"
    ),
)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        OF_A_KILL,
        OF_MACHINES,
        ("执行机失联：超过 90 秒没有心跳", "the runner is lost: no sign of life for 90 s"),
        ("Jenkins 任务 a：无法连接 Jenkins", "Jenkins job a: Jenkins cannot be reached"),
        (
            "有执行机失联（第 1 台：Connection refused；第 2 台：执行机失联：超过 90 秒没有心跳）",
            (
                "a machine is lost (machine 1: Connection refused; machine 2: "
                "the runner is lost: no sign of life for 90 s)"
            ),
        ),
        (
            "第 2 台：Jenkins 拒绝了请求（HTTP 400）",
            "machine 2: Jenkins refused the request (HTTP 400)",
        ),
        ("插件自己的话", "插件自己的话"),
        ("已取消订单 42 的测试失败", "已取消订单 42 的测试失败"),
        ("（" * 400, " (" * 400),
        ("：" * 4000, ": " * 51 + "：" * (4000 - 51)),
        ("a plugin's own words", "a plugin's own words"),
        ("", ""),
    ],
)
def test_what_was_stored_is_recalled(text, english):
    assert recalled(text) == text
    assert in_language(recalled(text), "en") == english
