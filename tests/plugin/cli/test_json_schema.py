"""`sisyphus-api-validate --schema`."""

import re

import jsonschema
import pytest
from plugin_command_kit import process

from pytest_sisyphus.cli.commands import validate

pytestmark = pytest.mark.slow


CONFTEST = """
    from pytest_sisyphus.extensions.types import PASSED, CheckType

    def pytest_sisyphus_checks():
        judge = lambda selection, expected, *, strict: PASSED
        return [CheckType(name="divisible_by", check=judge, description="no rest is left")]
    """


def test_it_prints_the_schema_and_nothing_else(pytester):
    pytester.makepyfile(test_it="print('noise')\ndef test_it(): pass\n")

    ran = process("validate", "--schema")

    assert ran.code == 0
    schema = ran.json
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_knows_the_parts_of_the_conftest(run, pytester):
    pytester.makeconftest(CONFTEST)

    schema = run(validate, "--schema").json

    case = {
        "name": "c",
        "steps": [{"name": "s", "url": "/", "validations": [{"divisible_by": ["$.n", 5]}]}],
    }
    jsonschema.Draft202012Validator(schema).validate(case)


def test_a_broken_conftest_is_no_schema(run, pytester):
    pytester.makeconftest("raise OSError('broken conftest')")

    ran = run(validate, "--schema")

    assert ran.code != 0
    assert ran.stdout == ""
    assert "broken conftest" in ran.stderr


def description_of_a_check(ran, name):
    return ran.json["$defs"]["Check"]["anyOf"][1]["properties"][name]["description"]


def test_its_descriptions_are_english_or_chinese(run, pytester):
    pytester.makeconftest(CONFTEST)

    chinese, english = (run(validate, "--schema", "--lang", lang) for lang in ("zh", "en"))

    assert description_of_a_check(chinese, "ne") == "不相等，规则同 eq"
    assert description_of_a_check(chinese, "divisible_by") == "no rest is left"
    assert description_of_a_check(english, "ne") == "not equal, by the rule of eq"
    assert english.stdout == run(validate, "--schema").stdout


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_it_is_utf_8_whatever_the_terminal_is(monkeypatch, encoding):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)

    ran = process("validate", "--project-schema", "--lang", "zh")

    assert ran.code == 0
    profiles = ran.json["$defs"]["ProjectConfig"]["properties"]["profiles"]
    assert profiles["description"] == "各个环境，键为环境名称"


def test_a_locale_decides_nothing(monkeypatch):
    """The file is committed: it is the same, whoever makes it."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    ran = process("validate", "--project-schema")

    profiles = ran.json["$defs"]["ProjectConfig"]["properties"]["profiles"]
    assert profiles["description"] == "environments by name"


def test_a_language_without_a_schema_is_that_of_the_complaints(run, pytester):
    pytester.makefile(".yaml", broken="name: n\nsteps:\n  - {name: a, url: /a, bodi: 1}\n")

    ran = run(validate, "--lang", "zh", "broken.yaml")

    assert ran.code == 1
    assert re.search(r"^broken\.yaml:3:.*: .*'bodi'.*是否", ran.stdout, re.MULTILINE)
    assert "1 处错误" in ran.stderr.splitlines()
