"""`--sisyphus-explain`: what each case would do, with nothing done."""

from pathlib import Path

import pytest

PROJECT = """
base_url: {url}
env_file: .env
variables: {{far: 1, over: far, pw: "${{env.DB_PASSWORD}}", asked: "${{db_query('select 1')}}"}}
headers: {{X-One: "1", X-Two: two}}
databases: {{default: "sqlite:///none.db"}}
env_vars: {{mapping: {{of_file: FILE_H, of_env: REAL_H}}, overrides: {{o: 5}}}}
profiles:
  dev: {{variables: {{prof: p}}, overrides: {{z: 1}}, headers: {{x-two: dev}}, timeout: 7}}
"""
CASE = """
name: one
config:
  active_profile: dev
  variables: {over: near, own: "${own()}"}
  data_source: [{id: r1, n: 1}, {id: r2, n: 2}]
steps:
- {name: 'get ${n}', method: POST, url: '/x/${n}', validations: [{status_code: 200}], extractors: {sid: $.sid}}
- {name: use, url: '/y/${sid}', depends_on: 'get ${n}', only_if: '${n} == 1'}
- {name: script, type: script, script: 'open("ran", "w")'}
- name: many
  type: loop
  loop_type: for
  loop_count: 2
  loop_steps:
  - {name: q, type: database, database: default, operation: script, sql: 'create table t (a)'}
"""
CONFTEST = """
from pathlib import Path
from pytest_sisyphus import Function

def pytest_sisyphus_functions(context):
    return [Function(name="own", call=lambda: Path("ran").touch(), description="x")]
"""


@pytest.fixture
def explained(run_yaml, server, monkeypatch):
    monkeypatch.setenv("REAL_H", "real")

    def explained(*args, case=CASE, project=PROJECT, **files):
        Path("api").mkdir(exist_ok=True)
        texts = {
            "pytest.ini": "[pytest]\n",
            "conftest.py": CONFTEST,
            "sisyphus.yaml": project.format(url=server.url),
            ".env": "DB_PASSWORD=hunter22\nFILE_H=hhh\n",
            "api/one.yaml": case,
            **files,
        }
        for name, text in texts.items():
            Path(name).write_text(text)
        run = run_yaml(None, "--sisyphus-explain", *args)
        assert not run.documents
        assert not Path("ran").exists()
        assert not Path("none.db").exists()
        return run

    return explained


WANTED = """
api/one.yaml::one[r1]
  sources: api/one.yaml, sisyphus.yaml, .env, v.json
  row: r1  (1 of 2)
  profile: dev  (api/one.yaml:4)
  base_url = "URL"  (sisyphus.yaml:2)
  timeout = 7  (profile, sisyphus.yaml:9)
  env_file = ".env"  (sisyphus.yaml:3)
  headers:
    X-One = "1"  (sisyphus.yaml:5)
    x-two = "dev"  (profile, sisyphus.yaml:9)
  databases:
    default = "sqlite:///none.db"  (sisyphus.yaml:6)
  variables:
    asked = ${db_query('select 1')}  (sisyphus.yaml:4, when it runs)
    base_url = "URL"  (sisyphus.yaml:2)
    far = 1  (sisyphus.yaml:4)
    filed = [1]  (v.json:1)
    id = "r1"  (data row, api/one.yaml:6)
    n = 1  (data row, api/one.yaml:6)
    o = 5  (env_vars.overrides, sisyphus.yaml:7)
    of_env = "real"  (environment variable REAL_H)
    of_file = "hhh"  (.env:2)
    over = "near"  (api/one.yaml:5)
    own = ${own()}  (api/one.yaml:5, when it runs)
    prof = "p"  (profile, sisyphus.yaml:9)
    pw = "***"  (sisyphus.yaml:4)
    timeout = 7  (profile, sisyphus.yaml:9)
    x = 5  (--sisyphus-var)
    z = 1  (profile, sisyphus.yaml:9)
  steps:
    get 1 - POST URL/x/1, 1 check  (api/one.yaml:8)
    use - GET URL/y/${sid}, only if ${n} == 1, after get ${n}  (api/one.yaml:9)
    script - script, 1 line  (api/one.yaml:10)
    many - loop  (api/one.yaml:11)
      q - database default: create table t (a)  (api/one.yaml:16)
"""


def test_it_says_of_each_value_where_it_comes_from(explained, server):
    args = ("--sisyphus-var=x:=5", "--sisyphus-vars=v.json", "-k", "r1")

    run = explained(*args, **{"v.json": '{"filed": [1]}'})

    assert WANTED.replace("URL", server.url) in run.stdout
    assert run.outcomes == {"tests": 2, "deselected": 1}
    assert not server.requests


@pytest.mark.parametrize("args", [("-p", "xdist", "-n2"), ("-p", "xdist", "-n2", "-q")])
def test_xdist_starts_no_workers(explained, args):
    run = explained(*args)

    assert "api/one.yaml::one[r1]\n  sources: " in run.stdout
    assert "api/one.yaml::one[r2]\n  sources: " in run.stdout


def test_the_options_go_over(explained, server):
    run = explained(
        "--sisyphus-profile=st", "--sisyphus-env-file=ci.env", "-k", "r1",
        project=PROJECT.replace("profiles:", "profiles:\n  st: {{base_url: http://st.test}}"),
        **{"ci.env": "FILE_H=ci\nDB_PASSWORD=x\n"},
    )  # fmt: skip

    assert "profile: st  (--sisyphus-profile)" in run.stdout
    assert 'base_url = "http://st.test"  (profile, sisyphus.yaml:9)' in run.stdout
    assert 'of_file = "ci"  (ci.env:1)' in run.stdout
    assert "--sisyphus-env-file)" in run.stdout


def test_rows_of_a_database_are_not_asked_for(explained):
    source = "{type: database, database: default, sql: select 1}"

    run = explained(case=CASE.replace("[{id: r1, n: 1}, {id: r2, n: 2}]", source))

    assert "api/one.yaml::one\n  sources: " in run.stdout
    assert "get ${n} - POST" in run.stdout


def test_rows_that_hang_on_what_only_a_run_can_know(explained):
    project = PROJECT.replace("timeout: 7", "timeout: '${{asked}}'")

    run = explained("-Wdefault", project=project)

    assert "api/one.yaml::one\n  sources: " in run.stdout
    assert "timeout = ${asked}  (profile, sisyphus.yaml:9, when it runs)" in run.stdout
    assert "explained without its rows: api/one.yaml:6:16: " in run.stdout
    assert "db_query() is called when the case runs" in run.stdout


def test_what_is_not_known_yet_is_said_with_the_reason(explained):
    project = PROJECT.replace("far: 1", "far: '${{sid}}'").replace(
        "X-One: ", "X-One: '${{far}}', Y: "
    )

    out = explained(project=project).stdout

    reason = "not known yet: no variable 'sid' in '${sid}' at sisyphus.yaml:4"
    assert f"X-One = ${{far}}  (sisyphus.yaml:5, {reason}" in out
    assert f"far = ${{sid}}  (sisyphus.yaml:4, {reason}" in out


def test_a_disabled_case_and_a_python_test(explained):
    run = explained(
        case=CASE.replace("name: one\n", "name: one\nenabled: false\n", 1),
        **{"test_it.py": "def test_it(): open('ran', 'w')\n"},
    )

    assert "enabled: false  (api/one.yaml:3): reported as skipped" in run.stdout
    assert "test_it.py::test_it\n  no YAML case: pytest runs it as it is" in run.stdout


def test_a_case_that_could_not_begin_says_why(explained):
    case = "name: c\nsteps: [{name: s, url: http://x.test}]\n"
    run = explained("--sisyphus-profile=none", case=case, project="variables: {{a: 1}}\n")

    assert "cannot run: there is no profile 'none', which --sisyphus-profile names" in run.stdout


def test_a_broken_file_is_told_beside_the_others(explained):
    run = explained(**{"api/two.yaml": "name: b\nsteps: 5\n"})

    assert "api/one.yaml::one[r1]\n  sources: " in run.stdout
    assert "api/two.yaml:2:8: " in run.stdout
    assert run.result.ret == pytest.ExitCode.INTERRUPTED


def test_secrets_may_be_shown(explained):
    assert 'pw = "hunter22"' in explained("--sisyphus-show-secrets").stdout


def test_the_catalogue_is_not_sent(explained):
    run = explained("--sisyphus-sync")

    assert run.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--sisyphus-explain sends nothing: leave --sisyphus-sync out" in (
        run.result.stderr.str()
    )


@pytest.mark.parametrize("run_mode", [1, 2], ids=["serial", "parallel"])
def test_of_an_execution_its_cases_are_explained(project, orchestrator, run_mode):
    for number in (1, 2):
        (project.root / f"{number}.yaml").write_text(
            f"name: n{number}\ncase_id: {number}\nconfig: {{profiles: {{dev: {{a: 1}}}}}}\n"
            "steps: [{name: s, url: 'http://x.test'}]\n"
        )
    orchestrator.want(2, run_mode=run_mode)
    orchestrator.env_code = "dev"

    out = project.run("--sisyphus-explain").stdout.str()

    assert "2.yaml::n2\n  sources: 2.yaml\n  profile: dev  (the execution's envCode)" in out
    assert "1.yaml" not in out
    assert {path.rpartition("/")[2] for path in orchestrator.paths()} == {"pull"}


def test_a_called_case_is_named(explained):
    part = "name: part\nsteps: [{name: w, type: wait, seconds: 0}]\n"
    case = (
        "name: c\nsteps:\n- {name: call, type: case, file: part.yaml}\n"
        "- {name: by name, type: case, file: part.yaml, case: part}\n"
    )

    run = explained("-k", "c", case=case, **{"api/part.yaml": part})

    assert "    call - case of part.yaml  (api/one.yaml:3)" in run.stdout
    assert "    by name - case 'part' of part.yaml  (api/one.yaml:4)" in run.stdout
