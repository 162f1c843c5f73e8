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

    outputs = {"terminal": run.stdout + run.result.stderr.str()}
    for path in (pytester.path / "out").rglob("*"):
        if path.is_file():
            outputs[str(path.relative_to(pytester.path))] = path.read_text(encoding="utf-8")
    assert run.outcomes["failed"] == 1
    assert len(outputs) > len(FORMATS)
    assert [name for name, text in outputs.items() if CANARY in text] == []
    assert json.loads(outputs["out/json"])["statistics"]["total_steps"] == 6
