"""Cases that are run by a library call."""

import json
import subprocess
import sys
import types

import pytest
from echo_server import echo_server

from pytest_sisyphus import (
    CaseStatus,
    CaseText,
    ConfigError,
    ConnectionFailed,
    Function,
    SpecError,
    run_cases,
)
from pytest_sisyphus.i18n import language

WAIT = "steps: [{name: w, type: wait, seconds: 0}]"
CHECKED = """
steps:
  - {name: get, url: "${host}/anything?n=${n}", validations: [{eq: [$.query.n, "1"]}]}
"""


@pytest.fixture(scope="module")
def server():
    with echo_server() as server:
        yield server


def saying(expression):
    """A case whose variable `said` is what the expression gives."""
    return CaseText(f"""
name: c
config: {{mock: {{rules: [{{request: {{url: .*}}, response: {{body: {{said: "{expression}"}}}}}}]}}}}
steps: [{{name: s, url: http://x.test, extractors: [{{name: said, path: $.said}}]}}]
""")


def outcomes(reports):
    return {report.name: str(report.status) for report in reports}


def test_a_file(tmp_path, server):
    file = tmp_path / "login.yaml"
    file.write_text(f"name: login{CHECKED}")

    (report,) = run_cases(file, variables={"host": server.url, "n": 1}, root=tmp_path)

    assert (report.name, report.status, report.nodeid) == (
        "login",
        CaseStatus.PASSED,
        "login.yaml::login",
    )
    assert [step.name for step in report.steps] == ["get"]
    assert report.steps[0].checks[0].actual == "1"


def test_a_folder_in_the_order_of_names_and_only_what_looks_like_cases(tmp_path):
    for name in ("b", "a", "sub/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text(f"name: case {name}\n{WAIT}\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")

    assert list(outcomes(run_cases(tmp_path))) == ["case a", "case b", "case sub/c"]


def test_each_data_row_is_a_result_of_its_own():
    case = CaseText("""
name: sum
config:
  data_source: {type: inline, data: [{id: one, n: 1}, {id: two, n: 2}]}
  data_iterations: true
  mock: {rules: [{request: {url: .*}, response: {body: {n: "${n}"}}}]}
steps: [{name: s, url: http://x.test, validations: [{eq: [$.n, 1]}]}]
""")

    reports = run_cases(case)

    assert outcomes(reports) == {"sum[one]": "passed", "sum[two]": "failed"}
    assert reports[1].nodeid == "case.yaml::sum[two]"


def test_all_mistakes_of_all_files_before_anything_runs(tmp_path, server):
    (tmp_path / "a.yaml").write_text(f"name: right{CHECKED}")
    (tmp_path / "b.yaml").write_text("name: wrong\nstepz: []\nsteps: [{name: x, typ: wait}]\n")
    before = len(server.requests)

    with pytest.raises(SpecError) as refused:
        run_cases(
            [tmp_path, tmp_path / "none.yaml"],
            root=tmp_path,
            variables={"host": server.url, "n": 1},
        )

    assert {one.location.file for one in refused.value.diagnostics} == {"b.yaml", "none.yaml"}
    assert len(refused.value.diagnostics) > 2
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "没有变量"), ("en", "no variable"), (None, "no var")]
)
def test_messages_are_in_the_language_that_is_said(lang, said):
    text = (
        'name: n\nsteps: [{name: s, url: "http://h/${absent}", validations: [{status_code: 200}]}]'
    )

    [result] = run_cases(CaseText(text), lang=lang)

    assert said in str(result.error)
    assert language() == "en"


def test_no_case_is_no_success(tmp_path):
    with pytest.raises(ConfigError, match="no case to run"):
        run_cases(tmp_path)


def test_a_case_that_cannot_begin_is_a_failed_result():
    (report,) = run_cases(CaseText(f"name: c\n{WAIT}\n"), profile="prod")

    assert (report.status, report.steps) == (CaseStatus.FAILED, ())
    assert "no profile 'prod'" in str(report.error)
    assert "no profile 'prod'" in report.document()["error_info"]["message"]


def test_a_server_that_is_not_there_is_a_failed_result():
    (report,) = run_cases(
        CaseText(f"name: c{CHECKED}"), variables={"host": "http://127.0.0.1:9", "n": 1}
    )

    assert isinstance(report.error, ConnectionFailed)


@pytest.mark.parametrize(
    "keys",
    ["enabled: false", "marks: [skip: no]", 'marks: [{skipif: ["${n} == 1", {reason: no}]}]'],
)
def test_what_is_skipped_has_no_steps(keys):
    (report,) = run_cases(CaseText(f"name: c\n{keys}\n{WAIT}\n"), variables={"n": 1})

    assert (report.status, report.steps) == (CaseStatus.SKIPPED, ())


def test_fixtures_are_given_as_values():
    case = saying("${fixtures.shop}")
    case = CaseText(f"usefixtures: [shop]{case.text}")

    (without,) = run_cases(case)
    (given,) = run_cases(case, fixtures={"shop": "open", "other": 1})

    assert "fixtures={'shop': …}" in str(without.error)
    assert given.final_variables["said"] == "open"


def test_only_the_document_masks_secrets():
    text = f"name: c\nconfig: {{variables: {{password: hunter22}}}}\n{WAIT}\n"
    (report,) = run_cases(CaseText(text))

    assert report.final_variables["password"] == "hunter22"
    assert "hunter22" not in json.dumps(report.document())
    assert report.document()["final_variables"] == {"password": "***"}


def test_the_environment_is_what_is_given(monkeypatch):
    monkeypatch.setenv("SHOP", "of the process")
    case = saying("${env.SHOP}")

    said = [
        run_cases(case, environ=environ)[0].final_variables["said"]
        for environ in (None, {"SHOP": "given"})
    ]

    assert said == ["of the process", "given"]


def test_a_seed_repeats_what_functions_give():
    case = saying("${uuid()}")

    said = [run_cases(case, seed=seed)[0].final_variables["said"] for seed in (1, 1, 2)]

    assert said[0] == said[1] != said[2]


def test_scripts_can_be_denied():
    (report,) = run_cases(
        CaseText("name: c\nsteps: [{name: s, type: script, script: 'result = 1'}]"), scripts="deny"
    )

    assert report.status is CaseStatus.FAILED


def extension(**hooks):
    module = types.ModuleType("mine")
    vars(module).update(hooks)
    return module


def shout(context):
    return [Function(name="shout", call=str.upper, description="louder")]


def test_extensions_are_modules_with_hooks():
    case = saying("${shout('a')}")

    (report,) = run_cases(case, extensions=[extension(pytest_sisyphus_functions=shout)])

    assert report.final_variables["said"] == "A"


@pytest.mark.parametrize(
    ("hooks", "complaint"),
    [
        ({}, "has no hook; hooks: pytest_sisyphus_"),
        ({"pytest_sisyphus_functions": lambda tools: []}, "tools"),
        (
            {
                "pytest_sisyphus_functions": lambda: [
                    Function(name="uuid", call=str, description="x")
                ]
            },
            "two functions called 'uuid'",
        ),
        ({"pytest_sisyphus_checks": lambda: 1 / 0}, "pytest_sisyphus_checks itself broke"),
    ],
)
def test_an_extension_that_cannot_be_used(hooks, complaint):
    from pytest_sisyphus import SisyphusError

    with pytest.raises(SisyphusError, match=complaint):
        run_cases(CaseText(f"name: c\n{WAIT}"), extensions=[extension(**hooks)])


def test_connections_are_closed(server):
    from pytest_sisyphus.http.pool import POOL

    run_cases(CaseText(f"name: c{CHECKED}"), variables={"host": server.url, "n": 1})

    assert POOL._idle == []


def test_files_outside_the_root_are_refused(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "steps.yaml").write_text("- {name: w, type: wait, seconds: 0}\n")
    (inside / "a.yaml").write_text("name: c\nsteps: !include ../steps.yaml\n")

    with pytest.raises(SpecError, match="lies outside of"):
        run_cases("a.yaml", root=inside)
    assert outcomes(run_cases("in/a.yaml", root=tmp_path)) == {"c": "passed"}


def test_no_pytest_is_imported():
    program = (
        "import sys; from pytest_sisyphus import CaseText, run_cases; "
        f"run_cases(CaseText('''name: c\\n{WAIT}''')); "
        "print(sorted({'pytest', '_pytest'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
