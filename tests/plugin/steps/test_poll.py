"""`type: poll` in a run of pytest; its rules are in tests/unit/steps."""


def test_the_answer_that_was_waited_for_is_checked_and_extracted(run_steps, server):
    run = run_steps(
        """
        - name: job
          type: poll
          request: {url: /flaky/2, headers: {X-Job: 7}}
          until: status_code == 200
          interval: 0.01
          backoff: exponential
          validations: [{status_code: 200}, {eq: [$.ok, true]}]
          extractors: {ok: $.ok}
        """
    )

    assert run.outcomes == {"passed": 1}
    step = run.steps["job"]
    assert step["extracted_vars"] == {"ok": True}
    assert step["response"]["attempts"] == 3
    assert step["response"]["request"]["headers"]["X-Job"] == "7"
    assert step["performance"]["reused"] is True


def test_a_poll_that_ends_in_vain_shows_its_last_answer(run_steps, server):
    run = run_steps(
        """
        - name: job
          type: poll
          request: {url: /flaky/99}
          until: body.ok
          interval: 0.01
          max_attempts: 3
        """
    )

    assert run.outcomes == {"failed": 1}
    assert server.counts == {"/flaky/99": 3}
    assert run.steps["job"]["response"]["status_code"] == 503
    run.result.stdout.fnmatch_lines(["*request:  GET *flaky/99", "*response: 503*"])
