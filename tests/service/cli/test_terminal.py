"""The language of the operator's commands, and the tables that they print."""

import re

import pytest

from orchestrator.cli.terminal import columns, language_of
from orchestrator.i18n import CHINESE
from pytest_sisyphus.i18n import language_of as language_of_the_plugin

COMMANDS = [
    *(["serve"], ["doctor"], ["demo"], ["openapi"], ["token"], ["token", "add"], ["token", "list"]),
    *(["token", "revoke"], ["db"], ["db", "upgrade"], ["db", "check"], ["db", "prune"], ["plan"]),
    *(["plan", "import"], []),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_is_in_the_language_of_lang(cli, command):
    code, out, _ = cli(*command, "--help", "--lang", "zh")
    assert code == 0
    assert CHINESE.search(out)
    help_of_argparse = r"show (this help message and exit|program's version number and exit)"
    said = re.sub(r"\s+", " ", out.partition("\n\n")[2])
    left = re.sub(help_of_argparse, "", said).replace("positional arguments:", "")
    assert re.findall(r"(?<![-\w])[a-z]+ [a-z]+ [a-z]+", left) == []


def test_what_a_command_says_is_in_the_language_of_the_locale(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("SISYPHUS_LANG")
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    said = (
        f"sqlite:///{tmp_path}/sisyphus.sqlite3 处没有数据库：请用 --database-url 指明服务的数据库，或在服务的目录里执行；"
        "`serve` 或 `db upgrade` 会新建一个\n"
    )
    assert cli("db", "check") == (1, said, "")
    _, _, err = cli("serve", "--port", "x")
    assert err == "sisyphus-orchestrator: --port：'x' 不可用；请给出 0 到 65535 之间的整数\n"
    assert cli("db", "prune")[2] == "sisyphus-orchestrator: 缺少参数：--older-than\n"
    _, _, err = cli("plan", "import", "x.yaml", "--dry-run=1")
    assert err == "sisyphus-orchestrator: 参数 --dry-run：不带值，'1' 多余\n"
    assert cli("db", "prune", "--lang", "en")[2].endswith("are required: --older-than\n")


@pytest.mark.parametrize("text", ["", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8", "zh"])
@pytest.mark.parametrize("name", ["SISYPHUS_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"])
@pytest.mark.parametrize("beside", [{}, {"LANG": "C"}, {"LANGUAGE": "zh", "LANG": "en_US"}])
def test_the_locale_says_the_same_as_to_the_plugin(name, text, beside):
    environ = {**beside, name: text}
    assert language_of(environ) == language_of_the_plugin(environ)


def test_a_table_stands_in_columns_whatever_the_width_of_its_letters():
    assert columns([["编号", "用途"], ["1", "ci"], ["12", ""]]) == [
        "  编号  用途",
        "  1     ci",
        "  12",
    ]
