"""`performance` of a request, and the statistics it shares with `concurrent`."""

import pytest

from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.steps.latency import latency


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([], {}),
        ([5], {"min": 5, "avg": 5, "p50": 5, "p95": 5, "p99": 5, "max": 5}),
        ([3, 1], {"min": 1, "avg": 2, "p50": 1, "p95": 3, "p99": 3, "max": 3}),
        (
            list(range(100, 0, -1)),
            {"min": 1, "avg": 50.5, "p50": 50, "p95": 95, "p99": 99, "max": 100},
        ),
        (
            list(range(1, 1001)),
            {"min": 1, "avg": 500.5, "p50": 500, "p95": 950, "p99": 990, "max": 1000},
        ),
        ([1, 1, 2], {"min": 1, "avg": 1.333, "p50": 1, "p95": 2, "p99": 2, "max": 2}),
    ],
)
def test_percentiles_are_values_that_were_measured(samples, expected):
    assert latency(samples) == expected


def request(performance, more=""):
    return f"""
        - name: s
          url: http://x/
          mock: {{rules: [{{response: {{delay: 0.1}}}}]}}
          performance: {performance}
          {more}
        """


@pytest.mark.parametrize(
    ("benchmarks", "passed"),
    [
        ("{avg_response_time: 100}", [True]),
        ("{avg_response_time: 99.9}", [False]),
        ("{max_response_time: 100, avg_response_time: 99}", [False, True]),
        ("{p95_response_time: 101, p99_response_time: 100}", [True, True]),
        ("{p99_response_time: '${limit}'}", [False]),
        ("{}", []),
    ],
)
def test_each_benchmark_is_a_check(engine, benchmarks, passed):
    ran = engine.run(
        request(f"{{repeat: 3, benchmarks: {benchmarks}}}"), config="variables: {limit: 50}"
    )

    checks = ran.steps["s"].get("validations", [])
    assert [check["passed"] for check in checks] == passed
    assert ran.status == ("passed" if all(passed) else "failed")
    assert all(check["actual"] == 100.0 for check in checks)


def test_a_missed_benchmark_says_what_was_measured(engine):
    ran = engine.run(
        request(
            "{repeat: 2, benchmarks: {avg_response_time: 50}}",
            "validations: [{status_code: 200}]",
        )
    )

    (benchmark, own) = ran.steps["s"]["validations"]
    assert benchmark == {
        "passed": False,
        "type": "le",
        "path": "performance.latency.avg",
        "actual": 100.0,
        "expected": 50.0,
        "description": "avg_response_time",
        "error": "avg_response_time is 100 ms, more than its benchmark of 50 ms",
    }
    assert own["passed"] is True
    assert ran.steps["s"]["error_info"]["category"] == "assertion"
    assert ran.steps["s"]["meta"]["checks"][0].startswith("case.yaml:")


def test_the_times_can_be_checked_and_extracted(engine):
    ran = engine.run(
        request(
            "{repeat: 3}",
            "validations: [{le: [performance.latency.max, 100]}, {eq: [performance.repeat, 3]},"
            " {eq: [performance.status_codes, {'200': 3}]}]\n"
            "          extractors: {p95: performance.latency.p95}",
        )
    )

    assert ran.status == "passed", ran.error("s")
    assert ran.variables["p95"] == 100.0
    assert ran.steps["s"]["performance"]["latency"]["min"] == 100.0
    assert ran.clock.slept == [0.1] * 3


def test_switched_off_it_is_one_request(engine):
    ran = engine.run(request("{enabled: false, repeat: 9, benchmarks: {avg_response_time: 1}}"))

    assert ran.clock.slept == [0.1]
    assert "validations" not in ran.steps["s"]


def test_an_answer_unlike_the_others_is_not_hidden(engine):
    ran = engine.run(
        """
        - name: s
          url: http://x/
          performance: {repeat: 30}
          mock: {rules: [{response: {status_code: "${choice([200, 500])}"}}]}
        """
    )

    codes = ran.steps["s"]["performance"]["status_codes"]
    assert set(codes) == {"200", "500"}
    assert sum(codes.values()) == 30


def test_a_request_that_fails_says_which(engine):
    ran = engine.run(
        """
        - name: s
          url: http://127.0.0.1:9/
          performance: {repeat: 3, benchmarks: {avg_response_time: 1}}
        """
    )

    assert ran.steps["s"]["status"] == "error"
    assert ran.error("s").startswith("request 1 of 3: GET http://127.0.0.1:9/: cannot connect")
    assert ran.category("s") == "network"


class Asked:
    """A function that says which request it is asked for."""

    def __init__(self, fails):
        self.number = 0
        self.fails = fails

    def __call__(self):
        self.number += 1
        return self.fails(self.number)


@pytest.fixture
def counting(engine):
    """A step of three requests; which of them the server cannot serve is up to the test."""

    def run(status, more=""):
        engine.extra_functions = (
            Function(name="status", call=Asked(status), description="the status of a request"),
        )
        return engine.run(
            f"""
            - name: s
              url: http://x/
              mock: {{rules: [{{response: {{status_code: "${{status()}}"}}}}]}}
              performance: {{repeat: 3}}
              {more}
            """
        )

    return run


@pytest.mark.parametrize(("status", "failed"), [(503, 2), (500, 2), (404, 0), (200, 0)])
def test_refused_requests_are_counted(counting, status, failed):
    ran = counting(
        lambda number: 200 if number == 3 else status,
        "validations: [{status_code: 200}, {eq: [$.performance.failed, 0]}]",
    )

    measured = ran.steps["s"]["performance"]
    assert measured["failed"] == failed
    assert ran.status == ("failed" if failed else "passed")


def test_a_request_that_cannot_be_carried_out_keeps_what_came_before(counting):
    ran = counting(lambda number: 200 if number == 1 else "none")

    step = ran.steps["s"]
    assert step["status"] == "error"
    assert ran.error("s").startswith("request 2 of 3: ")
    assert step["performance"]["status_codes"] == {"200": 1}
    assert step["performance"]["failed"] == 1
    assert step["response"]["status_code"] == 200


@pytest.mark.parametrize(
    ("performance", "complaint"),
    [
        ("{repeat: 0}", "greater than or equal to 1"),
        ("{repeat: 1.5}", "a whole number"),
        ("{benchmarks: {avg: 5}}", "unknown key 'avg'"),
        ("{benchmarks: {avg_response_time: fast}}", "a number"),
        ("{benchmarks: {avg_response_time: -1}}", "greater than or equal to 0"),
        ("{benchmark: {}}", "did you mean 'benchmarks'"),
        ("true", "expected a mapping"),
    ],
)
def test_what_cannot_be_a_performance_is_refused(engine, performance, complaint):
    assert complaint in engine.complaint(request(performance))
