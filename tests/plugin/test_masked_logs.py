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


def test_on_request_logs_show_secrets(run_steps):
    run = run_steps(STEPS, "--sisyphus-show-secrets", "-o", "log_level=DEBUG")

    assert "token=tok-51423" in run.stdout


def test_no_filter_stays_when_the_case_is_over(run_steps):
    run_steps("- {name: s, url: /anything}")

    assert logging.getLogger("urllib3.connectionpool").filters == []
