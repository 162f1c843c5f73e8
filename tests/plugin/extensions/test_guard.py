"""Somebody's step type, extractor, auth type or hook that breaks: a step's error, and no leak."""

import re

import pytest

HEAD = """from typing import Annotated
import pytest
from pydantic import Field
from pytest_sisyphus.spec.fields import Text
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.extensions.types import AuthType, CheckType, ExtractorType, Function, CheckOutcome
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.steps.protocol import StepType

class VaultSpec(StepSpec):
    password: Annotated[Text, Field(description="of the vault")] = ""
"""
STEP_TYPE = """
def vault(spec, context):
    {body}

def pytest_sisyphus_step_types():
    return [StepType(name="vault", spec=VaultSpec, run=vault, description="x")]
"""
EXTRACTOR = """
def pick(subject, path, options):
    {body}

def pytest_sisyphus_extractors():
    return [ExtractorType(name="mine", extract=pick, needs_path=False, description="x")]
"""
AUTH = """
def sign(request):
    {body}

def make(keys):
    return {made}

def pytest_sisyphus_auth_types():
    return [AuthType(name="mine", keys={{"key": "x"}}, make=make, description="x")]
"""
CANARY = "canary-8f3a91"
VAULT = '{name: s, type: vault, password: "${password}"}'
EXTRACTING = "{name: s, url: /anything, extractors: [{name: x, type: mine}]}"
SIGNED = f"{{name: s, url: /anything, auth: {{type: mine, key: {CANARY}}}}}"
KEEPING_THE_KEY = "lambda request: sign((request, keys))"


def conftest(part, body, **more):
    return HEAD + part.format(body=body, **more)


def line_of(text, words):
    return next(n for n, line in enumerate(text.splitlines(), start=1) if words in line)


@pytest.mark.parametrize(
    ("part", "body", "step", "error"),
    [
        (
            STEP_TYPE,
            'raise RuntimeError(f"cannot log in with {spec.password}")',
            VAULT,
            ("RuntimeError", "system", "the step type 'vault' itself broke: RuntimeError: "),
        ),
        (
            STEP_TYPE,
            'raise TimeoutError("too late")',
            VAULT,
            ("TimeoutError", "timeout", "TimeoutError: too late"),
        ),
        (
            STEP_TYPE,
            "assert spec.name == 'x', spec.password",
            VAULT,
            ("AssertionError", "assertion", "itself broke: AssertionError: "),
        ),
        (
            STEP_TYPE,
            "return None",
            VAULT,
            ("TypeError", "system", "it returned None, not an Outcome"),
        ),
        (
            STEP_TYPE,
            "return Outcome(document=[spec.password])",
            VAULT,
            ("TypeError", "system", "whose document is a value of type list, not a mapping"),
        ),
        (
            STEP_TYPE,
            "return Outcome(document={}, children=None)",
            VAULT,
            ("TypeError", "system", "whose children is None, not a tuple of step results"),
        ),
        (
            EXTRACTOR,
            "raise KeyError('oh')",
            EXTRACTING,
            ("KeyError", "system", "the extractor type 'mine' itself broke: KeyError: 'oh'"),
        ),
        (
            EXTRACTOR,
            "return 'text'",
            EXTRACTING,
            ("TypeError", "system", "it returned a value of type str, not a tuple"),
        ),
    ],
)
def test_a_part_that_breaks_is_its_steps_error_with_the_place(run_steps, part, body, step, error):
    text = conftest(part, body)

    run = run_steps(
        f"- {step}\n- {{name: after, type: wait, seconds: 0}}",
        config=f"variables: {{password: {CANARY}}}",
        conftest__py=text,
    )

    kind, category, told = error
    info = run.steps["s"]["error_info"]
    assert (info["type"], info["category"]) == (kind, category)
    assert told in info["message"]
    place = line_of(text, body if body.startswith(("raise", "assert")) else "def ")
    assert f"(conftest.py:{place})" in info["message"]
    assert run.statuses() == ["error", "success"]
    assert CANARY not in run.stdout
    assert re.search(r"case.yaml:\d+: step 's' could not be carried out", run.stdout)


@pytest.mark.parametrize(
    ("body", "made", "told"),
    [
        ('raise ValueError(f"no {request[1]}")', KEEPING_THE_KEY, "ValueError: no {'key': '***'}"),
        ("return None", KEEPING_THE_KEY, "it returned None, not the request"),
        ("pass", "None", "it made None, which cannot be called"),
        ("pass", "keys['nothing']", "KeyError: 'nothing'"),
    ],
)
def test_an_auth_type_that_breaks_says_so(run_steps, server, body, made, told):
    run = run_steps(f"- {SIGNED}", conftest__py=conftest(AUTH, body, made=made))

    assert "case.yaml:5: the auth type 'mine' itself broke: " in run.error("s")
    assert told in run.error("s")
    assert CANARY not in run.stdout
    assert server.requests == []


def test_what_follows_a_broken_step_is_skipped_and_listed_where_the_case_stops(run_steps, pytester):
    run = run_steps(
        f"- {VAULT}\n- {{name: after, type: wait, seconds: 0}}",
        "--junitxml=junit.xml",
        "--sisyphus-report=csv:out.csv",
        config=f"variables: {{password: {CANARY}}}\nstop_on_failure: true",
        conftest__py=conftest(STEP_TYPE, "raise RuntimeError(spec.password)"),
    )

    written = [(pytester.path / name).read_text() for name in ("junit.xml", "out.csv")]
    assert run.statuses() == ["error", "skipped"]
    assert [CANARY in text for text in written] == [False, False]
    assert "after,2,skipped" in written[1]
    assert "interrupted" not in written[1]


@pytest.mark.parametrize(
    ("body", "outcomes"),
    [
        ('pytest.fail(f"refused {spec.password}")', {"failed": 1}),
        ('pytest.skip("not today")', {"skipped": 1}),
        ('raise __import__("unittest").SkipTest("not today")', {"skipped": 1}),
    ],
)
def test_pytests_own_outcomes_pass_through_a_step_type(run_steps, pytester, body, outcomes):
    run = run_steps(
        f"- {VAULT}",
        "--junitxml=junit.xml",
        config=f"variables: {{password: {CANARY}}}",
        conftest__py=conftest(STEP_TYPE, body),
    )

    assert run.outcomes == outcomes
    assert CANARY not in run.stdout
    assert CANARY not in (pytester.path / "junit.xml").read_text()


@pytest.mark.parametrize("part", [STEP_TYPE, EXTRACTOR])
def test_pytest_exit_in_a_part_ends_the_session(run_steps, part):
    step = VAULT if part is STEP_TYPE else EXTRACTING

    run = run_steps(
        f"- {step}",
        config=f"variables: {{password: {CANARY}}}",
        conftest__py=conftest(part, 'pytest.exit("enough", 7)'),
    )

    assert run.result.ret == 7


def test_a_hook_that_raises_is_an_error_of_the_file(run_steps):
    run = run_steps(
        "- {name: s, type: wait, seconds: 0}",
        conftest__py="def pytest_sisyphus_checks():\n    raise OSError('disk full')\n",
    )

    assert run.outcomes == {"errors": 1}
    told = "the hook pytest_sisyphus_checks itself broke: OSError: disk full (conftest.py:2)"
    assert f"case.yaml: {told}" in run.stdout


def test_two_parts_of_one_name_are_told_with_their_places(run_steps):
    run = run_steps(
        "- {name: s, type: wait, seconds: 0}",
        conftest__py=(
            f"{HEAD}\ndef one(): return 1\n"
            "def pytest_sisyphus_functions(context):\n"
            '    return [Function(name="uuid", call=one, description="x")]\n'
        ),
    )

    assert "there are two functions called 'uuid': conftest.py:13 and built in" in run.stdout


def test_a_verdict_that_is_none_does_not_pass(run_steps):
    run = run_steps(
        "- {name: s, url: /anything, validations: [{mine: [$.method, GET]}]}",
        conftest__py=(
            f"{HEAD}\ndef pytest_sisyphus_checks():\n"
            "    judge = lambda selection, expected, *, strict: CheckOutcome(passed='no')\n"
            '    return [CheckType(name="mine", check=judge, description="x")]\n'
        ),
    )

    assert run.statuses() == ["failed"]
    told = "the check 'mine' itself broke: CheckOutcome.passed must be a bool, got 'no'"
    assert run.error("s") == told
