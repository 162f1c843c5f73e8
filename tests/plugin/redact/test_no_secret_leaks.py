"""A canary in every place a secret may stand is found in no output of any format."""

import json

import pytest

CANARY = "canary-8f3a91"
FORMATS = ("json", "json-compact", "csv", "csv-compact", "html", "junit", "allure")

STEPS = """
- name: in the request
  method: POST
  url: /anything?api_key=CANARY
  headers: {Authorization: Bearer CANARY, X-Api-Key: CANARY}
  cookies: {session: CANARY}
  body: {password: CANARY, note: "it says ${secret}"}
  extractors: {copy: $.json.note, token: $.json.password}
  validations:
    - eq: [$.json.note, "it says ${secret}!", "compared with ${secret}"]
    - contains: [$.headers, CANARY]
- name: in an error
  url: http://joe:CANARY@127.0.0.1:1/${secret}
- name: in a message
  url: /anything/${secret.nothing}
- name: in a script
  type: script
  script: |
    print("the secret is", get_var("secret"))
    raise RuntimeError(get_var("secret"))
- name: in a database's address
  type: database
  database: postgresql://joe:CANARY@127.0.0.1:1/shop
  sql: select 1
- name: retried
  url: /flaky/9?token=${secret}
  retry_policy: {max_attempts: 1, base_delay: 0.01}
  validations: [{status_code: 200}]
""".replace("CANARY", CANARY)


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_the_line_that_is_warned_of_is_not_shown(run_steps, workers):
    step = f'{{name: a, url: /anything, method: POST, body: \'{{"password": "{CANARY}"}}\'}}'

    run = run_steps(f"- {step}", *workers)

    assert ":51: a text is sent without a Content-Type" in run.stdout
    assert CANARY not in run.stdout


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_no_secret_in_any_output(run_steps, pytester, workers):
    reports = [f"--sisyphus-report={name}:out/{name}" for name in FORMATS]
    run = run_steps(
        STEPS,
        *reports,
        *workers,
        "--junitxml=out/pytest.xml",
        "-rA",
        config=f"variables: {{secret: {CANARY}}}\nmask: [secret]",
    )

    assert run.outcomes["failed"] == 1
    assert len(_outputs(run, pytester)) > len(FORMATS)
    assert _leaks(run, pytester, CANARY) == []
    assert (
        json.loads((pytester.path / "out" / "json").read_text(encoding="utf-8"))["statistics"][
            "total_steps"
        ]
        == 6
    )


OF_THE_ENVIRONMENT = """
- name: in the address
  url: /anything/${env.DB_HOUSE_PASSWORD}?n=${env('X_TOKEN')}
  validations:
    - eq: [$.url, "${env.DB_HOUSE_PASSWORD}", "it is ${env('X_TOKEN')}"]
- name: in what a script finds itself
  type: script
  script: |
    import os
    print("it is", os.environ["DB_HOUSE_PASSWORD"])
    raise RuntimeError(os.environ["CALLBACK_TOKEN"])
- name: "in a name: ${env.X_TOKEN}"
  url: /anything
  headers: {X-Note: "${env.DB_HOUSE_PASSWORD}"}
  body: "a text with ${env.X_TOKEN}"
  validations: [{contains: [$.headers, "${env.SISYPHUS_JENKINS_TOKEN}"]}]
"""
VARIABLES = ("DB_HOUSE_PASSWORD", "X_TOKEN", "CALLBACK_TOKEN", "SISYPHUS_JENKINS_TOKEN")
PYTHON = """
import logging, os

def test_python():
    logging.getLogger("mine").warning("it passes")
    assert os.environ["X_TOKEN"] == 1
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_no_secret_of_the_environment_in_any_output(run_steps, pytester, monkeypatch, workers):
    for number, name in enumerate(VARIABLES):
        monkeypatch.setenv(name, f"{CANARY}{number}/x y")
    reports = [f"--sisyphus-report={name}:out/{name}" for name in FORMATS]

    run = run_steps(
        OF_THE_ENVIRONMENT,
        *reports,
        *workers,
        "--junitxml=out/pytest.xml",
        "-rA",
        "--log-level=DEBUG",
    )

    assert run.outcomes["failed"] == 1
    assert len(_outputs(run, pytester)) > len(FORMATS)
    assert _leaks(run, pytester, CANARY) == []


def test_a_python_test_tells_our_reports_no_secret_of_the_environment(pytester, monkeypatch):
    """Its terminal is pytest's own."""
    monkeypatch.setenv("X_TOKEN", CANARY)
    pytester.makepyfile(PYTHON)

    pytester.runpytest(*(f"--sisyphus-report={name}:out/{name}" for name in ("html", "junit")))

    texts = [path.read_text(encoding="utf-8") for path in (pytester.path / "out").iterdir()]
    assert ["test_python" in text for text in texts] == [True, True]
    assert [CANARY in text for text in texts] == [False, False]


def test_where_secrets_are_shown_the_runs_own_stay_hidden(run_steps, pytester, monkeypatch):
    monkeypatch.setenv("CALLBACK_TOKEN", CANARY)
    monkeypatch.setenv("X_TOKEN", "shown-8f3a91")

    run = run_steps(
        """
- name: s
  url: /anything/${env.X_TOKEN}/${env.CALLBACK_TOKEN}
  validations: [{status_code: 500}]
""",
        "--sisyphus-show-secrets",
        "--sisyphus-report=json:out/json",
    )

    assert "/anything/shown-8f3a91/***" in run.stdout
    assert _leaks(run, pytester, CANARY) == []


FIXTURES = f"""
import collections, dataclasses, pytest

Login = collections.namedtuple("Login", "user password")


@dataclasses.dataclass
class Account:
    name: str
    api_key: str


class Client:
    def __init__(self):
        self.otp = 918273
        self.all = {{"deep": [self, {{"secret": b"{CANARY}-bytes"}}]}}


@pytest.fixture
def token():
    return "{CANARY}-name"


@pytest.fixture
def account():
    return {{
        "password": "{CANARY}-key",
        "login": Login("ann", "{CANARY}-field"),
        "other": Account("ann", "{CANARY}-member"),
        "client": Client(),
    }}


@pytest.fixture
def refused(token, account):
    raise RuntimeError(f"refused {{token}} of {{account['login'][1]}}")


@pytest.fixture
def told(token):
    yield
    raise RuntimeError(f"not taken back: {{token}}")
"""
OF_FIXTURES = """
name: c
usefixtures: [token, account]
steps:
- name: s
  url: SERVER/anything?x=${fixtures.token}&n=a${fixtures.account.client.otp}
  body:
    - ${fixtures.account.password}
    - ${fixtures.account.login.password}
    - ${fixtures.account.other.api_key}
    - it is ${fixtures.account.client.all.deep[1].secret}
  validations:
    - eq: [$.path, "${fixtures.token}", "it is ${fixtures.account.password}"]
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_no_secret_of_a_fixture_in_any_output(run_yaml, server, pytester, workers):
    reports = [f"--sisyphus-report={name}:out/{name}" for name in FORMATS]

    run = run_yaml(
        OF_FIXTURES.replace("SERVER", server.url),
        *reports,
        *workers,
        *("--junitxml=out/pytest.xml", "-o", "junit_logging=all", "-rA", "--log-level=DEBUG"),
        conftest__py=FIXTURES,
    )

    assert run.outcomes["failed"] == 1
    assert "GET /anything?x=***&n=a*** HTTP" in run.stdout
    assert _leaks(run, pytester, CANARY) + _leaks(run, pytester, "918273") == []


BROKEN_FIXTURES = {
    "setup": "raise RuntimeError(os.environ['MY_DB_PASSWORD'])",
    "teardown": "yield; raise RuntimeError(os.environ['MY_DB_PASSWORD'])",
    "skip": "pytest.skip(os.environ['MY_DB_PASSWORD'])",
    "by_hand": "pytest.fail(os.environ['MY_DB_PASSWORD'], pytrace=False)",
    "printed": "print('it is', os.environ['MY_DB_PASSWORD'])",
    "another's": "pass",
}


@pytest.mark.parametrize("body", BROKEN_FIXTURES.values(), ids=BROKEN_FIXTURES)
@pytest.mark.parametrize("style", ["auto", "line", "native"])
def test_no_secret_in_the_failure_of_a_fixture(
    run_yaml, server, pytester, monkeypatch, *, body, style
):
    monkeypatch.setenv("MY_DB_PASSWORD", CANARY)
    text = OF_FIXTURES.replace("SERVER", server.url)
    names = "used, refused" if body == "pass" else "used, told"

    run = run_yaml(
        text.replace("account]", f"account, {names}]"),
        *(f"--tb={style}", "--showlocals", "--junitxml=out/pytest.xml", "-rA"),
        *("--sisyphus-report=html:out/html", "-o", "junit_logging=all"),
        conftest__py=f"{FIXTURES}\n\n@pytest.fixture\ndef used():\n    import os\n    {body}\n",
    )

    assert run.outcomes.keys() & {"errors", "skipped"}
    assert "***" in run.stdout
    assert _leaks(run, pytester, CANARY) == []


NEXT_FIXTURES = f"""
import itertools, pytest

attempts = itertools.count()


@pytest.fixture
def token():
    return f"{CANARY}-{{next(attempts)}}"


@pytest.fixture
def account(token):
    if not token.endswith("-0"):
        pytest.fail(f"refused {{token}}", pytrace=False)
"""


def test_the_fixtures_of_a_second_attempt_are_masked_by_what_they_are(run_yaml, server, pytester):
    text = """
name: c
usefixtures: [token, account]
steps: [{name: s, url: SERVER/anything, validations: [{status_code: 500}]}]
"""
    run = run_yaml(
        text.replace("SERVER", server.url),
        *("-p", "pytest_rerunfailures", "--reruns=1", "--junitxml=out/pytest.xml", "-rA"),
        conftest__py=NEXT_FIXTURES,
    )

    assert "refused ***" in run.stdout
    assert _leaks(run, pytester, CANARY) == []


def _outputs(run, pytester):
    files = [path for path in (pytester.path / "out").rglob("*") if path.is_file()]
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    return {"terminal": run.stdout + run.result.stderr.str(), **texts}


def _leaks(run, pytester, secret):
    return [name for name, text in _outputs(run, pytester).items() if secret in text]
