"""`sisyphus-api-validate --schema`."""

import json
import sys

import jsonschema
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def printed(pytester):
    def run(*args):
        code = "import sys; from pytest_sisyphus.cli.commands import validate; sys.exit(validate())"
        return pytester.run(sys.executable, "-c", code, *args)

    return run


CONFTEST = """
    from pytest_sisyphus.extensions.types import PASSED, CheckType

    def pytest_sisyphus_checks():
        judge = lambda selection, expected, *, strict: PASSED
        return [CheckType(name="divisible_by", check=judge, description="no rest is left")]
    """


def test_it_prints_the_schema_and_nothing_else(printed, pytester):
    pytester.makepyfile(test_it="print('noise')\ndef test_it(): pass\n")

    ran = printed("--schema")

    assert ran.ret == 0
    schema = json.loads(ran.stdout.str())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_knows_the_parts_of_the_conftest(printed, pytester):
    pytester.makeconftest(CONFTEST)

    schema = json.loads(printed("--schema").stdout.str())

    case = {
        "name": "c",
        "steps": [{"name": "s", "url": "/", "validations": [{"divisible_by": ["$.n", 5]}]}],
    }
    jsonschema.Draft202012Validator(schema).validate(case)


def test_a_broken_conftest_is_no_schema(printed, pytester):
    pytester.makeconftest("raise OSError('broken conftest')")

    ran = printed("--schema")

    assert ran.ret != 0
    assert ran.stdout.str() == ""
    assert "broken conftest" in ran.stderr.str()


def description_of_a_check(ran, name):
    schema = json.loads(ran.stdout.str())
    return schema["$defs"]["Check"]["anyOf"][1]["properties"][name]["description"]


def test_its_descriptions_are_english_or_chinese(printed, pytester):
    pytester.makeconftest(CONFTEST)

    chinese, english = printed("--schema", "--lang", "zh"), printed("--schema", "--lang", "en")

    assert description_of_a_check(chinese, "ne") == "不相等，规则同 eq"
    assert description_of_a_check(chinese, "divisible_by") == "no rest is left"
    assert description_of_a_check(english, "ne") == "not equal, by the rule of eq"
    assert english.stdout.str() == printed("--schema").stdout.str()


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_it_is_utf_8_whatever_the_terminal_is(printed, monkeypatch, encoding):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)

    ran = printed("--project-schema", "--lang", "zh")

    assert ran.ret == 0
    schema = json.loads(ran.stdout.str())
    profiles = schema["$defs"]["ProjectConfig"]["properties"]["profiles"]
    assert profiles["description"] == "各个环境，键为环境名称"


def test_a_locale_decides_nothing(printed, monkeypatch):
    """The file is committed: it is the same, whoever makes it."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    ran = printed("--project-schema")

    schema = json.loads(ran.stdout.str())
    profiles = schema["$defs"]["ProjectConfig"]["properties"]["profiles"]
    assert profiles["description"] == "environments by name"


def test_a_language_without_a_schema_is_refused(printed):
    ran = printed("--lang", "zh", "cases")

    assert ran.ret == 4
    ran.stderr.fnmatch_lines(["*error: --lang is the language of --schema and --project-schema*"])
