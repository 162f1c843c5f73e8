"""Cases that passed with retried or skipped steps say so, where somebody asks for more than dots."""

import pytest

STEPS = """
- {name: first, url: /anything}
- name: retried
  url: /flaky/2
  retry_policy: {max_attempts: 3, base_delay: 0.01}
  validations: [{status_code: 200}]
- {name: left out, type: wait, seconds: 0, only_if: "${1 == 2}"}
"""
WORD = "PASSED (2 of 3 steps, 1 retried)"


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n1")], ids=["serial", "parallel"])
def test_a_verbose_run_says_it_in_the_word(run_steps, workers):
    run = run_steps(STEPS, "-v", *workers)

    assert run.outcomes == {"passed": 1}
    assert WORD in run.stdout


def test_the_passes_section_names_the_steps(run_steps):
    run = run_steps(STEPS, "-rP")

    assert "step 'retried' passed after 3 attempts" in run.stdout
    assert "step 'left out' was skipped: only_if does not hold: ${1 == 2}" in run.stdout


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_other_runs_stay_as_they_are(run_steps, quiet):
    run = run_steps(STEPS, *quiet)

    assert "retried" not in run.stdout


def test_a_case_that_simply_passed_says_nothing(run_steps):
    run = run_steps("- {name: s, type: wait, seconds: 0}", "-v", "-rP")

    assert "PASSED (" not in run.stdout
    assert "sisyphus steps" not in run.stdout
