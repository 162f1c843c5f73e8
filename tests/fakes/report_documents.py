"""Documents as `protocol` makes them, with something of every kind."""

from pytest_sisyphus.reporters.reporter import RunInfo

START, END = "2026-01-30T20:30:36.663852", "2026-01-30T20:30:37.717389"
SECRET_FREE = {"total_time": 12.5, "dns_time": 0, "tcp_time": 0.1, "tls_time": 0}


def run_info(cases=2, **changed):
    known = {
        "start_time": START,
        "end_time": END,
        "duration": 1.053,
        "cases": cases,
        "collected": cases,
        "interrupted": "",
        "about": {},
        "versions": {"python": "3.11.7", "pytest": "9.0", "pytest-sisyphus": "0.1.0"},
    }
    return RunInfo(**{**known, **changed})


def error(message="Expected 0, but got 1001", **changed):
    known = {"type": "AssertionError", "category": "assertion", "suggestion": None}
    return {**known, "message": message, **changed}


def check(passed=True, **changed):
    known = {
        "passed": passed,
        "type": "eq",
        "path": "$.code",
        "actual": 0 if passed else 1001,
        "expected": 0,
        "description": "业务码应为0",
        "error": "" if passed else "Expected 0, but got 1001",
    }
    return {**known, **changed}


def response(**changed):
    known = {
        "status_code": 200,
        "headers": {"Content-Type": "application/json"},
        "cookies": {},
        "url": "http://shop.test/get",
        "request": {"method": "GET", "url": "http://shop.test/get", "headers": {"Accept": "*/*"}},
        "body": {"code": 0},
        "response_time": 12.5,
        "size": 10,
    }
    return {**known, **changed}


def step(name="ask", status="success", *, meta=(), **more):
    checks = more.get("validations", ())
    return {
        "name": name,
        "status": status,
        "start_time": START,
        "end_time": END,
        "retry_count": max(len(more.get("attempts", ())) - 1, 0),
        **more,
        "meta": {
            "type": "request",
            "location": "cases/shop.yaml:5",
            "duration": 1.053537,
            "description": "",
            "reason": "",
            "checks": ["cases/shop.yaml:7" for _ in checks],
            **dict(meta),
        },
    }


def case(name="order", status="passed", *steps, nodeid=None, meta=(), **more):
    return {
        "test_case": {
            "name": name,
            "status": status,
            "start_time": START,
            "end_time": END,
            "duration": 1.053537,
            "meta": {
                "nodeid": nodeid or f"cases/shop.yaml::{name}",
                "location": "cases/shop.yaml:1",
                "description": "",
                "tags": [],
                "kind": "case",
                "worker": "",
                "reruns": [],
                **dict(meta),
            },
        },
        "statistics": {
            "total_steps": len(steps),
            "passed_steps": sum(one["status"] == "success" for one in steps),
            "failed_steps": sum(one["status"] in {"failed", "error"} for one in steps),
            "skipped_steps": sum(one["status"] == "skipped" for one in steps),
            "pass_rate": 0.0,
        },
        "steps": list(steps),
        "final_variables": {},
        **more,
    }


PASSED_STEP = step(
    response=response(),
    performance={**SECRET_FREE, "server_time": 9.1, "size": 10},
    validations=[check()],
    extracted_vars={"id": 7},
)
FAILED_STEP = step(
    "pay",
    "failed",
    response=response(),
    validations=[check(), check(passed=False)],
    error_info=error(),
)
BROKEN_STEP = step(
    "reach",
    "error",
    error_info=error(
        "GET http://shop.test/: cannot connect",
        type="ConnectionError",
        category="network",
        suggestion="check base_url",
    ),
)
SKIPPED_STEP = step("refund", "skipped", meta={"reason": "skip_if holds: ${true}"})
RETRIED_STEP = step(
    "insist",
    response=response(mocked=True),
    attempts=[
        {
            "attempt": 1,
            "start_time": START,
            "duration": 0.02,
            "status": "error",
            "error_info": error("503", type="HTTPError", category="network"),
            "delay": 0.5,
            "request": {"method": "POST", "url": "http://shop.test/insist", "body": "k=1"},
        },
        {
            "attempt": 2,
            "start_time": START,
            "duration": 0.02,
            "status": "success",
            "error_info": None,
        },
    ],
)
LOOP = (
    step("each", "failed", meta={"type": "loop"}, response={"iterations": 2}, error_info=error()),
    step("read [1]", parent="each", response=response()),
    step("read [2]", "failed", parent="each", error_info=error()),
)

PASSED = case("order", "passed", PASSED_STEP)
FAILED = case("pay", "failed", PASSED_STEP, FAILED_STEP, SKIPPED_STEP, error_info=error())
BROKEN = case("down", "failed", BROKEN_STEP, error_info=BROKEN_STEP["error_info"])
SKIPPED = case("gift", "skipped", SKIPPED_STEP)
RETRIED = case("flaky", "passed", RETRIED_STEP)
LOOPED = case("stock", "failed", *LOOP, error_info=error())
DISABLED = case("off", "skipped", meta={"reason": "cases/shop.yaml:9: enabled is false"})
FIXTURE_FAILED = case(
    "torn",
    "failed",
    meta={"trace": "conftest.py:3: in db\n    raise OSError"},
    error_info=error("OSError: no database", type="ConfigError", category="system"),
)
TEARDOWN_FAILED = case(
    "left over",
    "failed",
    PASSED_STEP,
    error_info=error("OSError: still open", type="ConfigError", category="system"),
)
ODD = case(
    "=1+1 \x00\x1b \ud800 \ufffe 中文\r\n\t,\"'<&>",
    "failed",
    step(
        "odd \x08",
        "failed",
        response=response(body={"nan": "nan", "huge": 10**400, "text": "\x00\u2028" * 10}),
        validations=[check(passed=False, error="Expected \x01, but got ]]>")],
        error_info=error("Expected \x01, but got ]]>"),
    ),
    nodeid="cases/\ud800 odd/../x.yaml::=1+1 \x00",
    error_info=error("Expected \x01, but got ]]>"),
)
CASES = (
    PASSED,
    FAILED,
    BROKEN,
    SKIPPED,
    RETRIED,
    LOOPED,
    DISABLED,
    FIXTURE_FAILED,
    TEARDOWN_FAILED,
    ODD,
)

PYTHON = case(
    "TestTotals::test_sum[a::b]",
    "failed",
    nodeid="tests/unit/test_totals.py::TestTotals::test_sum[a::b]",
    meta={"kind": "python", "location": "tests/unit/test_totals.py:8", "properties": [["k", "v"]]},
    error_info=error("assert 58.5 == 60"),
)
_UNCOLLECTABLE = case(
    "cases/bad.yaml",
    "failed",
    nodeid="cases/bad.yaml",
    meta={"kind": "collection", "location": "cases/bad.yaml"},
    error_info=error(
        "cases/bad.yaml:3:5: unknown key 'requst'", type="ConfigError", category="system"
    ),
)
#: how long its collection took nobody measured.
UNCOLLECTABLE = {
    **_UNCOLLECTABLE,
    "test_case": {**_UNCOLLECTABLE["test_case"], "duration": None},
}
EVERYTHING = (*CASES, PYTHON, UNCOLLECTABLE)


def write(reporter, documents, run=None):
    """`documents`: any iterable; without `run` it is told that two cases were collected."""
    reporter.open()
    for document in documents:
        reporter.add(document)
    reporter.close(run or run_info())
