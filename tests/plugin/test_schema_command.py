"""`sisyphus-api-validate --schema`."""

import json
import sys

import jsonschema
import pytest


@pytest.fixture
def printed(pytester):
    def run(*args):
        code = "import sys; from pytest_sisyphus.cli import validate; sys.exit(validate())"
        return pytester.run(sys.executable, "-c", code, "--schema", *args)

    return run


CONFTEST = """
    from pytest_sisyphus.models.parts import PASSED, CheckType

    def pytest_sisyphus_checks():
        judge = lambda selection, expected, *, strict: PASSED
        return [CheckType(name="divisible_by", judge=judge, description="no rest is left")]
    """


def test_it_prints_the_schema_and_nothing_else(printed, pytester):
    pytester.makepyfile(test_it="print('noise')\ndef test_it(): pass\n")

    ran = printed()

    assert ran.ret == 0
    schema = json.loads(ran.stdout.str())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_knows_the_parts_of_the_conftest(printed, pytester):
    pytester.makeconftest(CONFTEST)

    schema = json.loads(printed().stdout.str())

    case = {
        "name": "c",
        "steps": [{"name": "s", "url": "/", "validations": [{"divisible_by": ["$.n", 5]}]}],
    }
    jsonschema.Draft202012Validator(schema).validate(case)


def test_a_broken_conftest_is_no_schema(printed, pytester):
    pytester.makeconftest("raise OSError('broken conftest')")

    ran = printed()

    assert ran.ret != 0
    assert ran.stdout.str() == ""
    assert "broken conftest" in ran.stderr.str()
