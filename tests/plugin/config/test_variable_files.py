"""`--sisyphus-vars`: variables of a whole run, from files."""

from pathlib import Path

import pytest

SAYS = """
name: c
config: {base_url: http://x.test, variables: {a: case, b: case, c: case, d: case}}
steps:
- name: s
  type: poll
  until: "true"
  request:
    url: /x
    mock: {enabled: true, rules: [{request: {url: .*}, response: {body: "${[a, b, c, d]}"}}]}
  extractors: {v: $}
"""
YAML = """
a: 5
b: [1, x]
c: "${not.rendered}"
"""


@pytest.fixture
def variables(run_yaml):
    """The values of a, b, c and d."""

    def variables(*args, **files):
        for name, text in files.items():
            Path(name.replace("__", ".")).write_text(text)
        run = run_yaml(SAYS, *args)
        return run.steps["s"]["extracted_vars"]["v"]

    return variables


def test_they_go_over_the_cases_own_and_below_single_ones(variables):
    assert variables(
        "--sisyphus-vars=v.yaml", "--sisyphus-vars", "w.json", "--sisyphus-var=d:=4",
        v__yaml=YAML, w__json='{"b": {"k": 1.50}, "d": 9}',
    ) == [5, {"k": 1.5}, "${not.rendered}", 4]  # fmt: skip


def test_workers_have_them_too(run_yaml):
    Path("v.yaml").write_text("a: 5\n")
    run = run_yaml(SAYS, "-p", "xdist", "-n1", "--sisyphus-vars=v.yaml")

    assert run.steps["s"]["extracted_vars"]["v"] == [5, "case", "case", "case"]


def test_an_empty_file_has_none(variables):
    assert variables("--sisyphus-vars=v.yaml", v__yaml="# none yet\n")[0] == "case"


def test_secrets_in_them_are_masked(variables):
    assert variables("--sisyphus-vars=v.yaml", v__yaml="a: hunter22\npassword: hunter22\n")[0] == (
        "***"
    )


def test_they_are_masked_in_what_comes_before_the_case(run_yaml):
    Path("v.yaml").write_text("password: hunter22\n")
    Path("conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef broken():\n    print('hunter22')\n    1 / 0\n"
    )
    run = run_yaml(SAYS + "usefixtures: [broken]\n", "--sisyphus-vars=v.yaml")

    assert run.outcomes == {"errors": 1}
    assert "hunter22" not in run.stdout.replace("print('hunter22')", "")
    assert "***" in run.stdout


WRONG = {
    "[a]": "v.yaml:1:1: a file of variables is a mapping of their names, not a list",
    "a": 'v.yaml:1:1: a file of variables is a mapping of their names, not "a"',
    "a: 1\n---\nb: 2": "v.yaml:3:1: a file of variables is one mapping: here a second YAML document",
    "a: 1\na: 2": "v.yaml:2:1: key 'a' stands twice; it is first in line 1",
    "config: 1": "v.yaml:1:1: a variable called 'config' would hide the built-in 'config'",
    "x: 1\na-b: 1": 'v.yaml:2:1: no template could read a variable called "a-b": letters, digits',
    "a: {b": "v.yaml:2:1: not YAML: ",
    "a: !!python/name:os.system x": "v.yaml:1:4: unknown tag !!python/name:os.system",
    "a: !include ../b.yaml": "v.yaml:1:4: '../b.yaml' lies outside of ",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_wrong_with_one_ends_the_run(run_yaml, text, said):
    Path("v.yaml").write_text(text)

    run = run_yaml(SAYS, "--sisyphus-vars=v.yaml")

    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: --sisyphus-vars: {said}" in run.result.stderr.str()


def test_what_is_wrong_with_json_is_said_in_its_words(run_yaml):
    Path("v.json").write_text('{"a": 1,}')

    run = run_yaml(SAYS, "--sisyphus-vars=v.json")

    assert "--sisyphus-vars: v.json:1:9: not JSON: " in run.result.stderr.str()


def test_a_file_that_is_not_there(run_yaml):
    run = run_yaml(SAYS, "--sisyphus-vars=none.yaml")

    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "none.yaml:1:1: cannot be read: No such file" in run.result.stderr.str()
