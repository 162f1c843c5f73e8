"""What is said of a file that is not read to its end masks secrets as every output does."""

import pytest

SECRET = "Zq7Kw4-Xy9Tt2"
LONG = "Zq7" + "x1y2z3-" * 12

#: keys of the one step, of which something is wrong.
STEPS = [
    'auth: "VALUE"',
    'auth: [u, {a: "VALUE"}, more]',
    'auth: {type: bearer, token: "VALUE${1 +}"}',
    "auth: {type: bearer, token: “VALUE”}",
    'headers: "Authorization: Bearer VALUE"',
    'headers: {Authorization: "a\\nVALUE"}',
    'headers: "X-Api-Key: VALUE"',
    'cookies: "VALUE"',
    'cookies: ["VALUE"]',
    'timeout: {password: "VALUE"}',
    'params: "token=VALUE"',
    'body: {password: "${nofn(1)} VALUE ${"}',
    'validations: [{eq: [$.a, "${f("]}], body: {token: "VALUE"}, method: "VALUE a"',
    'proxies: {http: ["http://u:VALUE@proxy"]}',
    'url: "http://u:VALUE@host/${1 +}"',
    "body: {token: VALUE${x}, a: 1}",
    'body: {id_card: "VALUE"}, method: "VALUE VALUE"',
]
CONFIGS = [
    'base_url: "ftp://u:VALUE@host"',
    'variables: "password: VALUE"',
    'variables: {password: "VALUE${1 +}"}',
    'databases: {main: {type: "postgresql://u:VALUE@host/db"}}',
    'databases: {main: {password: ["VALUE"]}}',
    'databases: {main: "mysql://u:VALUE@host/${1 +}"}',
    'headers: "Authorization: Bearer VALUE"',
    'profiles: {dev: {headers: ["Authorization: Bearer VALUE"], variables: "token=VALUE"}}',
    'data_source: [{password: "VALUE${1 +}"}]',
    'data_source: "token=VALUE"',
]


@pytest.mark.parametrize("secret", [SECRET, LONG], ids=["short", "long"])
@pytest.mark.parametrize(
    ("config", "step"),
    [("mask: [id_card]", step) for step in STEPS] + [(config, "url: /") for config in CONFIGS],
)
def test_no_complaint_shows_a_secret(run_yaml, config, step, secret):
    text = f"name: a\nconfig:\n  {config}\nsteps:\n- {{name: s, url: /, {step}}}\n"
    text = text.replace("url: /, url", "url").replace("VALUE", secret)

    run = run_yaml(text, "case.yaml", "-W", "default")

    assert run.outcomes["errors"] == 1
    assert "case.yaml:" in run.stdout
    shown = [at for at in range(len(secret) - 5) if secret[at : at + 6] in run.stdout]
    assert shown == []


@pytest.mark.parametrize(("language", "said"), [("en", 'got "***"'), ("zh", '实际为 "***"')])
def test_a_secret_of_three_letters(run_yaml, language, said):
    text = "name: a\nsteps: [{name: s, url: /, auth: xyz}]\n"

    run = run_yaml(text, "case.yaml", "--sisyphus-lang", language)

    assert said in run.stdout
    assert "xyz" not in run.stdout


def test_names_and_paths_of_secrets_are_no_secrets(run_yaml):
    run = run_yaml(
        """
        name: a
        steps:
          - {name: s, url: /, tokn: 1, extractors: {token: "$.data["}, auth: {type: oauth}}
        """
    )

    assert "unknown key 'tokn'" in run.stdout
    assert "the path '$.data['" in run.stdout
    assert "no auth type 'oauth'" in run.stdout
