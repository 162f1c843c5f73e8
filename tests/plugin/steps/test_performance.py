"""`performance` in a run of pytest; its rules are in tests/unit/steps."""


def test_a_request_is_repeated_and_judged(run_steps, server):
    """W35: a failed step keeps its checks and times"""
    run = run_steps(
        """
        - name: fast
          url: /anything
          performance:
            repeat: 5
            benchmarks: {avg_response_time: 60000, max_response_time: 0.001}
          validations: [{status_code: 200}]
        """
    )

    assert run.outcomes == {"failed": 1}
    assert len(server.requests) == 5
    checks = run.steps["fast"]["validations"]
    assert [(check["description"], check["passed"]) for check in checks] == [
        ("avg_response_time", True),
        ("max_response_time", False),
        ("", True),
    ]
    measured = run.steps["fast"]["performance"]
    assert measured["latency"]["min"] <= measured["latency"]["p50"] <= measured["latency"]["max"]
    assert measured["status_codes"] == {"200": 5}
    run.result.stdout.fnmatch_lines(
        ["*FAILED case.yaml:*: le performance.latency.max: max_response_time is * ms, more than*"]
    )
