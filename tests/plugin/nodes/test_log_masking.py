"""What libraries log while a case runs holds no secret, whoever shows it."""

import logging

import pytest

CANARY = "canary 8f/3a91+"
STEPS = """
- {name: plain, url: "/anything?token=tok-51423&q=${password}"}
- {name: encoded, url: "/anything?q=${base64_encode(password)}&r=${url_encode(password)}"}
- name: both
  type: concurrent
  concurrent_steps:
    - {name: one, url: "/anything?q=${base64_encode(password)}"}
    - {name: two, url: "/anything?q=${url_encode(password)}"}
- {name: fails, url: "/anything", validations: [{eq: [$.method, POST]}]}
"""
#: of the canary: as it is, in URLs, in base64.
SPELLINGS = ("tok-51423", CANARY, "canary%20", "canary+8f", "Y2FuYXJ5IDhmLzNhOTEr")


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_captured_logs_hold_no_secret(run_steps, pytester, workers):
    run = run_steps(
        STEPS,
        *workers,
        *("-o", "log_level=DEBUG", "-o", "junit_logging=all", "--junitxml=junit.xml", "-rA"),
        config=f"variables: {{password: '{CANARY}'}}",
    )

    shown = run.stdout + (pytester.path / "junit.xml").read_text()
    assert "GET /anything?token=***&" in run.stdout
    assert [one for one in SPELLINGS if one in shown] == []


EARLY = """
- name: each
  type: loop
  loop_type: foreach
  loop_items: [loop-51423, loop-51424]
  loop_variable: passwd
  loop_steps: [{name: sent, url: "/anything?x=${passwd}"}]
- {name: used, url: /anything?y=late-51423}
- {name: named, type: script, script: "set_var('password', 'late-51423')"}
- {name: fails, url: /anything, validations: [{eq: [$.method, POST]}]}
"""


def test_what_an_answer_inside_a_step_names_is_masked_at_once(run_steps):
    run = run_steps(
        """
- name: both
  type: loop
  loop_type: for
  loop_count: 1
  loop_steps:
    - {name: login, method: POST, url: /anything, body: '{"token": "tok-51423"}'}
    - {name: used, url: "/anything?x=${response.body.json.token}"}
""",
        *("-o", "log_cli_level=DEBUG", "-o", "log_cli=true"),
    )

    assert "GET /anything?x=*** " in run.stdout
    assert "tok-51423" not in run.stdout


@pytest.mark.parametrize("option", ["log_level", "log_cli_level"])
def test_loop_variables_are_masked_at_once_and_what_is_named_later_in_what_was_captured(
    run_steps, pytester, option
):
    live = option == "log_cli_level"
    run = run_steps(
        EARLY, *("-o", f"{option}=DEBUG", "-o", f"log_cli={live}", "--junitxml=junit.xml", "-rA")
    )

    captured = run.stdout[run.stdout.index("Captured log call") :]
    assert "GET /anything?x=*** " in run.stdout
    assert "loop-5142" not in run.stdout
    assert "late-51423" not in captured
    assert ("late-51423" in run.stdout) == live  # shown before anything said that it is a secret


def test_on_request_logs_show_secrets(run_steps):
    run = run_steps(STEPS, "--sisyphus-show-secrets", "-o", "log_level=DEBUG")

    assert "token=tok-51423" in run.stdout


def test_no_filter_stays_when_the_case_is_over(run_steps):
    run_steps("- {name: s, url: /anything}")

    assert logging.getLogger("urllib3.connectionpool").filters == []
