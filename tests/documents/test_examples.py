"""Every code block of the documents, in both languages, runs or is checked; one without a kind fails."""

import ast
import configparser
import contextlib
import importlib
import json
import os
import pkgutil
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import requests
import yaml
from blocks import blocks
from yaml_blocks import FRAMES, Loader, complaints, failures, framed, kind_of

import pytest_sisyphus
from orchestrator.cli.commands import main as orchestrator
from orchestrator.cli.demo import shop as demo_shop
from orchestrator.cli.demo.hosted import address, free_socket, hosted
from pytest_sisyphus.cli.commands import engine, validate
from pytest_sisyphus.cli.convert import convert
from pytest_sisyphus.i18n import language_set_back

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
#: where the documents say that the sample shop is.
SHOP = "http://127.0.0.1:8001"
#: what a part of a case may name that does not stand in it.
ELSEWHERE = re.compile(
    "(?i)no such file|there is no file|names no earlier step"
    "|没有文件|没有这个文件|文件或目录不存在|所指的步骤在前面不存在"
)
COMMANDS = {
    "sisyphus-api-engine": engine,
    "sisyphus-api-validate": validate,
    "sisyphus-api-convert": convert,
    "sisyphus-orchestrator": orchestrator,
}
#: what readers have besides; of these only the shell's grammar is checked.
OTHERS = {
    *(
        "alembic",
        "allure",
        "cat",
        "cd",
        "cp",
        "createdb",
        "curl",
        "docker",
        "echo",
        "export",
        "git",
        "jq",
        "kill",
        "mkdir",
        "ls",
    ),
    *(
        "mysqldump",
        "openssl",
        "pg_dump",
        "pg_restore",
        "pip",
        "podman",
        "pre-commit",
        "python",
        "python3",
        "rm",
    ),
    *(
        "source",
        "sqlite3",
        "umask",
        "sudo",
        "systemctl",
        "tox",
        "psql",
        "SISYPHUS_TEST_SCREENSHOTS=docs/images",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def imported():
    """Everything of ours: pytester forgets what a test imports, and classes must not come twice."""
    for module in pkgutil.walk_packages(pytest_sisyphus.__path__, "pytest_sisyphus."):
        importlib.import_module(module.name)


@pytest.fixture(scope="module")
def shop():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_shop, "THINKING", 0)
        listener = free_socket()
        with hosted(demo_shop.create_shop(), listener):
            # it has imported what it needs before pytester begins to forget what is imported
            requests.get(address(listener), timeout=60)
            yield address(listener)


class Reader:
    """Somebody who types a page from its top to its end, in an empty folder."""

    def __init__(self, pytester, monkeypatch, capfd, shop):
        self._pytester = pytester
        self._environ = monkeypatch
        self.capfd = capfd
        self._shop = shop
        self.folder = pytester.path
        #: what the commands of the last block said.
        self.said = ""

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(SHOP, self._shop), "utf-8")
        return path

    def run(self, command):
        words = shlex.split(command.replace(SHOP, self._shop), comments=True)
        if words[0] == "export":
            for word in words[1:]:
                self._environ.setenv(*word.split("=", 1))
            return ""
        with pytest.MonkeyPatch.context() as once:
            while re.match(r"[A-Z_]+=", words[0]):
                once.setenv(*words.pop(0).split("=", 1))
            return self._run(words).replace(self._shop, SHOP)

    def _run(self, words):
        program, *arguments = words
        if program == "pytest":
            plain = ("-p", "no:randomly", "-p", "no:cacheprovider")
            ended = self._pytester.runpytest_inprocess(*plain, *arguments)
            self.capfd.readouterr()
            return "\n".join([*ended.outlines, *ended.errlines])
        self.capfd.readouterr()
        with contextlib.suppress(SystemExit):
            COMMANDS[program](arguments)
        said = self.capfd.readouterr()
        return said.out + said.err


@pytest.fixture
def reader(pytester, monkeypatch, capfd, shop):
    for name in [name for name in os.environ if name.startswith("SISYPHUS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return Reader(pytester, monkeypatch, capfd, shop)


def check_yaml(block, reader):
    if block.about == "wrong":
        reader.write(block.file, block.text)
        return
    kind = kind_of(block)
    assert kind, "which part of a case is it? say so in a comment before it"
    if kind == "other":
        list(yaml.load_all(block.text, Loader))
        return
    if block.file:
        reader.write(block.file, block.text)
    body = block.about.partition("of: ")[2]
    if body:
        assert failures(block.text, body) == []
    elif kind in FRAMES:
        for number, text in enumerate(re.split(r"^---\n", block.text, flags=re.MULTILINE)):
            name = block.file if number == 0 and kind == "case" and block.file else "example.yaml"
            path = reader.write(name, framed(text, kind))
            reader.capfd.readouterr()
            told = [
                line
                for line in complaints(path, reader.capfd).splitlines()
                if not line.endswith(("complaint", "complaints", "处错误"))
                and not (kind != "case" and ELSEWHERE.search(line))
            ]
            assert told == []
        (reader.folder / "example.yaml").unlink(missing_ok=True)


def check_console(block, reader):
    commands = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)
    prompted = len(commands) > 1
    if block.about == "run":
        reader.said = ""
        for one in filter(None, commands):
            command, _, expected = one.partition("\n")
            said = reader.run(command)
            reader.said += said
            assert_said(expected, said)
        return
    lines = (
        [one.partition("\n")[0] for one in commands[1:]] if prompted else block.text.splitlines()
    )
    for line in filter(None, map(str.strip, lines)):
        if not line.startswith("#"):
            check_command(line)


def check_command(line):
    """Programs that readers have, in the shell's grammar; ours with options that exist."""
    checked = subprocess.run(
        ["bash", "-n", "-c", line], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    for part in re.split(r"&&|\||;", line.split(" #")[0]):
        words = part.split()
        while words and re.match(r"[A-Za-z_]+=", words[0]) and len(words) > 1:
            words.pop(0)
        program = Path(words[0]).name if words else ""
        known = {*COMMANDS, *OTHERS, "pytest", "tox"}
        assert not program or program in known or "=" in program, f"who knows {program!r}?"


def check_text(block, reader):
    if block.file:
        reader.write(block.file, block.text)
    else:
        assert reader.said, (
            "text is a file (`# NAME`), the output of what was run, or <!-- shown -->"
        )
        assert_said(block.text, reader.said)


def assert_said(expected, said):
    """`…` stands for anything, on a line of its own for any lines."""
    if expected.strip():
        lines = [line.rstrip() for line in expected.strip().splitlines()]
        pattern = r"\n".join(
            r"(?:.*\n)*?.*" if line == "…" else re.escape(line).replace("…", ".*") for line in lines
        )
        plain = "\n".join(line.rstrip() for line in said.splitlines())
        if not re.search(rf"^{pattern}$", plain, re.MULTILINE):
            pytest.fail(f"it says instead:\n{plain}")


def check_ini(block, _reader):
    configparser.ConfigParser(interpolation=None).read_string(block.text)


def check_braces(block, _reader):
    """A language that nothing here reads: at least its brackets are whole."""
    for opening, closing in ("{}", "()", "[]"):
        assert block.text.count(opening) == block.text.count(closing)


CHECKS = {
    "groovy": check_braces,
    "js": check_braces,
    "yaml": check_yaml,
    "console": check_console,
    "text": check_text,
    "python": lambda block, _: ast.parse(block.text),
    "json": lambda block, _: json.loads(re.sub(r'"…": ("…"|0)', r"\g<0>", block.text)),
    "toml": lambda block, _: tomllib.loads(block.text),
    "ini": check_ini,
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
@language_set_back()
def test_every_block_runs_or_is_checked(path, reader, monkeypatch):
    # a page shows what its readers see
    monkeypatch.setenv("SISYPHUS_LANG", path.relative_to(DOCS).parts[0])
    for block in blocks(path.read_text("utf-8")):
        try:
            check(block, reader)
        except (Exception, pytest.fail.Exception) as error:
            place = f"{path.relative_to(DOCS.parent)}:{block.line}"
            raise AssertionError(f"{place}: {error}") from error


def check(block, reader):
    if block.language == "hidden" or (block.file and block.language not in {"yaml", "text"}):
        reader.write(block.file, block.text)
    if block.language in CHECKS and block.about != "shown":
        CHECKS[block.language](block, reader)
    elif block.about != "shown" and not re.match(r"\{\w+\}|hidden", block.language):
        pytest.fail(f"a block in {block.language or 'no language'}: which kind is it?")
