"""`type: case` under pytest: what the terminal says, the cache, secrets, workers, fixtures."""

import json
from pathlib import Path

import pytest

from pytest_sisyphus import run_cases
from pytest_sisyphus.source import called_cases

LOGIN = """
name: login
tags: [part]
config:
  mask: [handle]
  variables: {user: guest, password: correct-horse-1, handle: battery-staple-2}
  mock: {enabled: true, rules: [{name: all, request: {url: ""}, response: {body: {who: "${user} ${password} ${handle}"}}}]}
steps:
- name: post
  url: http://x.test/login
  validations: [{eq: [$.who, nobody]}]
"""
CALL = """
name: buy
steps:
- name: sign in
  type: case
  file: parts/login.yaml
  variables: {user: alice}
"""


@pytest.fixture
def login(pytester):
    path = pytester.path / "parts/login.yaml"
    path.parent.mkdir()
    path.write_text(LOGIN.lstrip())
    return path


def test_a_failure_says_both_places_and_no_secret(run_yaml, login):
    run = run_yaml(
        CALL, "--sisyphus-report=json:out.json", "--sisyphus-report=html:out.html", "case.yaml"
    )

    assert run.outcomes == {"failed": 1}
    assert "parts/login.yaml:8: step 'post' in 'sign in' failed: $.who: Expected" in run.stdout
    assert "    called at case.yaml:3" in run.stdout
    assert run.document["error_info"]["message"].startswith(
        "case.yaml:3: step 'post' of the case 'login' at parts/login.yaml:8: Expected"
    )
    reports = [Path(name).read_text() for name in ("out.json", "out.html")]
    for text in (run.stdout, *reports):
        assert "correct-horse" not in text
        assert "battery-staple" not in text
        assert "alice ***" in text
    steps = json.loads(reports[0])["steps"]
    assert [(one["name"], one.get("parent")) for one in steps] == [
        ("sign in", None),
        ("post", "sign in"),
    ]


def test_each_called_file_is_read_once(run_yaml, login, pytester, monkeypatch):
    read = []
    monkeypatch.setattr(
        called_cases,
        "read_case",
        lambda *args, whole=called_cases.read_case: read.append(args[2]) or whole(*args),
    )
    for name in "abc":
        (pytester.path / f"{name}.yaml").write_text(CALL.lstrip())

    run_yaml(CALL, "case.yaml", "a.yaml", "b.yaml", "c.yaml")

    assert read == ["parts/login.yaml"]


def test_fixtures_are_those_of_the_case_that_runs(run_yaml, login):
    login.write_text(
        "name: login\nusefixtures: [who]\nsteps: [{name: w, type: wait, seconds: 0, "
        "validations: [{assert: \"'${fixtures.who}' == 'me'\"}]}]\n"
    )
    conftest = "import pytest\n\n@pytest.fixture\ndef who(): return 'me'\n"

    run = run_yaml(CALL, "case.yaml", conftest__py=conftest)
    assert run.outcomes == {"errors": 1}
    assert (
        "case.yaml:5:9: the called case 'login' (parts/login.yaml:2) uses the fixture 'who', which "
        "this one does not request; write who into its usefixtures, too"
    ) in run.stdout

    written = CALL.replace("file: parts/", "file: ${'parts'}/")  # known only when it runs
    run = run_yaml(written, "case.yaml")
    assert run.error("sign in").startswith(
        "case.yaml:5: the case 'login' uses the fixture 'who' (parts/login.yaml:2), which the case"
    )

    run = run_yaml(CALL + "usefixtures: [who]\n", "case.yaml")
    assert run.outcomes == {"passed": 1}


def test_a_case_requests_what_the_cases_between_need(run_yaml, login):
    login.write_text(
        "name: login\nsteps: [{name: w, type: case, file: deeper.yaml}]\nusefixtures: [other]\n"
    )
    login.with_name("deeper.yaml").write_text(
        "name: deeper\nusefixtures: [who]\nsteps: [{name: w, type: wait, seconds: 0}]\n"
    )

    run = run_yaml(CALL + "usefixtures: [who, other]\n", "case.yaml")

    assert (
        "is not right: parts/login.yaml:2:37: the called case 'deeper' (parts/deeper" in run.stdout
    )


def test_cookies_are_those_of_the_case(run_steps, server, login):
    login.write_text(
        "name: login\n"
        "config: {mock: {enabled: true, rules: [{name: all, request: {}, response: "
        "{headers: {Set-Cookie: a=1}}}]}}\n"
        f"steps: [{{name: s, url: '{server.url}/login'}}]\n"
    )

    run_steps(
        """
        - {name: sign in, type: case, file: parts/login.yaml}
        - {name: see, url: /anything}
        """,
        "case.yaml",
    )

    assert [one["headers"].get("Cookie") for one in server.requests] == ["a=1"]


def test_project_configuration_holds_for_the_called_file_too(run_yaml, login):
    login.write_text("name: login\nsteps: [{name: w, url: '${where}'}]\n")
    project = login.with_name("sisyphus.yaml")
    project.write_text(
        "variables: {where: 'http://x.test'}\n"
        "mock: {enabled: true, rules: [{name: all, request: {}, response: {}}]}\n"
    )
    assert run_yaml(CALL, "case.yaml").outcomes == {"passed": 1}

    project.write_text("varables: {}\n")
    run = run_yaml(CALL, "case.yaml")

    assert (
        "the called case 'login' is not right: parts/sisyphus.yaml:1:1: unknown key" in run.stdout
    )


def test_workers_run_it_too(run_yaml, login):
    login.write_text("name: login\nsteps: [{name: w, type: wait, seconds: 0}]\n")

    run = run_yaml(CALL, "-p", "xdist.plugin", "-n2", "case.yaml", "parts")

    assert run.outcomes == {"passed": 2}


def test_a_library_call_runs_it_too(login):
    login.with_name("case.yaml").write_text(CALL.lstrip().replace("parts/", ""))

    (report,) = run_cases(login.with_name("case.yaml"))

    assert str(report.status) == "failed"
    assert [one["name"] for one in report.document()["steps"]] == ["sign in", "post"]
    assert "correct-horse" not in json.dumps(report.document())
