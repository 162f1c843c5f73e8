"""Documents as the protocol makes them: a small shop whose tests show every kind of thing."""

from typing import Any

Document = dict[str, Any]


def step(name: str, status: str = "success", **more: Any) -> Document:
    given = more.pop("meta", {})
    file = given.get("location", "cases/shop.yaml:12").partition(":")[0]
    meta = {
        "type": "request",
        "location": "cases/shop.yaml:12",
        "duration": 0.0421,
        "description": "",
        "reason": "",
        "checks": [f"{file}:{37 + i}" for i, _ in enumerate(more.get("validations", ()))],
        **given,
    }
    return {
        "name": name,
        "status": status,
        "start_time": "2026-01-30T20:30:36.663852",
        "end_time": "2026-01-30T20:30:36.705952",
        "retry_count": max(len(more.get("attempts", ())) - 1, 0),
        **more,
        "meta": meta,
    }


def case(name: str, status: str = "passed", steps: Any = (), **more: Any) -> Document:
    statuses = [one["status"] for one in steps]
    bad = sum(one in {"failed", "error"} for one in statuses)
    meta = {
        "nodeid": f"cases/shop.yaml::{name}",
        "location": "cases/shop.yaml:3",
        "description": "",
        "tags": [],
        **more.pop("meta", {}),
    }
    return {
        "test_case": {
            "name": name,
            "status": status,
            "start_time": "2026-01-30T20:30:36.663852",
            "end_time": "2026-01-30T20:30:37.204488",
            "duration": more.pop("duration", 0.540636),
            "meta": meta,
        },
        "statistics": {
            "total_steps": len(statuses),
            "passed_steps": statuses.count("success"),
            "failed_steps": bad,
            "skipped_steps": statuses.count("skipped"),
            "pass_rate": 0.0,
        },
        "steps": list(steps),
        "final_variables": more.pop("final_variables", {}),
        **more,
    }


def check(expected: Any, actual: Any, **more: Any) -> Document:
    return {
        "passed": expected == actual,
        "type": "eq",
        "path": "$.code",
        "actual": actual,
        "expected": expected,
        "description": "",
        "error": "" if expected == actual else f"expected {expected}, but got {actual}",
        **more,
    }


def response(status_code: int, body: Any, **more: Any) -> Document:
    request = {
        "method": "GET",
        "url": "http://shop.test/orders",
        "headers": {
            "User-Agent": "python-requests/2.32.5",
            "Accept-Encoding": "gzip, deflate",
            "Accept": "*/*",
            "Authorization": "***",
        },
        **more.pop("request", {}),
    }
    return {
        "status_code": status_code,
        "headers": {"Content-Type": "application/json", "Server": "shop/1.4"},
        "cookies": {},
        "url": request["url"],
        "request": request,
        "body": body,
        "response_time": 41.2,
        "size": 96,
        **more,
    }


FRESH = {
    "total_time": 41.236,
    "dns_time": 1.204,
    "tcp_time": 3.871,
    "tls_time": 11.42,
    "server_time": 19.903,
    "download_time": 2.118,
    "size": 96,
    "reused": False,
}
REUSED = {
    "total_time": 18.41,
    "dns_time": 0,
    "tcp_time": 0,
    "tls_time": 0,
    "server_time": 14.774,
    "download_time": 1.02,
    "size": 214,
    "reused": True,
}


def error(message: str, suggestion: str | None = None, **more: str) -> Document:
    return {
        "type": "AssertionError",
        "category": "assertion",
        "message": message,
        "suggestion": suggestion,
        **more,
    }


LOGIN = step(
    "log in",
    response=response(
        200,
        {"code": 0, "data": {"token": "***", "user": {"id": 9007199254740993, "name": "测试用户"}}},
        request={
            "method": "POST",
            "url": "http://shop.test/login",
            "headers": {"Content-Type": "application/json", "Accept-Encoding": "gzip"},
            "body": '{"username":"alice","password":"***"}',
        },
    ),
    performance=FRESH,
    validations=[
        check("200", 200, type="status_code", path="$.status_code", passed=True, error=""),
        check(0, 0, description="业务码应为 0"),
    ],
    extracted_vars={"token": "***", "user_id": 9007199254740993},
    variables_snapshot={
        "before": {"base_url": "http://shop.test"},
        "extracted": {"token": "***", "user_id": 9007199254740993},
    },
)

_PAYMENT = {
    "order": {"id": "A-1001", "state": "created", "total": 58.5, "currency": "CNY"},
    "items": [{"sku": "tea-01", "count": 2}, {"sku": "cup-07", "count": 1}],
}
_PAID = {
    "order": {"id": "A-1001", "state": "paid", "total": 58.5, "currency": "CNY"},
    "items": [{"sku": "tea-01", "count": 2}, {"sku": "cup-07", "count": 1}],
}
_PAY_ERROR = error(
    "$.order.state: expected paid, but got created",
    "the answer came before the payment was booked: a poll step waits for the state",
)

PAY = step(
    "pay the order",
    "failed",
    meta={"location": "cases/pay.yaml:31", "description": "pays with the shop's test card"},
    response=response(
        202,
        _PAYMENT,
        request={
            "method": "POST",
            "url": "http://shop.test/orders/A-1001/payment?notify=true",
            "headers": {"Content-Type": "application/json", "X-Trace": "it's me"},
            "body": '{"card":"***","amount":58.50,"note":"it\'s urgent"}',
        },
        size=121,
        history=[{"status_code": 307, "url": "http://shop.test/pay", "headers": {}, "cookies": {}}],
        cookies={"session": "***"},
    ),
    performance=REUSED,
    validations=[
        check("202", 202, type="status_code", path="$.status_code", passed=True, error=""),
        check("paid", "created", path="$.order.state", description="订单应已支付"),
        check(_PAID, _PAYMENT, path="$", error="the documents differ at $.order.state"),
        check(60, 58.5, type="ge", path="$.order.total", error="58.5 is less than 60"),
        check("1001", 1001, path="$.order.number", error="text is no number"),
    ],
    attempts=[
        {
            "attempt": 1,
            "start_time": "2026-01-30T20:30:36.663852",
            "duration": 0.0193,
            "status": "error",
            "error_info": error("503 Service Unavailable", type="HTTPError", category="network"),
            "delay": 0.5,
            "request": {"method": "POST", "url": "http://shop.test/pay/1", "body": "first try"},
        },
        {
            "attempt": 2,
            "start_time": "2026-01-30T20:30:37.183852",
            "duration": 0.0184,
            "status": "failed",
            "error_info": _PAY_ERROR,
        },
    ],
    error_info=_PAY_ERROR,
)

LOOP = [
    step(
        "check each item",
        "failed",
        meta={"type": "loop", "duration": 0.08},
        response={"iterations": 2, "passed": 1, "failed": 1, "skipped": 0},
        error_info=error("1 of 2 rounds failed"),
    ),
    step("read the item [1]", parent="check each item", response=response(200, {"stock": 3})),
    step(
        "read the item [2]",
        "error",
        parent="check each item",
        performance={"total_time": 3000.412, "size": 0},
        error_info=error(
            "GET http://shop.test/items/2: no complete answer within 3 s",
            "raise the step's timeout, or look at why the server is slow",
            type="TimeoutError",
            category="timeout",
        ),
    ),
]

BROKEN = "ConnectionError: the shop did not answer"
TRACE = """def test_totals_add_up(shop):
        total = shop.order("A-1001").total
>       assert total == 60
E       assert 58.5 == 60

tests/test_totals.py:11: AssertionError"""


def story() -> list[Document]:
    """Twelve cases with something of everything."""
    return [
        case(
            "登录并浏览商品",
            steps=[LOGIN, step("list the goods", response=response(200, [{"sku": "tea-01"}]))],
            meta={"tags": ["smoke", "登录"], "case_id": 1001, "case_key": "login"},
            final_variables={"token": "***", "user_id": 9007199254740993},
        ),
        case(
            "place an order",
            steps=[LOGIN, step("put into the cart"), step("order", performance=FRESH)],
            meta={"tags": ["smoke", "order"], "case_id": 1002, "case_key": "order-create"},
            duration=0.871,
        ),
        case(
            "pay an order",
            "failed",
            [LOGIN, PAY, step("refund", "skipped", meta={"reason": "an earlier step failed"})],
            meta={
                "nodeid": "cases/pay.yaml::pay an order",
                "location": "cases/pay.yaml:3",
                "description": "下单后支付，再全额退款",
                "tags": ["order", "payment"],
                "case_id": 1003,
                "case_key": "order-pay",
            },
            duration=1.537636,
            error_info=_PAY_ERROR,
        ),
        case(
            "stock of every item", "failed", LOOP, duration=3.08, error_info=LOOP[0]["error_info"]
        ),
        case(
            "upload a picture",
            steps=[
                step(
                    "upload",
                    response=response(
                        201,
                        {"base64": "iVBORw0KGgo="},
                        request={
                            "method": "POST",
                            "url": "http://shop.test/pictures",
                            "headers": {"Content-Type": "multipart/form-data; boundary=b1"},
                            "body": {"base64": "LS1iMQ0KAP8="},
                        },
                    ),
                ),
                step(
                    "ask the mock",
                    response=response(200, "x" * 900, mocked=True, truncated=True, full_size=20480),
                ),
            ],
        ),
        case(
            "test_totals_add_up",
            "failed",
            meta={
                "nodeid": "tests/test_totals.py::test_totals_add_up",
                "location": "tests/test_totals.py:8",
                "case_key": "totals",
                "kind": "python",
                "worker": "gw1",
                "properties": [["ticket", "SHOP-77"]],
                "trace": TRACE,
                "reruns": [case("test_totals_add_up", "failed", error_info=error(BROKEN))],
            },
            duration=0.0031,
            error_info=error("AssertionError: assert 58.5 == 60"),
        ),
        case(
            "gift cards",
            "skipped",
            [step("buy a card", "skipped", meta={"reason": "skip_if: ${env_code} == 'prod'"})],
            duration=0.0002,
        ),
        *(case(f"search by word {word}", steps=[LOGIN], duration=0.11) for word in "茶杯壶碗盘"),
    ]


RUN = {
    "start_time": "2026-01-30T20:30:36.663852+08:00",
    "end_time": "2026-01-30T20:30:44.201488+08:00",
    "duration": 7.537636,
    "about": {
        "execution": "4711",
        "execution_no": "AE20260130203036663",
        "plan": "2001",
        "round": "2",
        "environment": "staging",
        "seed": "42",
    },
    "versions": {"python": "3.11.7", "pytest-sisyphus": "0.1.0"},
}
