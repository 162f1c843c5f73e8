"""What pytest prints as the id of a case can be given back to it."""

import re
from pathlib import Path

import pytest
import yaml
from yaml_kit import ONLY_OURS

NAMES = [
    "plain",
    "GET a::b",
    "GET a::c",
    "::",
    "a::",
    "::b",
    "a::::b",
    "GET /users/1",
    "v1.2.3 of it",
    "a[b]",
    "a[b]::c",
    "[smoke] log in",
    "a]b[",
    "  blanks around  ",
    "下单：成功。",
    'say "hi"',
    "back\\slash",
    "100%",
    "a.py::test_it",
]
STEPS = [{"name": "s", "type": "wait", "seconds": 0}]


@pytest.fixture
def ids(run_yaml):
    """As `--collect-only -q` and `-v` print them."""
    rows = {"data_source": [{"id": "x::y"}, {"id": "z]"}, {"id": "two\nlines"}]}
    cases = [{"name": name, "steps": STEPS} for name in NAMES]
    cases.append({"name": "rows::of it", "steps": STEPS, "config": rows})
    Path("case.yaml").write_text(yaml.safe_dump_all(cases, allow_unicode=True), encoding="utf-8")
    listed = run_yaml(None, "--collect-only", "-q").stdout
    ran = run_yaml(None, "-v").stdout
    printed = re.findall(r"^(case.yaml::.*)$", listed, re.MULTILINE)
    assert printed == [
        one.rstrip() for one in re.findall(r"^(case.yaml::.*) PASSED", ran, re.MULTILINE)
    ]
    assert len(printed) == len(NAMES) + 3
    return printed


def test_every_printed_id_selects_its_case_alone(ids, pytester):
    for printed in ids:
        result = pytester.runpytest_inprocess(*ONLY_OURS, "--collect-only", "-q", printed.strip())

        chosen = re.findall(r"^(case.yaml::.*)$", result.stdout.str(), re.MULTILINE)
        # as with functions and classes: a name also means what it is the beginning of
        longer = () if "[" in printed else (f"{printed}[", f"{printed}::")
        same = [one for one in ids if one == printed or one.startswith(longer)]
        assert chosen == same


def test_all_at_once_and_what_failed_last_time(ids, run_yaml, pytester):
    assert run_yaml(None, "-q", *ids).outcomes == {"passed": len(ids)}

    text = Path("case.yaml").read_text(encoding="utf-8")
    failing = text.replace("seconds: 0", "seconds: 0\n  validations: [{eq: [$.attempts, 7]}]")
    Path("case.yaml").write_text(failing, encoding="utf-8")
    options = ("-p", "pytest_sisyphus.plugin", "-Wdefault")
    for last in ((), ("--lf",), ("--lf",)):
        again = pytester.runpytest_inprocess(*options, *last)
        assert again.parseoutcomes() == {"failed": len(ids)}


@pytest.mark.parametrize(
    ("name", "printed"), [("[smoke] log in", "(smoke) log in"), ("a::b", "a::b"), ("a[b]", "a[b]")]
)
def test_the_short_summary_prints_the_same(run_yaml, name, printed):
    run = run_yaml(f"name: '{name}'\nsteps: {STEPS}\n", "-rA")

    assert f"PASSED case.yaml::{printed}\n" in run.stdout


def test_names_that_would_print_alike_are_refused(run_yaml):
    run = run_yaml(f'name: a\nsteps: {STEPS}\n---\nname: " a"\nsteps: {STEPS}\n')

    assert "two cases are called ' a'; the first stands at case.yaml:1" in run.stdout


def test_a_failure_is_told_under_the_whole_name(run_yaml):
    run = run_yaml(
        "name: GET a::b\nsteps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 7]}]}]\n"
    )

    assert re.search(r"^_+ GET a::b _+$", run.stdout, re.MULTILINE)
    assert "FAILED case.yaml::GET a::b - " in run.stdout
